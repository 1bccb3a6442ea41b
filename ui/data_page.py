"""The admin's page: of whom something is kept, a copy of it for them, and its deletion."""

from __future__ import annotations

import json

import streamlit as st

from coach.archive.archive import Archive
from coach.archive.people import KeptOperator
from coach.errors import CoachError
from coach.signing_in import ADMIN
from ui import process
from ui.access import needs, require
from ui.words import as_day, show, show_table, word

PICKED, ASKED, DONE = "data-picked", "data-asked", "data-done"


@needs(ADMIN)
def show_data() -> None:
    """Show the page."""
    show(word("data.heading"), "title", "h1")
    days = process.page_settings().keep_days
    show(word("data.keep", days=days) if days else word("data.keep_all"), "item")
    done = st.session_state.pop(DONE, "")
    if done:
        show(done, "status")
    kept = process.archive().operators()
    if not kept:
        show(word("data.empty"), "item")
        return
    heads = (word("data.operator"), word("data.conversations"), word("data.last"))
    show_table(heads, [(one.name, str(one.conversations), as_day(one.last)) for one in kept])
    named = {one.name: one for one in kept}
    picked = st.selectbox(
        word("data.pick"), list(named), index=None, key=PICKED, placeholder=word("pick")
    )
    if picked:
        _show_operator(named[picked])


def _show_operator(one: KeptOperator) -> None:
    archive = process.archive()  # the copy is made later, in a thread that knows no session
    with st.container(horizontal=True, gap="xsmall"):
        st.download_button(
            word("data.export"),
            data=lambda: _write_copy(archive, one.name),
            file_name="coach.json",
            mime="application/json",
            key="export",
            on_click="ignore",
        )
        st.button(word("data.forget"), key="forget", on_click=_ask, args=(one.name,))
    if st.session_state.get(ASKED) == one.name:
        question = word("data.confirm", name=one.name, count=one.conversations)
        show(question, "item coach-avoid")
        with st.container(horizontal=True, gap="xsmall"):
            st.button(word("data.confirmed"), key="confirmed", on_click=_forget, args=(one.name,))
            st.button(word("data.cancel"), key="cancel", on_click=_ask, args=("",))


def _write_copy(archive: Archive, name: str) -> str:
    return json.dumps(archive.export(name), ensure_ascii=False, indent=1)


def _ask(name: str) -> None:
    """Remember whose data is about to be deleted; nothing is until that is confirmed."""
    st.session_state[ASKED] = name


def _forget(name: str) -> None:
    _ask("")
    try:
        require(ADMIN)
        count = process.archive().forget(name)
        st.session_state[DONE] = word("data.forgotten", name=name, count=count)
    except CoachError as error:
        st.session_state[DONE] = str(error)
