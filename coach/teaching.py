"""Teaching: a change of the knowledge is published in one move, and can be undone.

A change is one file as it would be: the bank with one question more, or an edited situation.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.errors import CoachError, SettingsError, StaleError
from coach.index.build import lock_index
from coach.instruction.knowledge import knowledge_version, load_knowledge
from coach.instruction.questions import group_line
from coach.privacy.masking import mask, strip_placeholders
from coach.settings import Settings, as_environment
from coach.texts import text

TRAINER_AUTHOR = "trainer"
RUN_SECONDS = 600


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


def teach_question(question: str, situation: str, settings: Settings) -> Change:
    """The change that teaches a question; its private data is taken out first."""
    path = f"questions/{situation}.txt"
    version = knowledge_version(settings.knowledge)
    before = (settings.knowledge / path).read_text(encoding="utf-8")
    asked = clean_question(question)
    heading = group_line(author=TRAINER_AUTHOR)
    after = f"{before.rstrip(chr(10))}\n{heading}\n{asked}\n"
    return Change(path, before, after, version, situation, asked)


def edit_situation(situation: str, after: str, settings: Settings) -> Change:
    """The change that puts other words into a situation's file."""
    path = f"situations/{situation}.md"
    version = knowledge_version(settings.knowledge)
    before = (settings.knowledge / path).read_text(encoding="utf-8")
    return Change(path, before, after.replace("\r\n", "\n"), version, situation)


def publish(change: Change, settings: Settings) -> str:
    """Write the change and renew the index; return the new knowledge version.

    Raises StaleError when the knowledge is not the one that the change was made on, SettingsError
    when the folder cannot be written, KnowledgeError's words when it has a slip: in all cases
    nothing is changed.
    """
    with lock_index(settings.index / "teaching"):
        version = knowledge_version(settings.knowledge)
        if version != change.version:
            raise StaleError(text("teaching.moved", before=change.version, now=version))
        return _replace(settings.knowledge / change.path, change.after, settings)


def undo(change: Change, settings: Settings) -> str:
    """Take a published change back and renew the index; return the version.

    Raises StaleError when it is no longer there, SettingsError when the folder cannot be written.
    """
    with lock_index(settings.index / "teaching"):
        path = settings.knowledge / change.path
        words = path.read_text(encoding="utf-8") if path.exists() else ""
        without = _without(change, words)
        if without is None:
            raise StaleError(text("teaching.gone", question=change.question or change.path))
        return _replace(path, without, settings)


def _without(change: Change, words: str) -> str | None:
    if change.question:
        return _without_question(words, change.question)
    return change.before if words == change.after else None


def _replace(path: Path, after: str, settings: Settings) -> str:
    """Change a file and renew the index; when that fails, change it back."""
    before = path.read_text(encoding="utf-8")
    write_file(path, after)
    try:
        renew_index(settings)
    except BaseException:
        write_file(path, before)
        raise
    return knowledge_version(settings.knowledge)


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
            env=as_environment(settings),
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
    return " ".join(strip_placeholders(masked.text).split()).lstrip("#").strip()


def copy_settings(settings: Settings, folder: Path) -> Settings:
    """Settings of a copy of the knowledge whose index starts from the published one."""
    shutil.copytree(settings.knowledge, folder / "knowledge")
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
        unfinished.write_text(words, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise SettingsError(text("teaching.read_only", folder=path.parent)) from error
