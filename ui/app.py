"""The entry point that Streamlit runs."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from coach.errors import CoachError
from ui.chat_page import show_chat
from ui.knowledge_page import show_knowledge
from ui.quality_page import show_quality
from ui.review_page import show_review
from ui.words import show, word

STYLE = Path(__file__).with_name("style.css")


def main() -> None:
    """Show the page; whatever goes wrong is told in one clear line, never as a traceback."""
    st.set_page_config(page_title=word("page_title"), page_icon="🎧", layout="wide")
    st.html(STYLE)
    try:
        pages = [
            st.Page(show_chat, title=word("pages.chat"), url_path="chat", default=True),
            st.Page(show_review, title=word("pages.review"), url_path="review"),
            st.Page(show_knowledge, title=word("pages.knowledge"), url_path="knowledge"),
            st.Page(show_quality, title=word("pages.quality"), url_path="quality"),
        ]
        st.navigation(pages, position="top").run()
    except CoachError as error:
        show(str(error), "item coach-avoid")
    except Exception as error:
        logging.getLogger("coach.ui").error("page failed: %s", type(error).__name__)
        show(word("failed"), "item coach-avoid")


main()
