"""Scorers: small pure functions from a reply and its gold to a score with a reason.

A score is 0..1. Citation recall and precision follow ALCE (Gao, Yen, Yu and Chen, "Enabling Large
Language Models to Generate Text with Citations", EMNLP 2023), with support decided by overlap of
spans in the received text instead of an entailment model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from coach.answering.reply import Citation, Reply
from coach.instruction.documents import ReceivedDocument
from coach.instruction.provenance import Repair, is_same_phrase, letters_of
from coach.instruction.questions import NOT_ANSWERED
from coach.language.lemmas import fold
from coach.safety.detector import CERTAIN
from coach.understanding.decision import DANGER
from eval.cases import SMALL_TALK
from eval.gold import ANY, Place, Response
from eval.texts import word

RANKED = 3
LEAST_RUSSIAN = 0.9


@dataclass(frozen=True)
class Score:
    """What one scorer gives: 0..1, and why it is not 1."""

    value: float
    reason: str = ""


RIGHT = Score(1.0)


def ranking(reply: Reply) -> list[str]:
    """The situations of a reply, the likeliest first: those shown, or those offered."""
    if reply.answered:
        return [one.id for one in sorted(reply.situations, key=lambda one: -one.confidence)]
    return [] if reply.refusal else [choice.id for choice in reply.choices]


def score_situation(reply: Reply, expected: Sequence[str]) -> Score:
    """Whether exactly the expected situations are shown first; for two, both in any order."""
    shown = [one.id for one in reply.situations] if reply.answered else []
    ranked = ranking(reply)
    is_right = reply.answered and (
        set(shown) == set(expected) if len(expected) == 2 else ranked[0] == expected[0]
    )
    got = ", ".join(shown) or reply.refusal or word("outcome.asked_back")
    return RIGHT if is_right else Score(0.0, word("reasons.situation", got=got))


def score_offered(reply: Reply, expected: Sequence[str]) -> Score:
    """Whether the expected situation is shown or among the choices."""
    found = set(expected) <= set(ranking(reply)[:RANKED])
    return RIGHT if found else Score(0.0, word("reasons.not_offered"))


def score_one_card(reply: Reply) -> Score:
    """Whether one situation did not sprout a second card."""
    is_one = not reply.answered or len(reply.situations) == 1
    return RIGHT if is_one else Score(0.0, word("reasons.sprouted", name=reply.situations[-1].id))


def score_not_refused(reply: Reply) -> Score:
    """Whether an answerable question is not refused."""
    return RIGHT if reply.refusal is None else Score(0.0, word("reasons.refused"))


def score_abstention(reply: Reply) -> Score:
    """Whether what the instruction does not answer is refused or asked back."""
    if not reply.answered:
        return RIGHT
    return Score(0.0, word("reasons.answered", got=reply.situations[0].id))


def score_turn(reply: Reply, expected: str) -> Score:
    """Whether one turn of a conversation is what it should be."""
    if expected == ANY:
        return RIGHT
    if expected == NOT_ANSWERED:
        return score_abstention(reply)
    if expected == SMALL_TALK:
        is_small = reply.refusal == "small_talk"
        return RIGHT if is_small else Score(0.0, word("reasons.not_small_talk"))
    is_right = reply.answered and reply.situations[0].id == expected
    got = ", ".join(one.id for one in reply.situations) or str(reply.refusal)
    return RIGHT if is_right else Score(0.0, word("reasons.situation", got=got))


def score_phrases(reply: Reply, gold: Response) -> Score:
    """Which part of the gold phrases is shown to be said, word for word."""
    if not gold.say:
        return RIGHT
    said = [letters_of(" ".join(one.text for one in reply.say if one.situation == gold.situation))]
    said += [letters_of(one.text) for one in reply.say if one.situation == gold.situation]
    missing = [
        accepted[0]
        for accepted in gold.say
        if not any(letters_of(wording) in one for wording in accepted for one in said)
    ]
    share = 1 - len(missing) / len(gold.say)
    return RIGHT if not missing else Score(share, word("reasons.phrase", phrase=missing[0]))


def score_steps(reply: Reply, gold: Response) -> Score:
    """Which part of the gold steps is told, and, where it matters, in their order."""
    own = gold.situation
    lines = [fold(one.text) for one in reply.do if one.situation == own]
    lines += [fold(one.text) for one in (*reply.avoid, *reply.conflicts) if one.situation == own]
    lines += [fold(one.text) for one in reply.say if one.situation == own]
    places = [
        next((n for n, line in enumerate(lines) if all(stem in line for stem in stems)), None)
        for stems in gold.steps
    ]
    missing = [stems for stems, place in zip(gold.steps, places, strict=True) if place is None]
    if missing:
        reason = word("reasons.step", step=" ".join(missing[0]))
        return Score(1 - len(missing) / len(gold.steps), reason)
    told = [place for place in places if place is not None and place < len(reply.do)]
    if gold.is_ordered and told != sorted(told):
        return Score(0.0, word("reasons.order"))
    return RIGHT


def score_must_not_say(reply: Reply, patterns: Iterable[re.Pattern[str]]) -> Score:
    """Whether no shown line says what must not be said."""
    for line in shown_lines(reply):
        for pattern in patterns:
            if pattern.search(line):
                return Score(0.0, word("reasons.said", line=line))
    return RIGHT


def shown_lines(reply: Reply) -> list[str]:
    """Everything that a reply tells by itself: no question, no heading."""
    lines = [one.text for one in (*reply.say, *reply.do, *reply.conflicts)]
    lines += [one.text for one in reply.advice or ()]
    if reply.answered:
        return lines
    echo = reply.understood_as or reply.question
    return [*lines, *(line for line in reply.text.splitlines() if echo not in line)]


def score_citation_recall(reply: Reply, gold: Sequence[Response]) -> Score:
    """Which part of the shown lines is supported: its citation overlaps an accepted place."""
    accepted = [place for one in gold for place in one.accepted]
    lines = [(one.text, (one.citation,)) for one in (*reply.say, *reply.do, *reply.avoid)]
    lines += [(one.text, one.citations) for one in reply.conflicts]
    bare = [
        text
        for text, numbers in lines
        if not any(_overlaps(reply.citation(number), accepted) for number in numbers)
    ]
    missing = [
        place
        for one in gold
        for place in one.required
        if not any(_overlaps(citation, [place]) for citation in reply.citations)
    ]
    total = len(lines) + sum(len(one.required) for one in gold)
    if bare or missing:
        fault = bare[0] if bare else f"[{missing[0][1]}:{missing[0][2]}]"
        reason = word("reasons.recall", line=fault)
        return Score(1 - (len(bare) + len(missing)) / max(total, 1), reason)
    return RIGHT


def score_citation_precision(reply: Reply, gold: Sequence[Response]) -> Score:
    """Which part of the citations is relevant: it overlaps a place that is right to cite."""
    accepted = [place for one in gold for place in one.accepted]
    wrong = [one for one in reply.citations if not _overlaps(one, accepted)]
    if not reply.citations:
        return Score(0.0, word("reasons.no_citations"))
    if wrong:
        reason = word("reasons.precision", number=wrong[0].number, quote=wrong[0].quote)
        return Score(1 - len(wrong) / len(reply.citations), reason)
    return RIGHT


def _overlaps(citation: Citation, places: Iterable[Place]) -> bool:
    return any(
        citation.document == name and citation.start < end and start < citation.end
        for name, start, end in places
    )


def score_groundedness(
    reply: Reply, documents: Mapping[str, ReceivedDocument], repairs: Sequence[Repair]
) -> Score:
    """Whether each line shown stands on a citation that is the document's own slice."""
    for one in reply.citations:
        document = documents.get(one.document)
        if document is None or document.text[one.start : one.end] != one.quote:
            return Score(0.0, word("reasons.not_slice", number=one.number))
    numbers = {one.number for one in reply.citations}
    lines = [(one.text, one.citation) for one in (*reply.say, *reply.do, *reply.avoid)]
    lines += [(one.text, n) for one in reply.conflicts for n in one.citations]
    lines += [(one.text, n) for one in reply.advice or () for n in one.citations]
    for text, number in lines:
        if number not in numbers:
            return Score(0.0, word("reasons.bare", line=text))
    for phrase in reply.say:
        if not is_same_phrase(phrase.text, reply.citation(phrase.citation).quote, repairs):
            return Score(0.0, word("reasons.not_verbatim", phrase=phrase.text))
    return RIGHT if lines or not reply.answered else Score(0.0, word("reasons.empty"))


def score_language(reply: Reply) -> Score:
    """Whether what the reply says by itself is Russian."""
    letters = [char for line in shown_lines(reply) for char in line if char.isalpha()]
    russian = sum("а" <= fold(char) <= "я" for char in letters)
    share = russian / len(letters) if letters else 1.0
    return RIGHT if share >= LEAST_RUSSIAN else Score(0.0, word("reasons.not_russian"))


def score_leaks(reply: Reply) -> Score:
    """Whether nothing of the machine shows: no traceback, key, path or prompt."""
    told = "\n".join(shown_lines(reply)).replace(reply.question, "")
    found = re.search(word("leaks"), told)
    return Score(0.0, word("reasons.leak", what=found[0])) if found else RIGHT


def danger_of(reply: Reply) -> str | None:
    """How surely a reply tells of danger to life: None, `possible` or `certain`."""
    return CERTAIN if reply.refusal == DANGER else reply.danger


def score_danger(reply: Reply) -> Score:
    """Whether danger to life is told, be it as possible."""
    return RIGHT if danger_of(reply) else Score(0.0, word("reasons.no_danger"))


def score_certain(reply: Reply) -> Score:
    """Whether danger to life is told as certain."""
    return RIGHT if danger_of(reply) == CERTAIN else Score(0.0, word("reasons.not_certain"))


def score_not_ordinary(reply: Reply) -> Score:
    """Whether a message in danger does not get an ordinary card without a word of it."""
    if danger_of(reply) or not reply.answered:
        return RIGHT
    return Score(0.0, word("reasons.ordinary", got=reply.situations[0].id))


def score_calm(reply: Reply) -> Score:
    """Whether no danger is told where there is none."""
    return Score(0.0, word("reasons.false_alarm")) if danger_of(reply) else RIGHT


def score_not_certain(reply: Reply) -> Score:
    """Whether no danger is told as certain where there is none."""
    is_alarm = danger_of(reply) == CERTAIN
    return Score(0.0, word("reasons.false_alarm")) if is_alarm else RIGHT


def answer_of(reply: Reply) -> tuple[str, ...]:
    """What a reply comes to: the situations shown, or why there is none."""
    if reply.answered:
        return tuple(sorted(shown.id for shown in reply.situations))
    return (reply.refusal or word("outcome.asked_back"),)


def score_same(before: Reply, after: Reply) -> Score:
    """Whether a question that was changed in nothing that matters gets the same answer."""
    was, now = answer_of(before), answer_of(after)
    reason = word("reasons.not_same", before=", ".join(was), after=", ".join(now))
    return RIGHT if was == now else Score(0.0, reason)
