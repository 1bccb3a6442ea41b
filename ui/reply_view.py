"""One reply on the page: the card, the question back, or the refusal."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from coach.answering.card import guidance_of, write_line
from coach.answering.reply import (
    Choice,
    Citation,
    Emergency,
    Evidence,
    Guidance,
    Phrase,
    Reply,
    ShownSituation,
)
from coach.safety.detector import CERTAIN
from coach.texts import text
from coach.understanding.decision import DANGER
from ui.words import as_label, shorten_question, show, word

Pick = Callable[[Reply, Choice], None]
OpenSource = Callable[[Citation], None]
Cite = Callable[[tuple[int, ...], str], None]


def show_reply(
    reply: Reply,
    turn: int,
    pick: Pick,
    open_source: OpenSource,
    dismiss: Callable[[], None] | None = None,
) -> None:
    """Show one reply; `turn` tells its widgets from those of other replies.

    `dismiss` is what happens when the operator says that it is no danger; None where nobody may.
    """

    def cite(numbers: tuple[int, ...], key: str) -> None:
        for number in dict.fromkeys(numbers):
            _show_citation(reply.citation(number), key, open_source)

    show(word("card.question", question=shorten_question(reply.question)), "question")
    if reply.understood_as:
        understood = shorten_question(reply.understood_as)
        show(word("card.understood_as", words=understood), "understood")
    if reply.emergency and not reply.danger_dismissed:
        _show_emergency(reply.emergency, reply.danger == CERTAIN, turn, dismiss)
    if reply.answered:
        for situation in reply.situations:
            with st.container(border=True, gap="xxsmall"):
                _show_card(reply, situation, turn, cite)
    elif reply.choices or reply.refusal != DANGER:
        with st.container(border=True, gap="xsmall"):
            _show_choices(reply, turn, pick)
    show(_status_line(reply), "status")


def _show_emergency(
    emergency: Emergency, is_certain: bool, turn: int, dismiss: Callable[[], None] | None
) -> None:
    """The danger screen, or the banner above a card when danger is only possible."""
    name = "danger" if is_certain else "possible"
    with st.container(border=True, gap="xsmall", key=f"{name}-{turn}"):
        show(emergency.headline, name, "h2")
        if emergency.note:
            show(emergency.note, "item")
        for line in emergency.lines:
            show(line, "item")
        if dismiss:
            st.button(word("danger.dismiss"), key=f"dismiss-{turn}", on_click=dismiss)


def state_of(reply: Reply) -> str:
    """What a reply came to, as a key of the statuses: the refusal (danger before all), a card, or
    a question back. The seal is for a card that answers and whose every line is proven.
    """
    if reply.refusal or not reply.answered:
        return reply.refusal or "unsure"
    if not reply.direct:
        return "not_direct"
    return "card" if reply.is_sealed else "card_with_readings"


def _status_line(reply: Reply) -> str:
    state = word(f"status.{state_of(reply)}")
    milliseconds = max(1, round(reply.elapsed_ms))
    return word(
        "status.line", state=state, milliseconds=milliseconds, version=reply.knowledge_version
    )


def _show_card(reply: Reply, situation: ShownSituation, turn: int, cite: Cite) -> None:
    key = f"{turn}-{situation.id}"
    is_topic = situation.kind == "topic"
    show(situation.title, "title", "h2")
    if situation.lead:
        show(situation.lead, "item coach-conflict")
    phrases = [one for one in reply.say if one.situation == situation.id]
    _show_phrases(phrases, key, is_topic, cite)
    for section, lines in guidance_of(reply, situation):
        if section == "avoid":
            _show_prohibitions(lines, key, cite)
        else:
            is_led = situation.lead and section == "do_topic"  # the lead is its heading
            _show_steps(lines, "" if is_led else word(f"card.{section}"), key, cite)
    for number, conflict in enumerate(reply.conflicts):
        if conflict.situation == situation.id:
            words = f"{word('card.conflict')} {conflict.text}"
            line_key = f"{key}-conflict{number}"
            _show_line(words, "item coach-conflict", line_key, conflict.citations, cite)
    _show_evidence([one for one in reply.evidence if one.situation == situation.id])


def _show_phrases(phrases: list[Phrase], key: str, is_topic: bool, cite: Cite) -> None:
    if not phrases:
        if not is_topic:
            show(word("card.no_phrase"), "item")
        return
    show(word("card.say"), "label", "h3")
    variants = sorted({one.variant for one in phrases})
    if len(variants) == 1:
        _show_variant(phrases, key, cite)
        return
    tabs = st.tabs([word("card.variant", variant=variant) for variant in variants])
    for tab, variant in zip(tabs, variants, strict=True):
        with tab:
            chosen = [one for one in phrases if one.variant == variant]
            _show_variant(chosen, f"{key}-v{variant}", cite)


def _show_variant(phrases: list[Phrase], key: str, cite: Cite) -> None:
    for number, one in enumerate(phrases):
        with st.container(horizontal=True, gap="xsmall", key=f"line-{key}-say{number}"):
            st.code(one.text, language=None, wrap_lines=True)
            cite((one.citation,), f"{key}-say{number}")


def _show_steps(steps: list[Guidance], heading: str, key: str, cite: Cite) -> None:
    if heading:
        show(heading, "label", "h3")
    for number, one in enumerate(steps, 1):
        words, style = f"{number}. {write_line(one)}", _style(one, "item")
        _show_line(words, style, f"{key}-do{number}", (one.citation,), cite)


def _style(line: Guidance, style: str) -> str:
    return f"{style} coach-answers" if line.answers else style


def _show_prohibitions(prohibitions: list[Guidance], key: str, cite: Cite) -> None:
    show(word("card.avoid"), "label", "h3")
    for number, one in enumerate(prohibitions):
        words, style = write_line(one), _style(one, "item coach-avoid")
        _show_line(words, style, f"{key}-avoid{number}", (one.citation,), cite)


def _show_line(words: str, style: str, key: str, citations: tuple[int, ...], cite: Cite) -> None:
    with st.container(horizontal=True, gap="xsmall", key=f"line-{key}"):
        show(words, style, narrow=True)
        cite(citations, key)


def _show_citation(citation: Citation, key: str, open_source: OpenSource) -> None:
    st.button(
        word("card.cite", number=citation.number),
        key=f"cite-{key}-{citation.number}",
        help=as_label(word("card.cite_help", section=citation.section)),
        type="tertiary",
        on_click=open_source,
        args=(citation,),
    )


def _show_evidence(evidence: list[Evidence]) -> None:
    for one in evidence:
        if not (one.words or one.questions):
            continue
        with st.expander(word("card.why")):
            if one.words:
                show(word("card.why_words", words=", ".join(one.words)), "evidence")
            if one.questions:
                near = "; ".join(f"«{shorten_question(question)}»" for question in one.questions)
                show(word("card.why_questions", questions=near), "evidence")


def _show_choices(reply: Reply, turn: int, pick: Pick) -> None:
    if reply.refusal == DANGER:
        with st.expander(word("danger.choose")):
            _show_choice_buttons(reply, turn, pick)
        return
    if reply.refusal:
        show(text(f"refusal.{reply.refusal}"), "title", "h2")
    else:
        show(word("unsure.title"), "title", "h2")
    if reply.refusal and reply.choices:
        show(word("refusal.nearest"), "label")
    _show_choice_buttons(reply, turn, pick)


def _show_choice_buttons(reply: Reply, turn: int, pick: Pick) -> None:
    for number, choice in enumerate(reply.choices, 1):
        st.button(
            as_label(word("card.choice", number=number, title=choice.title)),
            key=f"choice-{turn}-{choice.id}",
            width="stretch",
            on_click=pick,
            args=(reply, choice),
        )
