"""Bank lines that nearly repeat a gold question: learning them flatters the evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach.index.near_duplicates import NearDuplicates
from coach.language.lemmas import words_of

TAUGHT = "taught.jsonl"  # what trainers taught: in the bank by intention
BANK_FOLDERS = ("questions", "danger")
SMALL_TALK = "smalltalk"
FEWEST_WORDS, FEWEST_LATER_WORDS = 2, 3
LONGEST_COMPARED = 2000


@dataclass(frozen=True)
class BankLine:
    """A line of a bank file that teaches something."""

    path: Path
    number: int
    text: str

    @property
    def place(self) -> str:
        """The file and the line, as people read them."""
        return f"{self.path.name}:{self.number}"


@dataclass(frozen=True)
class NearGold:
    """A bank line and a gold question that it nearly repeats, with the file that holds it."""

    line: BankLine
    question: str
    file: Path


def gold_files(folder: Path) -> list[Path]:
    """The files of a gold folder whose questions nobody may learn from."""
    return [path for path in sorted(folder.glob("*.jsonl")) if path.name != TAUGHT]


def find_near_gold(lines: Sequence[BankLine], files: Sequence[Path]) -> list[NearGold]:
    """Every bank line that nearly repeats a question of these files, in the order of the lines."""
    asked = [(question, path) for path in files for question in read_measured(path)]
    if not asked or not lines:
        return []
    near = NearDuplicates([question for question, _ in asked])
    found = zip(lines, near.find([line.text for line in lines]), strict=True)
    return [NearGold(line, *asked[numbers[0]]) for line, numbers in found if numbers]


def read_bank_lines(knowledge: Path) -> list[BankLine]:
    """Every line of the bank that is no remark, the danger bank's included."""
    return [
        BankLine(path, number, line.strip())
        for folder in BANK_FOLDERS
        for path in sorted((knowledge / folder).glob("*.txt"))
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def read_measured(path: Path) -> Iterator[str]:
    """The questions of a gold file that say something by themselves.

    Left out are small talk, single words, and later turns of a conversation of one or two words
    («и всё?», «а потом?»): everybody writes these the same. What is no row is left out, too: the
    evaluation names it.
    """
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        try:
            row = json.loads(line)
            turns = row.get("turns", [row])
            yield from (
                _text_of(turn)[:LONGEST_COMPARED]
                for number, turn in enumerate(turns)
                if _is_telling(turn, FEWEST_LATER_WORDS if number else FEWEST_WORDS)
            )
        except (ValueError, TypeError, AttributeError):
            continue


def _is_telling(turn: dict[str, Any], fewest: int) -> bool:
    return turn.get("expect") != SMALL_TALK and len(words_of(_text_of(turn))) >= fewest


def _text_of(turn: dict[str, Any]) -> str:
    return str(turn.get("question", turn.get("text", "")))
