"""Who may what: the user of this browser session, their roles, and the guard of every page."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import streamlit as st

from coach.errors import AccessError, SettingsError
from coach.signing_in import ADMIN, OPERATOR, ROLES, TRAINER, read_issuer, read_sign_in
from ui import process
from ui.words import show, word

LOCAL_USER = "local"
INCLUDED = {OPERATOR: {OPERATOR, TRAINER, ADMIN}, TRAINER: {TRAINER, ADMIN}, ADMIN: {ADMIN}}

Page = Callable[[], None]


@dataclass(frozen=True)
class User:
    """Somebody who is here: their name in the archive, and their roles."""

    name: str
    roles: frozenset[str]
    is_local: bool = False

    def may(self, role: str) -> bool:
        """Whether they may what this role may: an admin all, a trainer what an operator may."""
        return bool(self.name) and not self.roles.isdisjoint(INCLUDED[role])


def current_user() -> User | None:
    """Who is here; None when nobody is signed in. Where no sign-in is set: one local user."""
    sign_in = read_sign_in(process.page_settings())
    if sign_in is None:
        return User(LOCAL_USER, frozenset(ROLES), is_local=True)
    claims = st.user.to_dict()
    if not claims.get("is_logged_in") or sign_in.is_over(claims):
        return None
    return User(sign_in.name_of(claims), sign_in.roles_of(claims))


def may(role: str) -> bool:
    """Whether who is here may what this role may."""
    user = current_user()
    return user is not None and user.may(role)


def require(role: str) -> User:
    """Who is here; AccessError when they may not what this role may.

    A button's work runs before its page, so what changes something asks for itself.
    """
    user = current_user()
    if user is None or not user.may(role):
        raise AccessError(word("access.refused"))
    return user


def needs(role: str) -> Callable[[Page], Page]:
    """Make a page show its content to those alone who may what this role may."""

    def guard(page: Page) -> Page:
        @wraps(page)
        def guarded() -> None:
            user = current_user()
            if user is not None and user.may(role):
                page()
            else:
                _refuse(user)

        return guarded

    return guard


def register(page: Page, role: str, name: str, *, default: bool = False) -> st.Page:
    """A page of the navigation; hidden from those who may not open it."""
    return st.Page(
        needs(role)(page),
        title=word(f"pages.{name}"),
        url_path=name,
        default=default,
        visibility="visible" if may(role) else "hidden",
    )


def _refuse(user: User | None) -> None:
    """One line instead of a page: sign in, ask for a role, or go back."""
    if user is None:
        if st.button(word("access.sign_in"), key="sign-in", type="primary"):
            _sign_in()
    elif not user.name:
        claim = process.page_settings().oidc_name_claim
        show(word("access.no_name", claim=claim), "item coach-avoid")
    elif not user.roles:
        show(word("access.no_role", name=user.name), "item coach-avoid")
    else:
        show(word("access.refused"), "item coach-avoid")
        if user.may(OPERATOR):
            st.html(f'<a href="./" target="_self">{html.escape(word("access.to_chat"))}</a>')


def _sign_in() -> None:
    """Go to the provider; where it does not answer, say so here: what it shows is not ours."""
    try:
        read_issuer(process.page_settings())
    except SettingsError:
        show(word("access.no_provider"), "item coach-avoid")
    else:
        st.login()


def show_user() -> None:
    """Say under the navigation who is signed in, with a button to sign out."""
    user = current_user()
    if user is None or user.is_local:
        return
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="user"
    ):
        show(user.name, "status", narrow=True)
        st.button(word("access.sign_out"), key="sign-out", type="tertiary", on_click=st.logout)


def show_local() -> None:
    """Say quietly at the end of a page that nobody has to sign in here."""
    user = current_user()
    if user is not None and user.is_local:
        show(word("access.local"), "status")
