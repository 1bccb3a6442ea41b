"""What is hidden of an answer before it is kept."""

from __future__ import annotations

from dataclasses import replace

from coach.answering.card import write_text
from coach.answering.reply import DroppedSentence, Reply
from coach.language.lemmas import lemmas_of, words_of
from coach.language.repair import shorten
from coach.privacy.masking import mask, strip_placeholders


def hide_private(reply: Reply) -> Reply:
    """A reply whose words of people and of models hold placeholders instead of private data.

    Of a very long question what was read is kept.
    """
    advice, dropped = reply.advice or (), reply.dropped
    said = [*(one.text for one in advice), *(one.text for one in dropped)]
    question, understood, *rest = mask([shorten(reply.question), reply.understood_as or "", *said])
    told = iter(one.text for one in rest)
    left = _words_left(f"{question.text} {understood.text}")
    hidden_advice = tuple(replace(one, text=next(told)) for one in advice)
    hidden = replace(
        reply,
        question=question.text,
        understood_as=understood.text if reply.understood_as else None,
        evidence=tuple(
            replace(one, words=tuple(word for word in one.words if word in left))
            for one in reply.evidence
        ),
        advice=None if reply.advice is None else hidden_advice,
        dropped=tuple(_hide_dropped(one, next(told)) for one in dropped),
    )
    return replace(hidden, text=write_text(hidden))


def _hide_dropped(one: DroppedSentence, masked: str) -> DroppedSentence:
    is_left = _words_left(one.detail) <= _words_left(masked)
    return replace(one, text=masked, detail=one.detail if is_left else "")


def _words_left(masked: str) -> set[str]:
    """The words of a masked text that are nobody's own, and their lemmas."""
    words = strip_placeholders(masked)
    return {*words_of(words), *lemmas_of(words)}
