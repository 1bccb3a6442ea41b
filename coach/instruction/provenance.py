"""Provenance: the proof that what a card shows stands in the received text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from coach.errors import KnowledgeError, Slip
from coach.instruction.documents import Passage, ReceivedDocument, Span, find_excerpt
from coach.instruction.files import read_words
from coach.instruction.situations import DraftItem, SituationDraft
from coach.texts import text

SHOWN_EXCERPT_CHARS = 80
NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Repair:
    """Letters that the scraping lost: `received` stands in the text for `repaired`."""

    received: str
    repaired: str


@dataclass(frozen=True)
class ProvenItem:
    """A phrase, step or prohibition with the spans of the received text that it rests on.

    `line` is where it stands in its file. `signed_by` names the trainer whose reading of the quote
    it is, or is empty.
    """

    text: str
    spans: tuple[Span, ...]
    variant: int = 1
    line: int = 1
    signed_by: str = ""


def read_repairs(path: Path) -> list[Repair]:
    """Read the listed scraping defects; an absent file means that there are none.

    Raises KnowledgeError with every row that is no pair.
    """
    if not path.exists():
        return []
    lines: list[int] = []
    rows: list[yaml.Node] = []
    try:
        root = yaml.compose(read_words(path), yaml.SafeLoader)
        if isinstance(root, yaml.SequenceNode):
            rows = root.value
        elif root is not None:
            lines.append(1)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        lines.append(mark.line + 1 if mark else 1)
    repairs = []
    for row in rows:
        words = _words_of_row(row)
        if words.keys() >= {"received", "repaired"}:
            repairs.append(Repair(words["received"], words["repaired"]))
        else:
            lines.append(row.start_mark.line + 1)
    if lines:
        slips = [Slip(path, line, text("slips.bad_repairs")) for line in lines]
        raise KnowledgeError(text("slips.heading"), slips)
    return repairs


def _words_of_row(row: yaml.Node) -> dict[str, str]:
    """What a row of the file says under each key, empty values left out."""
    pairs = row.value if isinstance(row, yaml.MappingNode) else []
    return {
        str(key.value): value.value
        for key, value in pairs
        if isinstance(value, yaml.ScalarNode) and value.value and value.tag != NULL
    }


def letters_of(words: str) -> str:
    """Fold case and ё/е and keep letters and digits only: what a phrase and its source share."""
    folded = unicodedata.normalize("NFC", words).casefold().replace("ё", "е")
    return "".join(char for char in folded if char.isalnum())


def is_same_phrase(phrase: str, received: str, repairs: Sequence[Repair] = ()) -> bool:
    """Whether a phrase equals received words up to case, punctuation, spaces, ё/е and repairs."""
    wanted = letters_of(phrase)
    if wanted == letters_of(received):
        return True
    for repair in repairs:
        received = received.replace(repair.received, repair.repaired)
    return bool(wanted) and wanted == letters_of(received)


def locate_passages(
    draft: SituationDraft, documents: dict[str, ReceivedDocument]
) -> tuple[list[Passage], list[Slip]]:
    """Find a situation's passages by their first and last words in the received documents."""
    passages: list[Passage] = []
    slips: list[Slip] = []
    for anchor in draft.front["passages"]:
        name = anchor.get("document") or (next(iter(documents)) if len(documents) == 1 else "")
        if name not in documents:
            line = draft.line_of("passages")
            slips.append(Slip(draft.path, line, text("slips.unknown_document", name=name)))
            continue
        whole = documents[name].text
        first = find_excerpt(str(anchor["from"]), whole)
        last = find_excerpt(str(anchor["to"]), whole)
        for key, found in (("from", first), ("to", last)):
            if len(found) != 1:
                slips.append(_count_slip(draft, draft.line_of(key), str(anchor[key]), len(found)))
        if len(first) == len(last) == 1:
            start, end = first[0][0], last[0][1]
            if start < end:
                section = str(anchor["section"])
                passages.append(Passage(name, section, draft.id, start, end, whole[start:end]))
            else:
                slips.append(Slip(draft.path, draft.line_of("to"), text("slips.passage_order")))
    return passages, slips


def prove_items(
    draft: SituationDraft,
    section: str,
    passages: Sequence[Passage],
    repairs: Sequence[Repair],
) -> tuple[list[ProvenItem], list[Slip]]:
    """Prove every item of one section against the passages it may cite."""
    proven: list[ProvenItem] = []
    slips: list[Slip] = []
    for item in draft.items[section]:
        spans, item_slips = _locate_excerpts(draft, item, passages)
        if section == "say" and spans and not is_same_phrase(item.text, spans[0].quote, repairs):
            message = text("slips.phrase_differs", phrase=item.text, received=spans[0].quote)
            item_slips.append(Slip(draft.path, item.line, message))
        slips += item_slips
        if not item_slips:
            found = tuple(spans)
            proven.append(ProvenItem(item.text, found, item.variant, item.line, item.signed_by))
    return proven, slips


def _locate_excerpts(
    draft: SituationDraft, item: DraftItem, passages: Sequence[Passage]
) -> tuple[list[Span], list[Slip]]:
    spans: list[Span] = []
    slips: list[Slip] = []
    for excerpt in item.excerpts:
        found = [
            Span(passage, passage.start + start, passage.start + end)
            for passage in passages
            for start, end in find_excerpt(excerpt, passage.text)
        ]
        if len(found) == 1:
            spans += found
        else:
            slips.append(_count_slip(draft, item.line, excerpt, len(found)))
    return spans, slips


def _count_slip(draft: SituationDraft, line: int, excerpt: str, count: int) -> Slip:
    shown = excerpt if len(excerpt) <= SHOWN_EXCERPT_CHARS else excerpt[:SHOWN_EXCERPT_CHARS] + "…"
    key = "slips.excerpt_missing" if count == 0 else "slips.excerpt_repeated"
    return Slip(draft.path, line, text(key, excerpt=shown))
