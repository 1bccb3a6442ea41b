"""The keyboard of the chat page, and the signal that a phrase was copied."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from coach.answering.reply import Reply
from ui import session
from ui.words import word

SCRIPT = Path(__file__).with_suffix(".js")
KEY = "keyboard"
# Read by a screen reader when it changes, seen by nobody.
LIVE = '<p aria-live="polite" style="position:absolute;left:-9999px"></p>'


def listen(turns: list[Reply]) -> None:
    """Let the page hear keys and copied phrases; tell screen readers the newest answer."""
    mount = st.components.v2.component("coach_keyboard", html=LIVE, js=_script())
    mount(
        key=KEY,
        data={
            "turn": len(turns),
            "copy": word("card.copy"),
            "copied": word("card.copied"),
            "announced": _announce(turns[-1]) if turns else "",
        },
        height=1,
        on_copied_change=_keep_copied,
    )


@st.cache_resource(show_spinner=False)
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")


def _keep_copied() -> None:
    turn = st.session_state[KEY].copied
    if isinstance(turn, int):
        session.signal_copied(turn)


def _announce(reply: Reply) -> str:
    """What a screen reader says: the situations and the first phrases, or the refusal."""
    if not reply.answered:
        return reply.text
    titles = ". ".join(one.title for one in reply.situations)
    phrases = " ".join(one.text for one in reply.say if one.variant == 1)
    return f"{titles}. {phrases}"
