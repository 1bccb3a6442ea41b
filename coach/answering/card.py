"""The card: situations turned into a reply of proven quotes, and a refusal that helps."""

from __future__ import annotations

from dataclasses import replace

from coach.answering.reply import (
    Choice,
    Citation,
    Conflict,
    Emergency,
    Evidence,
    Guidance,
    Phrase,
    Reply,
    ShownSituation,
)
from coach.instruction.documents import Span
from coach.instruction.knowledge import Knowledge
from coach.safety.detector import CERTAIN, Danger
from coach.texts import text
from coach.understanding.decision import DANGER, Decision

NO_DANGER = Danger(None)


class CitationList:
    """Numbers the places of one reply from 1, each place once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.citations: list[Citation] = []

    def number_of(self, span: Span) -> int:
        """Return the number of a span, adding it when it is new."""
        key = (span.passage.document, span.start, span.end)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers) + 1
            passage = span.passage
            self.citations.append(
                Citation(
                    self._numbers[key],
                    passage.document,
                    passage.section,
                    span.quote,
                    span.start,
                    span.end,
                )
            )
        return self._numbers[key]


def build_reply(
    question: str,
    understood_as: str | None,
    decision: Decision,
    knowledge: Knowledge,
    danger: Danger = NO_DANGER,
) -> Reply:
    """Turn a decision into the reply that is shown at once, without any model.

    Of two situations the more urgent comes first. Certain danger takes the screen: of cards only
    the operator's own stands under it.
    """
    if danger.level == CERTAIN:
        decision = _make_room(decision, danger, knowledge)
    confidences = dict(decision.situations)
    grounds = {one.situation: one for one in decision.grounds}
    shown = sorted((knowledge.situations[name] for name in confidences), key=lambda s: s.urgency)
    situations = tuple(
        ShownSituation(one.id, one.title, one.kind, round(confidences[one.id], 4)) for one in shown
    )
    choices = tuple(Choice(name, knowledge.situations[name].title) for name in decision.choices)
    places = CitationList()
    say: list[Phrase] = []
    do: list[Guidance] = []
    avoid: list[Guidance] = []
    conflicts: list[Conflict] = []
    for one in shown if decision.answered else ():
        say += [Phrase(i.text, i.variant, places.number_of(i.spans[0]), one.id) for i in one.say]
        do += [Guidance(i.text, places.number_of(i.spans[0]), one.id) for i in one.do]
        avoid += [Guidance(i.text, places.number_of(i.spans[0]), one.id) for i in one.avoid]
        conflicts += [
            Conflict(i.text, tuple(map(places.number_of, i.spans)), one.id) for i in one.conflicts
        ]
    reply = Reply(
        question=question,
        understood_as=understood_as,
        answered=decision.answered,
        situations=situations,
        evidence=tuple(
            Evidence(one.id, grounds[one.id].words, grounds[one.id].questions)
            for one in shown
            if one.id in grounds
        ),
        say=tuple(say),
        do=tuple(do),
        avoid=tuple(avoid),
        conflicts=tuple(conflicts),
        text="",
        citations=tuple(places.citations),
        choices=choices,
        refusal=decision.refusal,
        model=None,
        advice=None,
        dropped=(),
        knowledge_version=knowledge.version,
        elapsed_ms=0.0,
        danger=danger.level,
        emergency=_emergency(knowledge, danger.level, decision) if danger.level else None,
    )
    return replace(reply, text=write_text(reply))


def _make_room(decision: Decision, danger: Danger, knowledge: Knowledge) -> Decision:
    """Refuse with danger; the card of the operator's own emergency stays or is put there."""
    cards = set(knowledge.danger.response.own_cards.values())
    shown = tuple(pair for pair in decision.situations if pair[0] in cards and decision.answered)
    if not shown and danger.own_card in knowledge.situations:
        shown = ((str(danger.own_card), danger.probability),)
    nearest = decision.choices or tuple(name for name, _ in decision.situations)
    choices = () if shown else nearest
    return replace(
        decision, answered=bool(shown), situations=shown, choices=choices, refusal=DANGER
    )


def _emergency(knowledge: Knowledge, level: str, decision: Decision) -> Emergency:
    """What to do; that the instruction says nothing is left out above the operator's own card."""
    response = knowledge.danger.response
    if level == CERTAIN:
        note = "" if decision.answered else response.note
        return Emergency(response.number, response.headline, note, response.lines)
    return Emergency(response.number, response.banner, "", response.lines)


def write_text(reply: Reply) -> str:
    """Write a reply as the plain text that a person reads in a terminal."""
    lines: list[str] = []
    if reply.emergency and not reply.danger_dismissed:
        told = (reply.emergency.headline, reply.emergency.note, *reply.emergency.lines)
        lines += [line for line in told if line]
        if reply.answered or reply.refusal != DANGER:
            lines.append("")
    if reply.understood_as:
        lines.append(text("card.understood_as", words=reply.understood_as))
    if not reply.answered:
        return "\n".join([*lines, _write_refusal(reply)])
    for situation in reply.situations:
        lines += [*([""] if lines else []), *_write_situation(reply, situation)]
    lines += ["", text("card.sources")]
    lines += [
        f"[{one.number}] {one.section}: «{' '.join(one.quote.split())}»" for one in reply.citations
    ]
    return "\n".join(lines)


def _write_situation(reply: Reply, situation: ShownSituation) -> list[str]:
    lines = [text("card.situation", title=situation.title)]
    say = [one for one in reply.say if one.situation == situation.id]
    variants = sorted({one.variant for one in say})
    if not say and situation.kind == "situation":
        lines += ["", text("card.no_phrase")]
    for variant in variants:
        key = "card.say" if len(variants) == 1 else "card.say_variant"
        lines += ["", text(key, variant=variant)]
        lines += [f"«{one.text}» [{one.citation}]" for one in say if one.variant == variant]
    steps = [one for one in reply.do if one.situation == situation.id]
    if steps:
        lines += ["", text("card.do_topic" if situation.kind == "topic" else "card.do")]
        lines += [f"{n}. {one.text} [{one.citation}]" for n, one in enumerate(steps, 1)]
    avoid = [one for one in reply.avoid if one.situation == situation.id]
    if avoid:
        lines += ["", text("card.avoid")]
        lines += [f"✗ {one.text} [{one.citation}]" for one in avoid]
    for one in reply.conflicts:
        if one.situation == situation.id:
            numbers = " ".join(f"[{number}]" for number in one.citations)
            lines += ["", f"{text('card.conflict')} {one.text} {numbers}"]
    return lines


def _write_refusal(reply: Reply) -> str:
    lines = [] if reply.refusal == DANGER else [text(f"refusal.{reply.refusal or 'unsure'}")]
    if reply.choices:
        if reply.refusal:
            lines += ["", text("refusal.nearest")]
        lines += [f"{n}. {choice.title}" for n, choice in enumerate(reply.choices, 1)]
    return "\n".join(lines)
