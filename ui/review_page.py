"""The trainer's page: answers by need, judged beside their passages, and taught in one move."""

from __future__ import annotations

from functools import partial

import streamlit as st

from coach.answering.reply import Choice, Reply
from coach.archive.archive import CRITICAL, FALSE, RIGHT, KeptTurn
from coach.errors import CoachError
from coach.instruction.questions import NOT_ANSWERED
from coach.teaching import Effect, foresee, publish, undo
from ui import session
from ui.access import TRAINER, needs, require
from ui.reply_view import show_reply
from ui.words import shorten_question, show, word

QUEUED, RECENT, LESSONS = 200, 30, 5
CHOSEN, EFFECT, DONE = "review-turn", "review-effect", "review-done"
VERDICTS = (RIGHT, FALSE, CRITICAL)
SHORTCUTS = {RIGHT: "1", FALSE: "2", CRITICAL: "3"}


@needs(TRAINER)
def show_review() -> None:
    """Show the page."""
    show(word("review.heading"), "title", "h1")
    filters = st.columns([3, 1], vertical_alignment="bottom")
    words = filters[0].text_input(word("review.search"), key="review-search")
    judged = filters[1].toggle(word("review.judged"), key="review-judged")
    queue = session.archive().queue(QUEUED, judged=judged, words=words)
    done = st.session_state.pop(DONE, "")
    if done:
        show(done, "status")
    _show_lessons()
    if not queue:
        show(word("review.empty"), "item")
        return
    listed, opened = st.columns([2, 3], gap="medium")
    with listed:
        show(word("review.count", count=len(queue)), "label", "h3")
        for one in queue[:RECENT]:
            st.button(
                _line(one),
                key=f"queue-{one.id}",
                width="stretch",
                on_click=_choose,
                args=(one.id,),
            )
    chosen = next((o for o in queue if o.id == st.session_state.get(CHOSEN)), queue[0])
    with opened:
        _show_turn(chosen, queue)


def _choose(turn: int) -> None:
    st.session_state[CHOSEN] = turn
    st.session_state.pop(EFFECT, None)
    session.close_source()


def _propose(turn: int, reply: Reply, choice: Choice) -> None:
    """A choice of a refused answer is the situation that the trainer means."""
    st.session_state[f"teach-{turn}"] = choice.title


def _line(one: KeptTurn) -> str:
    signs = " · ".join(word(f"feedback.{kind}") for kind in dict.fromkeys(one.signals))
    state = word(f"status.{'card' if one.reply.answered else one.reply.refusal or 'unsure'}")
    return shorten_question(one.reply.question)[:80] + f" · {signs or state}"


def _show_turn(one: KeptTurn, queue: list[KeptTurn]) -> None:
    show_reply(one.reply, one.id, partial(_propose, one.id), session.open_source)
    for dropped in one.reply.dropped:
        reason = word(f"dropped.{dropped.reason}")
        show(word("review.dropped", text=dropped.text, reason=reason), "evidence")
    if one.situation:
        title = session.current_coach().knowledge.situations.get(one.situation)
        if title:
            show(word("review.operator_says", title=title.title), "item")
    note = st.text_input(word("review.note"), value=one.note, key=f"note-{one.id}-{one.revision}")
    with st.container(horizontal=True, gap="xsmall"):
        for value in VERDICTS:
            st.button(
                word(f"review.{value}"),
                key=f"verdict-{one.id}-{value}",
                type="primary" if one.verdict == value else "secondary",
                shortcut=f"Alt+{SHORTCUTS[value]}",
                on_click=_judge,
                args=(one, value, note),
            )
        following = queue[(queue.index(one) + 1) % len(queue)]
        st.button(
            word("review.next"),
            key="next",
            shortcut="Alt+N",
            on_click=_choose,
            args=(following.id,),
        )
    if one.verdict:
        verdict = word(f"review.{one.verdict}")
        show(word("review.judged_by", trainer=one.trainer, verdict=verdict), "status")
    _show_teaching(one, queue)
    source = session.opened_source()
    if source:
        show(word("source.section", section=source.section), "label", "h3")
        show(source.quote, "item")


def _judge(one: KeptTurn, value: str, note: str) -> None:
    try:
        trainer = require(TRAINER).name
        session.archive().judge(one.id, value, note, trainer, one.revision)
    except CoachError as error:
        st.session_state[DONE] = str(error)


def _show_teaching(one: KeptTurn, queue: list[KeptTurn]) -> None:
    """Choose the right situation, see what would change, publish."""
    show(word("teach.heading"), "label", "h3")
    situations = session.current_coach().knowledge.situations
    titles = {situation.title: name for name, situation in situations.items()}
    titles[word("teach.none")] = NOT_ANSWERED
    names = list(titles.values())
    proposed = names.index(one.situation) if one.situation in names else None
    picked = st.selectbox(word("teach.pick"), list(titles), index=proposed, key=f"teach-{one.id}")
    st.button(
        word("teach.foresee"),
        key="foresee",
        disabled=picked is None,
        on_click=_foresee,
        args=(
            one,
            titles.get(picked or "", ""),
            [other.reply.question for other in queue[:RECENT]],
        ),
    )
    effect: Effect | None = st.session_state.get(EFFECT)
    if effect is None:
        return
    show(word("teach.before", outcome=effect.before), "item")
    show(word("teach.after", outcome=effect.after), "item")
    for warning in effect.warnings:
        show(warning, "item coach-conflict")
    show(word("teach.changed", count=len(effect.changed)), "item")
    for other in effect.changed:
        show(f"«{other.question}»: {other.before} → {other.after}", "evidence")
    st.button(
        word("teach.publish"), key="publish", type="primary", on_click=_publish, args=(effect,)
    )


def _foresee(one: KeptTurn, situation: str, recent: list[str]) -> None:
    try:
        now, settings = session.current_coach(), session.page_settings()
        st.session_state[EFFECT] = foresee(one.reply.question, situation, recent, now, settings)
    except CoachError as error:
        st.session_state[DONE] = str(error)


def _publish(effect: Effect) -> None:
    st.session_state.pop(EFFECT, None)
    try:
        trainer = require(TRAINER).name
        version = publish(effect, session.page_settings())
        session.archive().add_lesson(
            trainer, effect.question, effect.situation, effect.version, version
        )
        st.session_state[DONE] = word("teach.published", version=version)
    except CoachError as error:
        st.session_state[DONE] = str(error)


def _show_lessons() -> None:
    """The last lessons, each with a button that takes it back."""
    lessons = session.archive().lessons(LESSONS)
    if not lessons:
        return
    with st.expander(word("teach.lessons", count=len(lessons))):
        for one in lessons:
            with st.container(horizontal=True, gap="xsmall"):
                show(f"«{one.question}» → {one.situation}", "evidence")
                st.button(
                    word("teach.undo"),
                    key=f"undo-{one.id}",
                    on_click=_undo,
                    args=(one.id, one.question, one.situation),
                )


def _undo(lesson: int, question: str, situation: str) -> None:
    try:
        require(TRAINER)
        version = undo(question, situation, session.page_settings())
        session.archive().mark_undone(lesson)
        st.session_state[DONE] = word("teach.undone", version=version)
    except CoachError as error:
        st.session_state[DONE] = str(error)
