"""One reply on the page: the card, the question back, or the refusal."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from coach.answering.reply import Choice, Evidence, Guidance, Phrase, Reply, ShownSituation
from coach.texts import text
from ui import session
from ui.words import shorten_question, show, word

Pick = Callable[[Reply, Choice], None]


def show_reply(reply: Reply, turn: int, pick: Pick) -> None:
    """Show one reply; `turn` tells its widgets from those of other replies."""
    show(word("card.question", question=shorten_question(reply.question)), "question")
    if reply.understood_as:
        understood = shorten_question(reply.understood_as)
        show(word("card.understood_as", words=understood), "understood")
    if reply.answered:
        for situation in reply.situations:
            with st.container(border=True, gap="xxsmall"):
                _show_card(reply, situation, turn)
    else:
        with st.container(border=True, gap="xsmall"):
            _show_choices(reply, turn, pick)
    show(_status_line(reply), "status")


def _status_line(reply: Reply) -> str:
    state = word(f"status.{'card' if reply.answered else reply.refusal or 'unsure'}")
    milliseconds = max(1, round(reply.elapsed_ms))
    return word(
        "status.line", state=state, milliseconds=milliseconds, version=reply.knowledge_version
    )


def _show_card(reply: Reply, situation: ShownSituation, turn: int) -> None:
    key = f"{turn}-{situation.id}"
    is_topic = situation.kind == "topic"
    show(situation.title, "title", "h2")
    phrases = [one for one in reply.say if one.situation == situation.id]
    _show_phrases(reply, phrases, key, is_topic)
    steps = [one for one in reply.do if one.situation == situation.id]
    if steps:
        show(word("card.do_topic" if is_topic else "card.do"), "label", "h3")
        for number, one in enumerate(steps, 1):
            _show_line(reply, f"{number}. {one.text}", "item", (one.citation,), f"{key}-do{number}")
    _show_prohibitions(reply, [o for o in reply.avoid if o.situation == situation.id], key)
    for number, conflict in enumerate(reply.conflicts):
        if conflict.situation == situation.id:
            words = f"{word('card.conflict')} {conflict.text}"
            _show_line(
                reply, words, "item coach-conflict", conflict.citations, f"{key}-conflict{number}"
            )
    _show_evidence([one for one in reply.evidence if one.situation == situation.id])


def _show_phrases(reply: Reply, phrases: list[Phrase], key: str, is_topic: bool) -> None:
    if not phrases:
        if not is_topic:
            show(word("card.no_phrase"), "item")
        return
    show(word("card.say"), "label", "h3")
    variants = sorted({one.variant for one in phrases})
    if len(variants) == 1:
        _show_variant(reply, phrases, key)
        return
    tabs = st.tabs([word("card.variant", variant=variant) for variant in variants])
    for tab, variant in zip(tabs, variants, strict=True):
        with tab:
            chosen = [one for one in phrases if one.variant == variant]
            _show_variant(reply, chosen, f"{key}-v{variant}")


def _show_variant(reply: Reply, phrases: list[Phrase], key: str) -> None:
    for number, one in enumerate(phrases):
        with st.container(horizontal=True, gap="xsmall", key=f"line-{key}-say{number}"):
            st.code(one.text, language=None, wrap_lines=True)
            _show_citations(reply, (one.citation,), f"{key}-say{number}")


def _show_prohibitions(reply: Reply, prohibitions: list[Guidance], key: str) -> None:
    if not prohibitions:
        return
    show(word("card.avoid"), "label", "h3")
    for number, one in enumerate(prohibitions):
        _show_line(reply, one.text, "item coach-avoid", (one.citation,), f"{key}-avoid{number}")


def _show_line(reply: Reply, words: str, style: str, citations: tuple[int, ...], key: str) -> None:
    with st.container(horizontal=True, gap="xsmall", key=f"line-{key}"):
        show(words, style, narrow=True)
        _show_citations(reply, citations, key)


def _show_citations(reply: Reply, numbers: tuple[int, ...], key: str) -> None:
    for number in numbers:
        citation = reply.citation(number)
        st.button(
            word("card.cite", number=number),
            key=f"cite-{key}-{number}",
            help=word("card.cite_help", section=citation.section),
            type="tertiary",
            on_click=session.open_source,
            args=(citation, int(key.split("-")[0])),
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
    if reply.refusal:
        show(text(f"refusal.{reply.refusal}"), "title", "h2")
    else:
        show(word("unsure.title"), "title", "h2")
    if reply.refusal and reply.choices:
        show(word("refusal.nearest"), "label")
    for choice in reply.choices:
        st.button(
            choice.title,
            key=f"choice-{turn}-{choice.id}",
            width="stretch",
            on_click=pick,
            args=(reply, choice),
        )
