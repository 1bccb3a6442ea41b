"""Teaching: a change of the knowledge is published in one move, and can be undone.

A change is one file as it would be: the bank with one question more, or an edited situation.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coach.errors import CoachError, SettingsError, StaleError
from coach.index.build import lock_index
from coach.instruction.danger import TAUGHT
from coach.instruction.knowledge import copy_knowledge, knowledge_version, load_knowledge
from coach.instruction.questions import group_line
from coach.privacy.masking import mask, strip_placeholders
from coach.settings import Settings, as_environment
from coach.texts import text

TRAINER_AUTHOR = "trainer"
LOCK, UNFINISHED = "teaching", "unfinished.json"
RUN_SECONDS = 600
Record = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """A file of the knowledge as a trainer wants it.

    `path` is in the knowledge folder, `before` and `after` are its words, `version` is the
    knowledge that the trainer saw. `question` is the one that is taught, empty for an edited file.
    """

    path: str
    before: str
    after: str
    version: str
    situation: str
    question: str = ""


def record_nothing(version: str) -> None:
    """Keep nobody's name: for callers without an archive."""


def teach_question(question: str, situation: str, settings: Settings) -> Change:
    """The change that teaches a question; its private data is taken out first.

    `situation` may also be `danger` or `calm`: whether the message tells of danger to life.
    Raises CoachError when nothing is left of it, SettingsError when the bank cannot be read.
    """
    path = TAUGHT.get(situation, f"questions/{situation}.txt")
    version = knowledge_version(settings.knowledge)
    before = _read_bank(settings, path)
    asked = clean_question(question)
    if not asked:
        raise CoachError(text("teaching.nothing_left"))
    heading = group_line(author=TRAINER_AUTHOR)
    after = f"{before.rstrip(chr(10))}\n{heading}\n{asked}\n".lstrip("\n")
    return Change(path, before, after, version, situation, asked)


def edit_situation(situation: str, after: str, settings: Settings) -> Change:
    """The change that puts other words into a situation's file.

    Raises SettingsError when the file cannot be read.
    """
    path = f"situations/{situation}.md"
    version = knowledge_version(settings.knowledge)
    before = _read(settings.knowledge / path)
    return Change(path, before, after.replace("\r\n", "\n"), version, situation)


def publish(change: Change, settings: Settings, record: Record = record_nothing) -> str:
    """Write the change and renew the index; return the new knowledge version.

    `record` keeps who did it: when it fails, the change is taken back. Raises StaleError when the
    knowledge is not the one that the change was made on, SettingsError when the folder cannot be
    written, KnowledgeError when it has a slip: in all cases nothing is changed.
    """
    with lock_index(settings.index / LOCK):
        recover(settings)
        version = knowledge_version(settings.knowledge)
        if version != change.version:
            raise StaleError(text("teaching.moved", before=change.version, now=version))
        return _replace(change.path, change.after, settings, record)


def undo(change: Change, settings: Settings, record: Record = record_nothing) -> str:
    """Take a published change back and renew the index; return the version.

    Raises StaleError when it is no longer there, SettingsError when the folder cannot be written.
    """
    with lock_index(settings.index / LOCK):
        recover(settings)
        path = settings.knowledge / change.path
        words = _read(path) if path.exists() else ""
        without = _without(change, words)
        if without is None:
            raise StaleError(text("teaching.gone", question=change.question or change.path))
        return _replace(change.path, without, settings, record)


def recover(settings: Settings) -> None:
    """Put back the file that a publish was changing when its process was killed."""
    note = settings.index / LOCK / UNFINISHED
    if note.exists():
        kept = json.loads(note.read_text(encoding="utf-8"))
        write_file(settings.knowledge / kept["path"], kept["before"])
        note.unlink()


def _without(change: Change, words: str) -> str | None:
    if change.question:
        return _without_question(words, change.question)
    return change.before if words == change.after else None


def _replace(name: str, after: str, settings: Settings, record: Record) -> str:
    """Change a file, renew the index, keep who did it; when that fails, change all back."""
    path = settings.knowledge / name
    before = _read_bank(settings, name)
    note = settings.index / LOCK / UNFINISHED
    note.write_text(json.dumps({"path": name, "before": before}), encoding="utf-8")
    is_built = False
    try:
        write_file(path, after)
        renew_index(settings)
        is_built = True
        version = knowledge_version(settings.knowledge)
        record(version)
    except BaseException:
        write_file(path, before)
        note.unlink()
        if is_built:
            renew_index(settings)
        raise
    note.unlink()
    return version


def _read_bank(settings: Settings, name: str) -> str:
    """The words of a bank file; a file of danger lessons begins empty."""
    path = settings.knowledge / name
    return _read(path) if path.exists() or name not in TAUGHT.values() else ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(text("teaching.unreadable", path=path)) from error


def renew_index(settings: Settings) -> None:
    """Build the index in a process of its own: operators who ask meanwhile do not wait.

    Raises KnowledgeError when the folder has a slip, CoachError when the build fails.
    """
    load_knowledge(settings.knowledge)
    run_module(["coach.cli", "index"], settings)


def run_module(module: Sequence[str], settings: Settings, said: str = "") -> str:
    """Run a module in a process of its own with these settings; return what it printed.

    Raises CoachError with that process's own words when it failed.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", *module],
            input=said,
            env={**as_environment(settings), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CoachError(text("teaching.too_long")) from error
    if done.returncode:
        is_told = done.returncode == 1 and "Traceback" not in done.stderr
        raise CoachError(done.stderr.strip() if is_told else text("teaching.failed"))
    return done.stdout


def clean_question(question: str) -> str:
    """A question as the bank keeps it: one line, no private data, no mark of a remark."""
    (masked,) = mask([question])
    return " ".join(strip_placeholders(masked.text).split()).lstrip("# ")


def copy_settings(settings: Settings, folder: Path) -> Settings:
    """Settings of a copy of the knowledge whose index starts from the published one."""
    copy_knowledge(settings.knowledge, folder / "knowledge")
    index = folder / "index"
    index.mkdir()
    (index / "embedders").symlink_to(settings.index / "embedders")
    current = (settings.index / "current").read_text(encoding="utf-8").strip()
    shutil.copytree(settings.index / "builds" / current, index / "builds" / current)
    shutil.copyfile(settings.index / "current", index / "current")
    change = {"knowledge": folder / "knowledge", "index": index, "llm": ""}
    return settings.model_copy(update=change)


def _without_question(bank: str, question: str) -> str | None:
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


def write_file(path: Path, words: str) -> None:
    """Replace a file at once: a reader sees the old text or the new one."""
    unfinished = path.with_suffix(".unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(words, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise SettingsError(text("teaching.read_only", folder=path.parent)) from error
