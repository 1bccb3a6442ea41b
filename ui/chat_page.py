"""The operator's page: ask, read the card, open a source, ask the next thing."""

from __future__ import annotations

import html
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import streamlit as st

from coach.answering.reply import AdviceSentence, Choice, DroppedSentence, Reply
from coach.coaching import Coach
from coach.errors import ModelError
from ui import session
from ui.access import OPERATOR, needs
from ui.feedback_view import show_feedback
from ui.instruction_view import show_instruction
from ui.reply_view import show_reply
from ui.words import shorten_question, show, word, words_list

FOCUS = """
<script>
(() => {{
  /* turn {turn} */
  const focus = () => {{
    const box = document.querySelector('[data-testid="stChatInputTextArea"]');
    if (box && window.matchMedia("(pointer: fine)").matches) box.focus();
  }};
  setTimeout(focus, 50); setTimeout(focus, 500);
}})();
</script>
"""


@needs(OPERATOR)
def show_chat() -> None:
    """Show the page."""
    coach = session.current_coach()
    with st.container():  # an input in a container stays where it is put: above the answer
        message = st.chat_input(word("ask_placeholder"))
    if message:
        reply = coach.reply(session.turns(), message)
        is_unsure = _is_unsure(reply, coach)
        with st.spinner(word("advice.rewording")) if is_unsure else nullcontext():
            reply = coach.reword(session.turns(), reply) or reply
        session.add_turn(reply)
    turns = session.turns()
    source = session.opened_source()
    if source:
        answer, beside = st.columns([3, 2], gap="medium")
        with beside:
            show_instruction(source, coach.knowledge)
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
    st.html(FOCUS.format(turn=len(turns)), unsafe_allow_javascript=True)


def _is_unsure(reply: Reply, coach: Coach) -> bool:
    return not reply.answered and reply.refusal is None and bool(coach.model)


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
    def pick(reply: Reply, choice: Choice) -> None:
        session.add_turn(coach.reply_with(reply.question, choice.id))

    last = len(turns) - 1
    show_reply(turns[last], last, pick, partial(session.open_source_of, last))
    session.keep_waiting()  # the card is on the screen: what takes time comes after it
    _show_advice(coach, turns, last)
    show_feedback(coach, last)
    if last:
        show(word("earlier"), "label", "h3")
    for number in range(last - 1, -1, -1):
        with st.expander(_summary(turns[number])):
            show_reply(turns[number], number, pick, partial(session.open_source_of, number))
            _show_kept_advice(turns[number])
    st.button(word("clear"), key="clear", on_click=session.clear)


def _summary(reply: Reply) -> str:
    state = word(f"status.{reply.refusal or 'unsure'}")
    titles = " + ".join(one.title for one in reply.situations) if reply.answered else state
    question = shorten_question(reply.question)
    return _as_plain_label(f"{question} → {titles}")


def _as_plain_label(words: str) -> str:
    """Escape what an expander's label would read as Markdown."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]()<>#+-.!|~$:@&" else char for char in words)


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
