"""What is hidden of an answer before it is kept."""

from __future__ import annotations

from dataclasses import replace

from coach.answering.card import write_text
from coach.answering.reply import Reply
from coach.privacy.masking import mask


def hide_private(reply: Reply) -> Reply:
    """A reply whose words of people and of models hold placeholders instead of private data."""
    advice, dropped = reply.advice or (), reply.dropped
    said = [*(one.text for one in advice), *(one.text for one in dropped)]
    question, understood, *rest = mask([reply.question, reply.understood_as or "", *said])
    told = iter(one.text for one in rest)
    hidden_advice = tuple(replace(one, text=next(told)) for one in advice)
    hidden = replace(
        reply,
        question=question.text,
        understood_as=understood.text if reply.understood_as else None,
        advice=None if reply.advice is None else hidden_advice,
        dropped=tuple(replace(one, text=next(told)) for one in dropped),
    )
    return replace(hidden, text=write_text(hidden))
