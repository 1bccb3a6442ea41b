"""The trainer's page: answers by need, judged beside the instruction, and taught in one move."""

from __future__ import annotations

from functools import partial

import streamlit as st

from coach.answering.reply import Choice, Reply
from coach.answering.staleness import is_stale
from coach.archive.needs import CRITICAL, FALSE, MISSING, NOT_HELPED, RIGHT, WRONG
from coach.archive.queue import KeptTurn, Wanted
from coach.coaching import Coach
from coach.errors import CoachError
from coach.instruction.danger import CALM, DANGER
from coach.instruction.questions import NOT_ANSWERED
from coach.signing_in import TRAINER
from coach.teaching import teach_question
from ui import process
from ui.access import needs, require
from ui.instruction_view import show_instruction, show_situations
from ui.reply_view import show_reply, state_of
from ui.sources import REVIEW, close_source, open_source, opened_source
from ui.teaching_view import box, lesson_title, show_foreseeing, show_lessons, show_said
from ui.words import as_label, shorten_question, show, show_heading, word

QUEUED, RECENT, EXAMPLES, UNREADABLE = 500, 30, 6, 10
CHOSEN, LISTED, STAYING = "review-turn", "review-listed", "review-staying"
NOTES = "review-notes"
VERDICTS = (RIGHT, FALSE, CRITICAL)
SHORTCUTS = {RIGHT: "1", FALSE: "2", CRITICAL: "3"}
VIEW, QUEUE, KINDS = "review-view", "queue", "kinds"
FILTER_KEYS = ("review-search", "review-kind", "review-situation", "review-judged")
EVERYTHING, REFUSED, UNSURE, DROPPED, STALE = "all", "refused", "unsure", "dropped", "stale"
FILTERS = (EVERYTHING, DANGER, WRONG, NOT_HELPED, MISSING, REFUSED, UNSURE, DROPPED, STALE)


@needs(TRAINER)
def show_review() -> None:
    """Show the page."""
    coach = process.current_coach()
    view = show_heading(word("review.heading"), (QUEUE, KINDS), "review", VIEW)
    show_said()
    show_lessons()
    if view == KINDS:
        _show_kinds(coach)
        return
    queue, count = _show_filters(coach)
    chosen = _chosen(queue)
    if chosen:
        _show_queue(coach, queue, count, chosen)
    else:
        waiting = process.archive().queue_length()
        show(word("review.filtered", count=waiting) if waiting else word("review.empty"), "item")


def _show_filters(coach: Coach) -> tuple[list[KeptTurn], int]:
    """The filters, the answers that pass them, those in need most first, and how many do."""
    columns = st.columns([3, 2, 3, 1], vertical_alignment="bottom")
    words = columns[0].text_input(word("review.search"), key="review-search")
    kind = columns[1].selectbox(
        word("review.filter"),
        FILTERS,
        format_func=lambda name: word(f"filters.{name}"),
        key="review-kind",
    )
    situations = coach.knowledge.situations
    situation = columns[2].selectbox(
        word("review.situation"),
        ["", *situations],
        format_func=lambda name: situations[name].title if name else word("filters.all"),
        key="review-situation",
    )
    judged = columns[3].toggle(word("review.judged"), key="review-judged")
    wanted = Wanted(judged, words, situation, "" if kind in (EVERYTHING, STALE) else kind)
    queue = process.archive().read_queue(QUEUED, wanted)
    if queue.unreadable:
        numbers = ", ".join(map(str, queue.unreadable[:UNREADABLE]))
        line = word("review.unreadable", count=len(queue.unreadable), numbers=numbers)
        show(line, "item coach-conflict")
    if kind == STALE:
        stale = [one for one in queue.turns if is_stale(one.reply, coach.knowledge)]
        return stale, len(stale)
    return queue.turns, queue.count - len(queue.unreadable)


def _show_queue(coach: Coach, queue: list[KeptTurn], count: int, chosen: KeptTurn) -> None:
    listed, opened, beside = st.columns([2, 4, 4], gap="medium")
    with listed:
        show(word("review.count", count=count), "label", "h3")
        with st.container(height=640, border=False, key="queue"):
            listed_count = st.session_state.get(LISTED, RECENT)
            for one in queue[:listed_count]:
                _show_line(one, is_chosen=one is chosen)
            if listed_count < len(queue):
                st.button(word("review.more"), key="review-more", on_click=_list_more)
    with opened:
        _show_turn(coach, chosen, queue)
    with beside:
        source = opened_source(REVIEW) or next(iter(chosen.reply.citations), None)
        if source:
            show_instruction(source, coach.knowledge)
        else:
            show(word("review.no_source"), "status")
            show_situations(coach.knowledge, _nearest(chosen.reply, coach))


def _chosen(queue: list[KeptTurn]) -> KeptTurn | None:
    """The answer that is looked at: one just judged wrong stays, to be taught; None for none."""
    turn, staying = st.session_state.get(CHOSEN), st.session_state.get(STAYING)
    listed = next((one for one in queue if one.id == turn), None)
    judged = process.archive().kept(staying) if staying and not listed else None
    return listed or judged or next(iter(queue), None)


def _list_more() -> None:
    st.session_state[LISTED] = st.session_state.get(LISTED, RECENT) + RECENT


def _nearest(reply: Reply, coach: Coach) -> str:
    """The situation that a refusal or a doubt is nearest to, empty for none."""
    near = [*(one.id for one in reply.choices), *(one.id for one in reply.situations)]
    return next((name for name in near if name in coach.knowledge.situations), "")


def _show_line(one: KeptTurn, *, is_chosen: bool) -> None:
    signs = " · ".join(word(f"feedback.{kind}") for kind in dict.fromkeys(one.signals))
    state = word(f"status.{state_of(one.reply)}")
    mark = f"{word(f'danger.{one.reply.danger}')} · " if one.reply.danger else ""
    st.button(
        as_label(f"{mark}{shorten_question(one.reply.question)[:80]} · {signs or state}"),
        key=f"queue-{one.id}",
        type="primary" if is_chosen else "secondary",
        width="stretch",
        on_click=_choose,
        args=(one.id,),
    )


def _choose(turn: int | None) -> None:
    st.session_state[CHOSEN], st.session_state[STAYING] = turn, None
    close_source(REVIEW)


def _propose(turn: int, reply: Reply, choice: Choice) -> None:
    """A choice of a refused answer is the situation that the trainer means."""
    st.session_state[f"teach-{turn}"] = choice.id


def _show_turn(coach: Coach, one: KeptTurn, queue: list[KeptTurn]) -> None:
    _show_verdict(one, queue)
    if is_stale(one.reply, coach.knowledge):
        show(word("stale.kept"), "item coach-conflict")
    show_reply(one.reply, one.id, partial(_propose, one.id), partial(open_source, page=REVIEW))
    for sentence in one.reply.advice or ():
        show(sentence.text, "item coach-advice")
    for dropped in one.reply.dropped:
        reason = word(f"dropped.{dropped.reason}")
        show(word("review.dropped", text=dropped.text, reason=reason), "evidence")
    if one.reply.danger_dismissed:
        show(word("danger.dismissed"), "item")
    said = coach.knowledge.situations.get(one.situation)
    if said:
        show(word("review.operator_says", title=said.title), "item")
    _show_teaching(coach, one)


def _show_verdict(one: KeptTurn, queue: list[KeptTurn]) -> None:
    key = _note_key(one)
    st.text_input(
        word("review.note"),
        value=_notes().get(key, one.note),
        placeholder=word("review.note"),
        key=key,
        label_visibility="collapsed",
        on_change=_remember_note,
        args=(key,),
    )
    before, after = _neighbours(one, queue)
    with st.container(horizontal=True, gap="xsmall"):
        for value in VERDICTS:
            st.button(
                word(f"review.{value}"),
                key=f"verdict-{one.id}-{value}",
                type="primary" if one.verdict == value else "secondary",
                shortcut=f"Alt+{SHORTCUTS[value]}",
                on_click=_judge,
                args=(one, value, after),
            )
        for name, keys, turn in (("previous", "Alt+P", before), ("next", "Alt+N", after)):
            st.button(
                word(f"review.{name}"),
                key=name,
                shortcut=keys,
                disabled=turn is None,
                on_click=_choose,
                args=(turn,),
            )
    if one.verdict:
        verdict = word(f"review.{one.verdict}")
        trainer = one.trainer or word("teach.forgotten")
        show(word("review.judged_by", trainer=trainer, verdict=verdict), "status")


def _neighbours(one: KeptTurn, queue: list[KeptTurn]) -> tuple[int | None, int | None]:
    """The answers before and after this one in the queue; a judged one stands before the first."""
    ids = [other.id for other in queue]
    place = ids.index(one.id) if one.id in ids else -1
    after = ids[place + 1] if place + 1 < len(ids) else None
    return (ids[place - 1] if place > 0 else None), after


def _notes() -> dict[str, str]:
    """The notes that were typed in this session and are not judged with yet."""
    notes: dict[str, str] = st.session_state.setdefault(NOTES, {})
    return notes


def _remember_note(key: str) -> None:
    """Remember a note at once: the same move may open another answer."""
    _notes()[key] = st.session_state[key]


def _note_key(one: KeptTurn) -> str:
    return f"note-{one.id}-{one.revision}"


def _judge(one: KeptTurn, value: str, following: int | None) -> None:
    note = _notes().get(_note_key(one), one.note)
    try:
        trainer = require(TRAINER).name
        process.archive().judge(one.id, value, note, trainer, one.revision)
        _choose(following)
        if value != RIGHT:  # what was wrong can be taught now
            st.session_state[STAYING] = one.id
            st.session_state[CHOSEN] = None
    except CoachError as error:
        box().fault = str(error)


def _show_teaching(coach: Coach, one: KeptTurn) -> None:
    """Choose the right situation, see what would change, publish."""
    show(word("teach.heading"), "label", "h3")
    situations = coach.knowledge.situations
    names = [*situations, NOT_ANSWERED, DANGER, CALM]
    picked = st.selectbox(
        word("teach.pick"),
        names,
        index=names.index(one.situation) if one.situation in names else None,
        format_func=lambda name: lesson_title(name, coach),
        key=f"teach-{one.id}",
        placeholder=word("pick"),
    )
    make = partial(teach_question, one.reply.question, picked or "", process.page_settings())
    show_foreseeing(make, (one.id, picked), disabled=picked is None)


def _show_kinds(coach: Coach) -> None:
    """The questions that were refused or doubted, grouped: a group is a new kind of question."""
    kept = process.archive().queue(QUEUED)
    open_ones = [one for one in kept if not one.reply.answered or MISSING in one.signals]
    open_ones = [one for one in open_ones if one.reply.refusal not in ("no_question", "no_words")]
    show(word("review.kinds_hint"), "item")
    with st.spinner(word("review.grouping")):
        groups = coach.group_similar([one.reply.question for one in open_ones])
    if not any(len(group) > 1 for group in groups):
        show(word("review.no_kinds"), "item")
    for number, group in enumerate(group for group in groups if len(group) > 1):
        with st.container(border=True, gap="xsmall", key=f"group-{number}"):
            show(word("review.kind", count=len(group)), "label", "h3")
            for place in group[:EXAMPLES]:
                one = open_ones[place]
                st.button(
                    as_label(shorten_question(one.reply.question)),
                    key=f"kind-{one.id}",
                    on_click=_open_in_queue,
                    args=(one.id,),
                )


def _open_in_queue(turn: int) -> None:
    for name in FILTER_KEYS:
        st.session_state.pop(name, None)
    st.session_state[VIEW] = QUEUE
    _choose(turn)
