"""What trainers taught, as cases of the gold set: they must stay right from then on.

These cases stand in a file of their own: their questions are also in the bank, so they say nothing
of questions that nobody learned from.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from coach.bank_files import TRAINER_AUTHOR, write_file
from coach.errors import SettingsError
from coach.index.build import lock_index
from coach.settings import Settings
from coach.teaching import LOCK
from coach.texts import text

TAUGHT = "taught.jsonl"
ID_CHARS = 10


def join_gold(question: str, situation: str, settings: Settings) -> None:
    """Add a case; one of the same question is replaced. Raises SettingsError when unwritable."""
    row = {
        "id": f"taught-{hashlib.sha256(question.encode()).hexdigest()[:ID_CHARS]}",
        "question": question,
        "situations": [situation],
        "author": TRAINER_AUTHOR,
    }
    with lock_index(settings.index / LOCK):
        lines = _lines_without(question, settings.gold / TAUGHT)
        _write(settings, [*lines, json.dumps(row, ensure_ascii=False)])


def leave_gold(question: str, settings: Settings) -> None:
    """Take a question's case away, where there is one. Raises SettingsError when unwritable."""
    path = settings.gold / TAUGHT
    with lock_index(settings.index / LOCK):
        lines = _lines_without(question, path)
        if path.exists() and len(lines) < len(path.read_text(encoding="utf-8").splitlines()):
            _write(settings, lines)


def _lines_without(question: str, path: Path) -> list[str]:
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    held = json.dumps(question, ensure_ascii=False)
    return [line for line in lines if f'"question": {held}' not in line]


def _write(settings: Settings, lines: list[str]) -> None:
    try:
        write_file(settings.gold / TAUGHT, "".join(f"{line}\n" for line in lines))
    except SettingsError as error:
        raise SettingsError(text("teaching.gold_read_only", folder=settings.gold)) from error
