"""Answers that the knowledge has left behind: a line they showed is not what it says today."""

from __future__ import annotations

from coach.answering.reply import Conflict, Guidance, Phrase, Reply
from coach.instruction.knowledge import Knowledge, Situation


def is_stale(reply: Reply, knowledge: Knowledge) -> bool:
    """Whether a kept answer shows a line or a quote that the knowledge no longer holds.

    An answer without a card is never stale: it showed no line.
    """
    if reply.knowledge_version == knowledge.version:
        return False
    shown: list[Phrase | Guidance | Conflict] = [
        *reply.say,
        *reply.do,
        *reply.avoid,
        *reply.conflicts,
    ]
    lines = {name: lines_of(one) for name, one in knowledge.situations.items()}
    if any(one.text not in lines.get(one.situation, ()) for one in shown):
        return True
    texts = {name: one.text for name, one in knowledge.documents.items()}
    return any(one.quote not in texts.get(one.document, "") for one in reply.citations)


def lines_of(situation: Situation) -> set[str]:
    """Every line that a situation's card may show."""
    return {
        item.text
        for items in (situation.say, situation.do, situation.avoid, situation.conflicts)
        for item in items
    }
