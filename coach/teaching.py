"""Teaching in one move: a question joins the bank once its effect was seen; it can be undone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.assembly import build_coach, build_index, report_nothing
from coach.coaching import Coach
from coach.errors import SettingsError, StaleError
from coach.index.bank_check import NEW, check_new, describe_warning
from coach.index.build import lock_index
from coach.instruction.knowledge import knowledge_version, load_knowledge
from coach.instruction.questions import BankQuestion, group_line
from coach.privacy.masking import mask, strip_placeholders
from coach.settings import Settings
from coach.texts import text

TRAINER_AUTHOR = "trainer"


@dataclass(frozen=True)
class Changed:
    """A question whose answer would change: what is shown now, and what would be."""

    question: str
    before: str
    after: str


@dataclass(frozen=True)
class Effect:
    """What teaching a question would do, seen before it is published.

    `version` is the knowledge that it was seen on; `warnings` are contradictions and repeats.
    """

    question: str
    situation: str
    version: str
    before: str
    after: str
    warnings: tuple[str, ...]
    changed: tuple[Changed, ...]


def foresee(
    question: str, situation: str, recent: Sequence[str], now: Coach, settings: Settings
) -> Effect:
    """Teach a copy of the knowledge and look at what changes: this question, and recent ones.

    `now` is the Coach that is being served, with which the taught copy is compared.
    """
    asked = clean_question(question)
    knowledge = load_knowledge(settings.knowledge)
    added = BankQuestion(asked, (situation,), TRAINER_AUTHOR, place=NEW)
    found = check_new(added, knowledge)
    with tempfile.TemporaryDirectory() as folder:
        copied = _copy(settings, Path(folder))
        path = _bank_file(copied, situation)
        _write(path, _with_question(path.read_text(encoding="utf-8"), asked))
        then = build_coach(copied, report=report_nothing)
        changed = [
            Changed(one, before, after)
            for one in dict.fromkeys(recent)
            if (before := outcome(now, one)) != (after := outcome(then, one)) and one != asked
        ]
        return Effect(
            asked,
            situation,
            knowledge.version,
            outcome(now, asked),
            outcome(then, asked),
            tuple(describe_warning(one, knowledge) for one in found),
            tuple(changed),
        )


def publish(effect: Effect, settings: Settings) -> str:
    """Write the question into the bank and renew the index; return the new knowledge version.

    Raises StaleError when the knowledge is not the one that the effect was seen on, and
    SettingsError when the folder cannot be written: in both cases nothing is changed.
    """
    with lock_index(settings.index / "teaching"):
        version = knowledge_version(settings.knowledge)
        if version != effect.version:
            raise StaleError(text("teaching.moved", before=effect.version, now=version))
        path = _bank_file(settings, effect.situation)
        bank = path.read_text(encoding="utf-8")
        return _renew(path, bank, _with_question(bank, effect.question), settings)


def undo(question: str, situation: str, settings: Settings) -> str:
    """Take a taught question out of the bank and renew the index; return the version.

    Raises StaleError when it is not there, SettingsError when the folder cannot be written.
    """
    with lock_index(settings.index / "teaching"):
        path = _bank_file(settings, situation)
        bank = path.read_text(encoding="utf-8")
        without = _without_question(bank, question)
        if without is None:
            raise StaleError(text("teaching.gone", question=question))
        return _renew(path, bank, without, settings)


def _renew(path: Path, before: str, after: str, settings: Settings) -> str:
    """Change a file of the bank and renew the index; when that fails, change it back."""
    _write(path, after)
    try:
        build_index(settings, report=report_nothing)
    except BaseException:
        _write(path, before)
        raise
    return knowledge_version(settings.knowledge)


def clean_question(question: str) -> str:
    """A question as the bank keeps it: one line, no private data, no mark of a remark."""
    (masked,) = mask([question])
    return " ".join(strip_placeholders(masked.text).split()).lstrip("#").strip()


def outcome(coach: Coach, question: str) -> str:
    """What a coach makes of a question, in a few words."""
    reply = coach.reply([], question)
    if reply.answered:
        return " + ".join(one.title for one in reply.situations)
    key = "check.refuses" if reply.refusal else "check.asks"
    return text(key)


def _copy(settings: Settings, folder: Path) -> Settings:
    """A copy of the knowledge whose index starts from the published one."""
    shutil.copytree(settings.knowledge, folder / "knowledge")
    index = folder / "index"
    index.mkdir()
    (index / "embedders").symlink_to(settings.index / "embedders")
    current = (settings.index / "current").read_text(encoding="utf-8").strip()
    shutil.copytree(settings.index / "builds" / current, index / "builds" / current)
    shutil.copyfile(settings.index / "current", index / "current")
    change = {"knowledge": folder / "knowledge", "index": index, "llm": ""}
    return settings.model_copy(update=change)


def _bank_file(settings: Settings, situation: str) -> Path:
    return settings.knowledge / "questions" / f"{situation}.txt"


def _with_question(bank: str, question: str) -> str:
    lines = bank.rstrip("\n")
    return f"{lines}\n{group_line(author=TRAINER_AUTHOR)}\n{question}\n"


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


def _write(path: Path, words: str) -> None:
    """Replace a file at once: a reader sees the old text or the new one."""
    unfinished = path.with_suffix(".unfinished")
    try:
        unfinished.write_text(words, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise SettingsError(text("teaching.read_only", folder=path.parent)) from error
