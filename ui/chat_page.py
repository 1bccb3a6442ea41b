"""The operator's page: ask, read the card, open a source, ask the next thing."""

from __future__ import annotations

import html
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import streamlit as st

from coach.answering.reply import AdviceSentence, Choice, DroppedSentence, Reply
from coach.answering.staleness import is_stale
from coach.coaching import Coach
from coach.errors import ModelError
from coach.language.repair import READ_CHARS, is_too_long
from coach.signing_in import OPERATOR
from coach.understanding.decision import NO_QUESTION, NO_WORDS, SMALL_TALK
from ui import process, session
from ui.access import needs
from ui.feedback_view import show_feedback
from ui.instruction_view import show_instruction
from ui.keyboard import listen
from ui.reply_view import show_reply, state_of
from ui.sources import CHAT, opened_source
from ui.words import as_label, shorten_question, show, word, words_list

SHOWN_EARLIER = 8
NO_QUESTIONS = (NO_QUESTION, NO_WORDS, SMALL_TALK)


@needs(OPERATOR)
def show_chat() -> None:
    """Show the page."""
    coach = process.current_coach()
    with st.container():  # an input in a container stays where it is put: above the answer
        message = st.chat_input(word("ask_placeholder"))
        _show_quick(coach)
    if message:
        reply = coach.reply(session.turns(), message)
        is_unsure = _is_unsure(reply, coach)
        with st.spinner(word("advice.rewording")) if is_unsure else nullcontext():
            reply = coach.reword(session.turns(), reply) or reply
        session.add_turn(reply)
        if is_too_long(message):
            show(word("too_long", count=READ_CHARS), "status")
    turns = session.turns()
    source = opened_source(CHAT)
    if source:
        answer, beside = st.columns([3, 2], gap="medium")
        with beside:
            show_instruction(source, coach.knowledge, CHAT)
    else:
        answer = st.container()
    with answer:
        if turns:
            _show_conversation(coach, turns)
        else:
            _show_empty(coach)
    fault = session.archive_fault()
    if fault:
        show(fault, "status")
    listen(turns)


def _is_unsure(reply: Reply, coach: Coach) -> bool:
    return not reply.answered and reply.refusal is None and bool(coach.model)


def _show_quick(coach: Coach) -> None:
    """The buttons of the situations that cannot wait, the most urgent first."""
    situations = sorted(coach.knowledge.situations.values(), key=lambda one: one.urgency)
    with st.container(horizontal=True, gap="xsmall", key="quick"):
        for number, one in enumerate((one for one in situations if one.quick), 1):
            st.button(
                as_label(one.quick),
                key=f"quick-{one.id}",
                shortcut=f"Alt+{number}",
                on_click=_show_card_of,
                args=(coach, one.quick, one.id),
            )


def _show_card_of(coach: Coach, asked: str, situation: str) -> None:
    session.add_turn(coach.reply_with(asked, situation))


def _show_empty(coach: Coach) -> None:
    show(word("empty.heading"), "title", "h1")
    show(word("empty.hint"), "item")
    for number, example in enumerate(words_list("empty", "examples")):
        st.button(
            example, key=f"choice-example-{number}", on_click=_ask_example, args=(coach, example)
        )


def _ask_example(coach: Coach, question: str) -> None:
    session.add_turn(coach.reply(session.turns(), question))


def _show_conversation(coach: Coach, turns: list[Reply]) -> None:
    last = len(turns) - 1
    _show_turn(coach, turns, last)
    session.keep_waiting()  # the card is on the screen: what takes time comes after it
    if turns[last].danger or turns[last].refusal not in NO_QUESTIONS:
        show_feedback(coach, last)
    _show_advice(coach, turns, last)
    if last:
        _show_earlier(coach, turns, last)
    st.button(word("clear"), key="clear", on_click=session.clear)


def _show_turn(coach: Coach, turns: list[Reply], number: int) -> None:
    def pick(reply: Reply, choice: Choice) -> None:
        _show_card_of(coach, reply.question, choice.id)

    reply = turns[number]
    if is_stale(reply, coach.knowledge):
        show(word("stale.turn"), "item coach-conflict")
    dismiss = partial(_dismiss_danger, coach, number)
    show_reply(reply, number, pick, partial(session.open_source_of, number), dismiss)


def _dismiss_danger(coach: Coach, number: int) -> None:
    turns = session.turns()
    turns[number] = coach.dismiss_danger(turns[:number], turns[number])
    session.keep_turn(number)


def _show_earlier(coach: Coach, turns: list[Reply], last: int) -> None:
    """The replies before the newest one, folded; what is folded is not drawn."""
    show(word("earlier"), "label", "h3")
    first = 0 if st.session_state.get(session.ALL_EARLIER) else max(0, last - SHOWN_EARLIER)
    for number in range(last - 1, first - 1, -1):
        key = f"{session.EARLIER}{number}"
        fold = st.expander(_summary(turns[number]), key=key, on_change="rerun")
        if fold.open:
            with fold:
                _show_turn(coach, turns, number)
                _show_kept_advice(turns[number])
    if first:
        st.button(word("earlier_more", count=first), key="earlier-more", on_click=_show_all_earlier)


def _show_all_earlier() -> None:
    st.session_state[session.ALL_EARLIER] = True


def _summary(reply: Reply) -> str:
    state = word(f"status.{state_of(reply)}")
    titles = " + ".join(one.title for one in reply.situations) if reply.answered else state
    question = shorten_question(reply.question)
    return as_label(f"{question} → {titles}")


def _show_advice(coach: Coach, turns: list[Reply], number: int) -> None:
    """Show the model's sentences under the newest card, each as it is proven, and remember them."""
    reply = turns[number]
    if not reply.answered or reply.model or not coach.model:
        _show_kept_advice(reply)
        return
    place = st.container()
    waiting = place.empty()
    waiting.html(f'<p class="coach-status">{html.escape(word("advice.waiting"))}</p>')
    sentences: list[AdviceSentence | DroppedSentence] = []
    try:
        for sentence in coach.stream_advice(turns[:number], reply):
            sentences.append(sentence)
            waiting.html(_advice_html(coach.add_advice(reply, sentences)))
    except ModelError as error:
        waiting.html(f'<p class="coach-status">{html.escape(str(error))}</p>')
        turns[number] = replace(reply, model=coach.model)
        session.keep_turn(number)
        return
    turns[number] = coach.add_advice(reply, sentences)
    session.keep_turn(number)
    waiting.empty()
    with place:
        _show_kept_advice(turns[number])


def _advice_html(reply: Reply) -> str:
    """The proven sentences so far, as inert text."""
    lines = "".join(
        f'<p class="coach-item coach-advice">{html.escape(one.text)}</p>'
        for one in reply.advice or ()
    )
    heading = html.escape(word("advice.heading", model=reply.model))
    return f'<p class="coach-status">{heading}</p>{lines}'


def _show_kept_advice(reply: Reply) -> None:
    if reply.advice:
        show(word("advice.heading", model=reply.model), "status")
        for one in reply.advice:
            show(one.text, "item coach-advice")
    if reply.dropped:
        show(word("advice.dropped", count=len(reply.dropped)), "status")
