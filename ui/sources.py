"""The source that is open on each page: a citation whose place the instruction is scrolled to."""

from __future__ import annotations

from typing import Any

import streamlit as st

from coach.answering.reply import Citation

CHAT, REVIEW, KNOWLEDGE = "source-chat", "source-review", "source-knowledge"


def open_source(citation: Citation, page: str) -> None:
    """Show the instruction on a page with this citation highlighted."""
    st.session_state[page] = citation


def close_source(page: str) -> None:
    """Hide the source that is open on a page."""
    st.session_state[page] = None


def opened_source(page: str) -> Citation | None:
    """The citation whose source is open on a page, or None."""
    found: Any = st.session_state.get(page)
    return found if isinstance(found, Citation) else None
