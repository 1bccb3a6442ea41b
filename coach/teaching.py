"""Teaching: a change of the knowledge is published in one move, and can be undone.

A change is one file as it would be: the bank with one question more, or an edited situation. It is
made on what is served, so that publishing it publishes nothing else: what somebody is editing by
hand in the knowledge folder stays there as it is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from coach.bank_files import (
    clean_question,
    read_bank,
    read_file,
    with_question,
    without_question,
    write_bank,
    write_file,
)
from coach.errors import (
    CoachError,
    IndexUnusableError,
    KnowledgeError,
    SettingsError,
    StaleError,
)
from coach.index.build import current_build, lock_index
from coach.instruction.danger import TAUGHT
from coach.instruction.knowledge import knowledge_files, knowledge_version, load_knowledge
from coach.settings import Settings, as_environment
from coach.texts import text

LOCK, UNFINISHED, CANDIDATE = "teaching", "unfinished.json", "knowledge"
RUN_SECONDS = 600
Record = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """A file of the knowledge as a trainer wants it.

    `path` is in the knowledge folder; `before` are its words as they are served, `after` as they
    would be; `version` is the served knowledge that the trainer saw. `question` is the one that is
    taught, empty for an edited file, of which `opened` are the words that the trainer began with.
    """

    path: str
    before: str
    after: str
    version: str
    situation: str
    question: str = ""
    opened: str = ""


def record_nothing(version: str) -> None:
    """Keep nobody's name: for callers without an archive."""


def served_knowledge(settings: Settings) -> Path:
    """The folder of the knowledge that is served now; IndexUnusableError where none is."""
    build = current_build(settings.index)
    if build is None or not (build / "knowledge").is_dir():
        raise IndexUnusableError(text("index.unusable", fault=text("index.missing")))
    return build / "knowledge"


def hand_edits(settings: Settings) -> list[str]:
    """The files of the knowledge folder that are not as they are served: nobody published them."""
    served = knowledge_files(served_knowledge(settings))
    edited = knowledge_files(settings.knowledge)
    names = served.keys() | edited.keys()
    return sorted(name for name in names if _bytes(served, name) != _bytes(edited, name))


def _bytes(files: Mapping[str, Path], name: str) -> bytes | None:
    try:
        return files[name].read_bytes() if name in files else None
    except OSError:  # gone since it was listed
        return None


def teach_question(question: str, situation: str, settings: Settings) -> Change:
    """The change that teaches a question; its private data is taken out first.

    `situation` may also be `danger` or `calm`: whether the message tells of danger to life.
    Raises CoachError when nothing is left of it, SettingsError when the bank cannot be read.
    """
    path = TAUGHT.get(situation, f"questions/{situation}.txt")
    served = served_knowledge(settings)
    before = read_bank(served, path)
    asked = clean_question(question)
    if not asked:
        raise CoachError(text("teaching.nothing_left"))
    after = with_question(before, asked)
    return Change(path, before, after, knowledge_version(served), situation, asked)


def edit_situation(situation: str, opened: str, after: str, settings: Settings) -> Change:
    """The change that puts other words into a situation's file, which was opened with some.

    Raises StaleError when the file holds others by now, SettingsError when it cannot be read.
    """
    path = f"situations/{situation}.md"
    _check_opened(path, opened, settings)
    served = served_knowledge(settings)
    words = after.replace("\r\n", "\n")
    version = knowledge_version(served)
    return Change(path, read_file(served / path), words, version, situation, opened=opened)


def _check_opened(path: str, opened: str, settings: Settings) -> None:
    """Refuse to write over what others put into a file since it was opened."""
    if read_file(settings.knowledge / path) != opened:
        raise StaleError(text("teaching.file_moved", path=path))


def publish(change: Change, settings: Settings, record: Record = record_nothing) -> str:
    """Write the change and renew the index; return the new knowledge version.

    Nothing else of the folder is published. `record` keeps who did it: when it fails, the change is
    taken back. Raises StaleError when the served knowledge is not the one that the change was made
    on, or its file not the one that was opened; SettingsError when the folder cannot be written,
    KnowledgeError when it has a slip: in all cases nothing is changed.
    """
    with lock_index(settings.index / LOCK):
        recover(settings)
        version = knowledge_version(served_knowledge(settings))
        if version != change.version:
            raise StaleError(text("teaching.moved", before=change.version, now=version))
        written = change.after
        if change.question:  # the bank may hold what somebody is adding by hand
            written = with_question(read_bank(settings.knowledge, change.path), change.question)
        else:
            _check_opened(change.path, change.opened, settings)
        return _replace(change.path, change.after, written, settings, record)


def undo(change: Change, settings: Settings, record: Record = record_nothing) -> str:
    """Take a published change back and renew the index; return the version.

    Raises StaleError when it is no longer there, SettingsError when the folder cannot be written.
    """
    with lock_index(settings.index / LOCK):
        recover(settings)
        paths = [one / change.path for one in (served_knowledge(settings), settings.knowledge)]
        served, written = (
            _without(change, read_file(path) if path.exists() else "") for path in paths
        )
        if served is None or written is None:
            raise StaleError(text("teaching.gone", question=change.question or change.path))
        return _replace(change.path, served, written, settings, record)


def recover(settings: Settings) -> None:
    """Take back what a publish was changing when its process was killed.

    The file is put back as it was, unless somebody changed it since by hand, and so is what is
    served, where that was renewed already. Nothing is touched when the note of the publish is
    damaged. Raises SettingsError when a folder cannot be written.
    """
    note = settings.index / LOCK / UNFINISHED
    if not note.exists():
        return
    change = _read_note(note)
    if change:
        with lock_index(settings.index):  # a build that goes on ends first, or never begins
            shutil.rmtree(settings.index / LOCK / CANDIDATE, ignore_errors=True)
        if read_bank(settings.knowledge, change["path"]) == change["after"]:
            write_bank(settings.knowledge, change["path"], change["before"])
        if read_bank(served_knowledge(settings), change["path"]) != change["served"]:
            renew_index(change["path"], change["served"], settings)
    _remove_note(note)


def _read_note(note: Path) -> Mapping[str, str] | None:
    """The path and the words of an unfinished publish; None when the note is damaged."""
    try:
        row = json.loads(note.read_text(encoding="utf-8"))
        return {name: str(row[name]) for name in ("path", "before", "served", "after")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remove_note(note: Path) -> None:
    try:
        note.unlink()
    except OSError as error:
        raise SettingsError(text("settings.not_writable", folder=note.parent)) from error


def _without(change: Change, words: str) -> str | None:
    if change.question:
        return without_question(words, change.question)
    return change.before if words == change.after else None


def _replace(name: str, served: str, written: str, settings: Settings, record: Record) -> str:
    """Change a file in the folder and in what is served; when that fails, change all back."""
    before = {
        "before": read_bank(settings.knowledge, name),
        "served": read_bank(served_knowledge(settings), name),
    }
    note = settings.index / LOCK / UNFINISHED
    row = {"path": name, "after": written, **before}
    write_file(note, json.dumps(row), text("settings.not_writable", folder=note.parent))
    try:
        write_bank(settings.knowledge, name, written)
        renew_index(name, served, settings)
        version = knowledge_version(served_knowledge(settings))
        record(version)
    except BaseException:
        recover(settings)
        raise
    _remove_note(note)
    return version


def renew_index(name: str, words: str, settings: Settings) -> None:
    """Serve the knowledge that is served now with other words in one file.

    The index is built in a process of its own: operators who ask meanwhile do not wait. Raises
    KnowledgeError when the knowledge has a slip then, CoachError when the build fails.
    """
    candidate = settings.index / LOCK / CANDIDATE
    try:
        copy_served(settings, candidate)
        write_bank(candidate, name, words)
        load_knowledge(candidate)
        run_module(["coach.cli", "index"], settings.model_copy(update={"knowledge": candidate}))
    except KnowledgeError as error:
        raise _about(error, candidate, settings.knowledge) from error
    finally:
        shutil.rmtree(candidate, ignore_errors=True)


def copy_served(settings: Settings, folder: Path) -> None:
    """Copy the knowledge that is served now; raises SettingsError when the copy is not written."""
    served = served_knowledge(settings)
    try:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(served, folder)
    except OSError as error:
        raise SettingsError(text("settings.not_writable", folder=folder.parent)) from error


def _about(error: KnowledgeError, copied: Path, folder: Path) -> KnowledgeError:
    """The slips of a copy, told of the folder that it is a copy of."""
    slips = [replace(one, path=folder / one.path.relative_to(copied)) for one in error.slips]
    return KnowledgeError(text("slips.heading"), slips)


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


def copy_settings(settings: Settings, folder: Path) -> Settings:
    """Settings of a copy of the knowledge whose index starts from the published one."""
    copy_served(settings, folder / "knowledge")
    index = folder / "index"
    index.mkdir()
    (index / "embedders").symlink_to(settings.index / "embedders")
    build = current_build(settings.index)
    if build and build.is_dir():  # without one the copy is built from nothing
        shutil.copytree(build, index / "builds" / build.name)
        shutil.copyfile(settings.index / "current", index / "current")
    change = {"knowledge": folder / "knowledge", "index": index, "llm": ""}
    return settings.model_copy(update=change)
