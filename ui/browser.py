"""What all pages ask of the browser: copying over plain http, nothing typed lost to a shortcut."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from coach.texts import read_texts
from ui.words import UI_TEXTS, word

SCRIPT = Path(__file__).with_suffix(".js")
# Tells how to copy by hand, above whatever the page is scrolled to.
NOTE = '<p role="alert" hidden class="coach-by-hand"></p>'


def prepare_browser() -> None:
    """Let the browser do on this page what Streamlit alone does not."""
    mount = st.components.v2.component(
        "coach_browser", html=NOTE, js=_script(), isolate_styles=False
    )
    data = {"by_hand": word("copy_by_hand"), "russian": dict(read_texts(UI_TEXTS)["streamlit"])}
    mount(key="browser", data=data, height=1)


@st.cache_resource(show_spinner=False)
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")
