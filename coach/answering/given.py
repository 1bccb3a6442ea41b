"""What a model is given: the citations of a card as sources that its sentences are held against."""

from __future__ import annotations

from collections import defaultdict

from coach.answering.reply import Reply
from coach.instruction.knowledge import Knowledge
from coach.proving.sources import AVOID, DO, QUOTE, SAY, SECTION, Line, Source
from coach.texts import text

TOPIC = "topic"


def given_sources(reply: Reply, knowledge: Knowledge) -> list[Source]:
    """The citations of an answered reply, each with the card's lines that rest on it."""
    lines: dict[int, list[Line]] = defaultdict(list)
    owners: dict[int, str] = {}
    for phrase in reply.say:
        lines[phrase.citation].append(Line(SAY, phrase.text))
        owners[phrase.citation] = phrase.situation
        if any(one.variant != phrase.variant for one in reply.say):
            lines[phrase.citation].append(Line(DO, _name_variant(phrase.variant)))
    for kind, items in ((DO, reply.do), (AVOID, reply.avoid)):
        for item in items:
            lines[item.citation].append(Line(kind, item.text))
            owners[item.citation] = item.situation
    for conflict in reply.conflicts:
        for number in conflict.citations:
            lines[number].append(Line(DO, conflict.text, frozenset(conflict.citations)))
            owners.setdefault(number, conflict.situation)
    sources = []
    for one in reply.citations:
        situation = knowledge.situations[owners[one.number]]
        is_topic = situation.kind == TOPIC
        own = [Line(QUOTE, one.quote), *lines[one.number]]
        is_disputed = any(one.number in conflict.citations for conflict in reply.conflicts)
        own += [Line(SECTION, one.section)] if is_disputed else []
        context = (situation.title, *(sign.text for sign in situation.when))
        sources.append(Source(one.number, one.start, tuple(own), context, is_topic))
    return sources


def _name_variant(number: int) -> str:
    ordinals = dict(enumerate(text("given.ordinals").split(), 1))
    return text("given.variant", number=ordinals.get(number, number))
