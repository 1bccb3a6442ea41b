"""The entry point that Streamlit runs."""

from __future__ import annotations

import logging
from pathlib import Path

import streamlit as st

from coach.errors import CoachError
from coach.signing_in import ADMIN, OPERATOR, TRAINER
from ui.access import may, register, show_local, show_user
from ui.browser import prepare_browser
from ui.chat_page import show_chat
from ui.data_page import show_data
from ui.knowledge_page import show_knowledge
from ui.process import note_version
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
            register(show_chat, OPERATOR, "chat", default=True),
            register(show_review, TRAINER, "review"),
            register(show_knowledge, TRAINER, "knowledge"),
            register(show_quality, TRAINER, "quality"),
            register(show_data, ADMIN, "data"),
        ]
        page = st.navigation(pages, position="top" if may(OPERATOR) else "hidden")
        show_user()
        page.run()
        show_local()
        prepare_browser()
        note_version()
    except CoachError as error:
        show(str(error), "item coach-avoid")
    except Exception as error:
        logging.getLogger("coach.ui").error("page failed: %s", type(error).__name__)
        show(word("failed"), "item coach-avoid")


main()
