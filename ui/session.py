"""What one browser session remembers: its conversation and the source that is open."""

from __future__ import annotations

from typing import Any

import streamlit as st

from coach.answering.reply import Citation, Reply
from coach.coaching import Coach
from coach.serving import shared_coach
from coach.settings import Settings, load_settings
from ui.words import word

TURNS, SOURCE = "turns", "source"


@st.cache_resource(show_spinner=False)
def page_settings() -> Settings:
    """The settings, read once per process."""
    return load_settings()


def current_coach() -> Coach:
    """The Coach of this process, of the knowledge version that is published now."""
    with st.spinner(word("loading")):
        return shared_coach(page_settings())


def turns() -> list[Reply]:
    """The replies of this conversation, oldest first."""
    replies: list[Reply] = st.session_state.setdefault(TURNS, [])
    return replies


def add_turn(reply: Reply) -> None:
    """Remember a reply; the source of the one before is closed."""
    turns().append(reply)
    close_source()


def clear() -> None:
    """Begin a new conversation."""
    st.session_state[TURNS] = []
    close_source()


def open_source(citation: Citation) -> None:
    """Show the instruction with this citation highlighted."""
    st.session_state[SOURCE] = citation


def close_source() -> None:
    """Hide the instruction."""
    st.session_state[SOURCE] = None


def opened_source() -> Citation | None:
    """The citation whose source is open, or None."""
    found: Any = st.session_state.get(SOURCE)
    return found if isinstance(found, Citation) else None
