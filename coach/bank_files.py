"""Files that a lesson changes: read, written at once, with and without a question."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from coach.errors import SettingsError
from coach.instruction.danger import TAUGHT
from coach.instruction.questions import group_line
from coach.privacy.masking import mask, strip_placeholders
from coach.texts import text

TRAINER_AUTHOR = "trainer"


def read_bank(folder: Path, name: str) -> str:
    """The words of a file of a knowledge folder; one of danger lessons begins empty."""
    path = folder / name
    return read_file(path) if path.exists() or name not in TAUGHT.values() else ""


def write_bank(folder: Path, name: str, words: str) -> None:
    """Write a file of a knowledge folder; one of danger lessons goes with its last lesson."""
    if words.strip() or name not in TAUGHT.values():
        write_file(folder / name, words)
    else:
        (folder / name).unlink(missing_ok=True)


def read_file(path: Path) -> str:
    """Read a file of the knowledge; raise SettingsError when it cannot be."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(text("teaching.unreadable", path=path)) from error


def clean_question(question: str) -> str:
    """A question as the bank keeps it: one line, no private data, no mark of a remark."""
    (masked,) = mask([question])
    return " ".join(strip_placeholders(masked.text).split()).lstrip("# ")


def with_question(bank: str, question: str) -> str:
    """Return a bank file's words with a taught question at the end."""
    heading = group_line(author=TRAINER_AUTHOR)
    return f"{bank.rstrip(chr(10))}\n{heading}\n{question}\n".lstrip("\n")


def without_question(bank: str, question: str) -> str | None:
    """Leave out the last line that holds the question, and its group where it is alone there."""
    lines = bank.splitlines()
    places = [number for number, line in enumerate(lines) if line == question]
    if not places:
        return None
    place = places[-1]
    heading = group_line(author=TRAINER_AUTHOR)
    is_alone = place + 1 == len(lines) or lines[place + 1].startswith("##")
    first = place - 1 if is_alone and lines[place - 1] == heading else place
    return "\n".join([*lines[:first], *lines[place + 1 :]]) + "\n"


def write_file(path: Path, words: str, fault: str = "") -> None:
    """Replace a file at once: a reader sees the old text or the new one.

    Raises SettingsError with these words when it cannot be; by default those of the knowledge.
    """
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(words, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        message = fault or text("teaching.read_only", folder=path.parent)
        raise SettingsError(message) from error
