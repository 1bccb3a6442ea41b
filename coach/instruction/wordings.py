"""Wordings: the steps and prohibitions of a card, each held against its own quote."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from coach.errors import Slip
from coach.instruction.documents import Span
from coach.instruction.provenance import ProvenItem, Repair
from coach.instruction.situations import TOPIC, SituationDraft
from coach.proving.sentences import word_list
from coach.proving.sources import AVOID, DO
from coach.proving.thesaurus import Thesaurus
from coach.proving.wording import Wording, WordingProof, is_speech
from coach.texts import text

OPENING = "|".join(sorted(word.capitalize() for word in word_list("condition")))
SENTENCE_END = re.compile(rf"[.!?…]+\s*|\s+(?=(?:{OPENING})\b)")  # the text has lost full stops

Groups = tuple[tuple[str, ...], ...]


@lru_cache(maxsize=1)
def wording_proof(groups: Groups) -> WordingProof:
    """The proof with these groups of the thesaurus; the last one is kept with its verdicts."""
    return WordingProof(Thesaurus(groups))


def check_wordings(
    draft: SituationDraft,
    located: Mapping[str, Sequence[ProvenItem]],
    repairs: Sequence[Repair],
    proof: WordingProof,
) -> list[Slip]:
    """Return a slip for each step or prohibition that neither its quote proves nor anybody signs.

    `located` are the items of each section, whose quotes stand in the passages.
    """
    slips = []
    for kind in (DO, AVOID):
        unsigned = [item for item in located[kind] if not item.signed_by]
        for item in unsigned:
            verdict = proof.prove(_wording(kind, item, draft, located, repairs))
            if verdict.reason:
                why = text(f"slips.wording.{verdict.reason}", detail=verdict.detail)
                slips.append(_slip(draft, item, why))
    if draft.front.get("kind") != TOPIC:
        early = _out_of_order(located[DO])
        slips += [_slip(draft, item, text("slips.wording.steps")) for item in early]
    return slips


def _slip(draft: SituationDraft, item: ProvenItem, why: str) -> Slip:
    quote = " ".join(item.spans[0].quote.split())
    return Slip(draft.path, item.line, text("slips.unproven", why=why, quote=quote))


def _out_of_order(steps: Sequence[ProvenItem]) -> Iterator[ProvenItem]:
    """The unsigned steps whose quote the instruction gives before that of an earlier step."""
    reached: dict[str, int] = {}
    for step in steps:
        span = step.spans[0]
        document = span.passage.document
        if not step.signed_by and span.start < reached.get(document, 0):
            yield step
        reached[document] = max(reached.get(document, 0), span.start)


def _wording(
    kind: str,
    item: ProvenItem,
    draft: SituationDraft,
    located: Mapping[str, Sequence[ProvenItem]],
    repairs: Sequence[Repair],
) -> Wording:
    """A line with what its proof looks at, the listed scraping defects mended."""
    span = item.spans[0]
    quote = _repair(span.quote, repairs)
    phrases = [phrase for phrase in located["say"] if _holds(span, phrase.spans[0])]
    is_said = any(_holds(phrase.spans[0], span) for phrase in located["say"])
    return Wording(
        kind,
        item.text,
        quote,
        sentence=_repair(_sentence_around(span), repairs),
        phrases=tuple(phrase.text for phrase in phrases),
        signs=(str(draft.front["title"]), *(sign.text for sign in located["when"])),
        is_topic=draft.front.get("kind") == TOPIC,
        is_spoken=is_said or (not phrases and is_speech(quote)),
    )


def _holds(whole: Span, part: Span) -> bool:
    is_same = whole.passage.document == part.passage.document
    return is_same and whole.start <= part.start and part.end <= whole.end


def _repair(received: str, repairs: Sequence[Repair]) -> str:
    for repair in repairs:
        received = re.sub(rf"\b{re.escape(repair.received)}\b", repair.repaired, received)
    return received


def _sentence_around(span: Span) -> str:
    """The received sentence, or sentences, that a span stands in."""
    whole, offset = span.passage.text, span.passage.start
    ends = [found.end() for found in SENTENCE_END.finditer(whole)]
    start = max((end for end in ends if end <= span.start - offset), default=0)
    end = min((end for end in ends if end >= span.end - offset), default=len(whole))
    return whole[start:end]
