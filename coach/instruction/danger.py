"""Danger to life as trainers describe it: example messages, signs, and what to say and do.

The folder `danger/` of the knowledge holds a text file of messages for each kind of danger,
look-alikes in `calm*.txt`, bank questions that teach neither in `unsure.txt` (all in the form of
the question bank), and `response.yaml`. A folder with a response of its own stands alone; what
another one lacks is what the product comes with, so that danger is known in every company from the
first minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from coach.errors import Slip
from coach.instruction.files import list_files
from coach.instruction.questions import BankQuestion, read_bank_file
from coach.settings import PROJECT_FOLDER
from coach.texts import text

CALM, UNSURE = "calm", "unsure"
DANGER = "danger"
FOLDER, RESPONSE = "danger", "response.yaml"
TAUGHT = {DANGER: f"{FOLDER}/taught.txt", CALM: f"{FOLDER}/calm_taught.txt"}
PATTERNS = ("*.txt", RESPONSE)
WORDS = ("number", "headline", "note", "banner")
LISTS = ("lines", "signs", "resolved")


@dataclass(frozen=True)
class DangerResponse:
    """What is said and done when somebody's life may be in danger.

    `headline` and `note` make the danger screen, `banner` is the line above a card when danger is
    only possible, `lines` are the company's own words. `own_cards` are the situations whose card
    stands under the screen, by kind of danger: they are about the operator. `signs` are lemmas
    that together are at least possible danger whatever the classifiers think, `resolved` phrases by
    which an operator says that help is called or that there is no danger.
    """

    number: str
    headline: str
    note: str
    banner: str
    lines: tuple[str, ...]
    own_cards: Mapping[str, str]
    signs: tuple[str, ...]
    resolved: tuple[str, ...]


@dataclass(frozen=True)
class DangerGuide:
    """The danger bank (each message's class is a kind of danger, or `calm`) and the response.

    `unsure` are questions of the bank that teach neither danger nor calm.
    """

    messages: tuple[BankQuestion, ...]
    response: DangerResponse
    unsure: frozenset[str] = frozenset()


def danger_files(folder: Path) -> dict[str, Path]:
    """The files of danger that a knowledge folder uses, by name: its own, then the product's."""
    own = folder / FOLDER
    roots = [own] if (own / RESPONSE).exists() else [PROJECT_FOLDER / "knowledge" / FOLDER, own]
    found = {
        path.name: path
        for root in roots
        for pattern in PATTERNS
        for path in list_files(root, pattern)
    }
    return {name: found[name] for name in sorted(found)}


def is_calm(message: BankQuestion) -> bool:
    """Whether a message of the bank is a look-alike."""
    return message.situation_ids[0].startswith(CALM)


def read_danger(folder: Path) -> tuple[DangerGuide | None, list[Slip]]:
    """Read what a knowledge folder knows of danger; the guide is None when there is a slip."""
    messages: list[BankQuestion] = []
    slips: list[Slip] = []
    response = None
    for name, path in danger_files(folder).items():
        if name == RESPONSE:
            response = _read_response(path, slips)
            continue
        entries = list(read_bank_file(path, frozenset()))
        slips += [entry for entry in entries if isinstance(entry, Slip)]
        messages += [entry for entry in entries if isinstance(entry, BankQuestion)]
    if len({is_calm(message) for message in messages}) < 2:
        slips.append(Slip(folder / FOLDER, 1, text("slips.no_danger_messages")))
    if slips or response is None:
        return None, slips
    unsure = frozenset(one.text for one in messages if one.situation_ids == (UNSURE,))
    learned = tuple(one for one in messages if one.situation_ids != (UNSURE,))
    return DangerGuide(learned, response, unsure), []


def _read_response(path: Path, slips: list[Slip]) -> DangerResponse | None:
    try:
        row: Any = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        row = None
    if not isinstance(row, dict):
        slips.append(Slip(path, 1, text("slips.bad_danger_response")))
        return None
    bad = [key for key in WORDS if not (isinstance(row.get(key), str) and row[key].strip())]
    bad += [key for key in LISTS if not _is_list_of_words(row.get(key) or [])]
    cards = row.get("own_cards") or {}
    if not isinstance(cards, dict):
        bad.append("own_cards")
    slips += [Slip(path, 1, text("slips.bad_danger_key", key=key)) for key in bad]
    if bad:
        return None
    words = {key: str(row[key]).strip() for key in WORDS}
    lists = {key: tuple(map(str.strip, row.get(key) or [])) for key in LISTS}
    return DangerResponse(
        **words,
        lines=lists["lines"],
        own_cards={str(kind): str(situation) for kind, situation in cards.items()},
        signs=lists["signs"],
        resolved=lists["resolved"],
    )


def _is_list_of_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def ordinary_questions(
    knowledge_questions: Iterable[BankQuestion], guide: DangerGuide
) -> list[BankQuestion]:
    """The bank's questions that are calm for sure."""
    return [question for question in knowledge_questions if question.text not in guide.unsure]


def danger_examples(guide: DangerGuide, questions: Iterable[BankQuestion]) -> list[BankQuestion]:
    """What the word classifier learns from: the danger bank, and ordinary questions as calm.

    A message in danger holds the class `danger`, and its kind where a card belongs to that kind.
    """
    examples = []
    for message in guide.messages:
        kind = message.situation_ids[0]
        classes = [] if is_calm(message) else [DANGER]
        if classes and kind in guide.response.own_cards:
            classes.append(kind)
        examples.append(replace(message, situation_ids=tuple(classes)))
    return examples + [replace(question, situation_ids=()) for question in questions]
