"""The card: situations turned into a reply of proven quotes, and a refusal that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from coach.answering.directness import DIRECT, Directness
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
from coach.instruction.knowledge import Knowledge, Situation
from coach.instruction.provenance import ProvenItem
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
    directness: Mapping[str, Directness] | None = None,
) -> Reply:
    """Turn a decision into the reply that is shown at once, without any model.

    Of two situations the more urgent comes first. Certain danger takes the screen: of cards only
    the operator's own stands under it. `directness` tells of each situation whether its card
    answers the question; one that it does not tell of answers.
    """
    if danger.level == CERTAIN:
        decision = _make_room(decision, danger, knowledge)
    found = {**dict.fromkeys(dict(decision.situations), DIRECT), **(directness or {})}
    confidences = dict(decision.situations)
    grounds = {one.situation: one for one in decision.grounds}
    shown = sorted((knowledge.situations[name] for name in confidences), key=lambda s: s.urgency)
    situations = tuple(
        ShownSituation(
            one.id,
            one.title,
            one.kind,
            round(confidences[one.id], 4),
            _write_lead(one) if decision.answered and not found[one.id].is_direct else None,
        )
        for one in shown
    )
    choices = tuple(Choice(name, knowledge.situations[name].title) for name in decision.choices)
    places = CitationList()
    say: list[Phrase] = []
    do: list[Guidance] = []
    avoid: list[Guidance] = []
    conflicts: list[Conflict] = []
    for one in shown if decision.answered else ():
        say += [Phrase(i.text, i.variant, places.number_of(i.spans[0]), one.id) for i in one.say]
        do += _guide(one.do, one.id, places, found[one.id].lines)
        avoid += _guide(one.avoid, one.id, places, found[one.id].lines)
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
        direct=not situations or any(one.lead is None for one in situations),
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


def _guide(
    items: Sequence[ProvenItem], situation: str, places: CitationList, answers: Sequence[str]
) -> list[Guidance]:
    """The lines of one section, those that answer the question first."""
    ordered = sorted(items, key=lambda item: item.text not in answers)
    return [
        Guidance(
            item.text,
            places.number_of(item.spans[0]),
            situation,
            item.signed_by or None,
            item.text in answers,
        )
        for item in ordered
    ]


def _write_lead(situation: Situation) -> str:
    if not situation.about:
        return text("card.not_direct", title=situation.title)
    is_vowel = situation.about[0].lower() in text("card.about_vowels")
    key = "card.not_direct_about_vowel" if is_vowel else "card.not_direct_about"
    return text(key, about=situation.about)


def write_line(line: Guidance) -> str:
    """A step or prohibition as it is read: the answer is marked, and whose reading it is told."""
    words = text("card.answer", line=line.text) if line.answers else line.text
    return text("card.reading", line=words, trainer=line.reading) if line.reading else words


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
    lines += ["", situation.lead] if situation.lead else []
    say = [one for one in reply.say if one.situation == situation.id]
    variants = sorted({one.variant for one in say})
    if not say and situation.kind == "situation":
        lines += ["", text("card.no_phrase")]
    for variant in variants:
        key = "card.say" if len(variants) == 1 else "card.say_variant"
        lines += ["", text(key, variant=variant)]
        lines += [f"«{one.text}» [{one.citation}]" for one in say if one.variant == variant]
    for section, guidance in guidance_of(reply, situation):
        if not (situation.lead and section == "do_topic"):  # the lead is its heading
            lines += ["", text(f"card.{section}")]
        for number, one in enumerate(guidance, 1):
            sign = "✗" if section == "avoid" else f"{number}."
            lines.append(f"{sign} {write_line(one)} [{one.citation}]")
    for conflict in reply.conflicts:
        if conflict.situation == situation.id:
            numbers = " ".join(f"[{number}]" for number in conflict.citations)
            lines += ["", f"{text('card.conflict')} {conflict.text} {numbers}"]
    return lines


def guidance_of(reply: Reply, situation: ShownSituation) -> list[tuple[str, list[Guidance]]]:
    """The sections of a card below its phrases, by name: the one that answers stands first."""
    steps = [one for one in reply.do if one.situation == situation.id]
    avoid = [one for one in reply.avoid if one.situation == situation.id]
    heading = "do_topic" if situation.kind == "topic" else "do"
    sections = [(name, lines) for name, lines in ((heading, steps), ("avoid", avoid)) if lines]
    return sorted(sections, key=lambda section: not any(line.answers for line in section[1]))


def _write_refusal(reply: Reply) -> str:
    lines = [] if reply.refusal == DANGER else [text(f"refusal.{reply.refusal or 'unsure'}")]
    if reply.choices:
        if reply.refusal:
            lines += ["", text("refusal.nearest")]
        lines += [f"{n}. {choice.title}" for n, choice in enumerate(reply.choices, 1)]
    return "\n".join(lines)
