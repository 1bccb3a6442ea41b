"""What the operator makes of an answer: four buttons, one tap."""

from __future__ import annotations

import streamlit as st

from coach.archive.needs import OPINIONS, WRONG
from coach.coaching import Coach
from ui import session
from ui.words import show, word


def show_feedback(coach: Coach, turn: int) -> None:
    """Show the buttons under the newest answer, and the situations when it was the wrong one."""
    said = session.signalled(turn)
    with st.container(horizontal=True, gap="xsmall", key=f"feedback-{turn}"):
        for kind in OPINIONS:
            st.button(
                word(f"feedback.{kind}"),
                key=f"opinion-{turn}-{kind}",
                type="primary" if said == kind else "secondary",
                on_click=session.signal,
                args=(turn, kind),
            )
    if said == WRONG:
        titles = {one.title: name for name, one in coach.knowledge.situations.items()}
        key = f"{session.PICKED}{turn}"
        picked = st.selectbox(
            word("feedback.pick"), list(titles), index=None, key=key, placeholder=word("pick")
        )
        if picked and session.told(turn) != titles[picked]:
            session.signal(turn, WRONG, titles[picked])
    if said:
        show(word("feedback.thanks"), "status")
