"""The question bank: example questions, one plain text file per situation.

One question a line. A line that starts with `##` opens a group and says who wrote the questions
(автор), how (стиль), and which second situation they also hold (вместе). Other lines that start
with `#` are remarks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from coach.errors import KnowledgeError, Slip
from coach.instruction.files import list_files, read_words
from coach.texts import text

NOT_ANSWERED = "none"
FOLLOW_UP = "follow_up"
RESERVED = (NOT_ANSWERED, FOLLOW_UP)  # files of the bank that are no situation's
GROUP_KEYS = {"автор": "author", "стиль": "style", "вместе": "also"}


@dataclass(frozen=True)
class BankQuestion:
    """An example question with the situations it holds: one, two, `none`, or `follow_up`.

    `none` is what the instruction does not answer, `follow_up` what only an earlier question gives
    a meaning. `place` is the file and line that it stands on.
    """

    text: str
    situation_ids: tuple[str, ...]
    author: str = ""
    style: str = ""
    place: str = field(default="", compare=False)


def group_line(**values: str) -> str:
    """The line that opens a group; `author`, `style` and `also` are written where they are set."""
    named = [f"{word}: {values[key]}" for word, key in GROUP_KEYS.items() if values.get(key)]
    return f"## {'; '.join(named)}"


def read_questions(
    folder: Path, situation_ids: frozenset[str]
) -> tuple[list[BankQuestion], list[Slip]]:
    """Read the whole bank; return the questions and every slip of form."""
    questions: list[BankQuestion] = []
    slips: list[Slip] = []
    known = situation_ids | {*RESERVED}
    for path in list_files(folder, "*.txt"):
        if path.stem not in known:
            slips.append(Slip(path, 1, text("slips.unknown_situation", name=path.stem)))
            continue
        for entry in read_bank_file(path, known):
            if isinstance(entry, Slip):
                slips.append(entry)
            else:
                questions.append(entry)
    return questions, slips


def read_bank_file(path: Path, known: frozenset[str]) -> Iterator[BankQuestion | Slip]:
    """Read one file of example messages: each holds the class that the file is named for."""
    group: dict[str, str] = {}
    try:
        words = read_words(path)
    except KnowledgeError as error:
        yield from error.slips
        return
    for number, line in enumerate(words.splitlines(), 1):
        line = line.strip()
        if line.startswith("##"):
            group = _read_group(line)
            also = group.get("also", "")
            if not group:
                yield Slip(path, number, text("slips.bad_group"))
            elif also and (also not in known or also == path.stem):
                yield Slip(path, number, text("slips.unknown_situation", name=also))
                group = {}
        elif line and not line.startswith("#"):
            ids = tuple(filter(None, (path.stem, group.get("also", ""))))
            place = f"{path.name}:{number}"
            yield BankQuestion(line, ids, group.get("author", ""), group.get("style", ""), place)


def _read_group(line: str) -> dict[str, str]:
    group: dict[str, str] = {}
    for part in line.lstrip("#").split(";"):
        key, separator, value = part.partition(":")
        if not separator or key.strip() not in GROUP_KEYS:
            return {}
        group[GROUP_KEYS[key.strip()]] = value.strip()
    return group
