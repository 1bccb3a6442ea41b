"""The effect of a change of the knowledge, seen before it is published."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from coach.answering.reply import Reply
from coach.assembly import build_coach, build_index, report_nothing
from coach.bank_files import TRAINER_AUTHOR, write_file
from coach.coaching import Coach
from coach.index.bank_check import NEW, check_new, describe_warning
from coach.index.build import card_questions
from coach.instruction.danger import TAUGHT
from coach.instruction.knowledge import Knowledge
from coach.instruction.questions import BankQuestion
from coach.settings import Settings
from coach.teaching import Change, copy_settings, run_module
from coach.texts import text
from coach.understanding.decision import DANGER

GUARDS = 6  # how many plain bank questions of a situation guard it


@dataclass(frozen=True)
class Changed:
    """A question whose answer would change: what is shown now, and what would be."""

    question: str
    before: str
    after: str


@dataclass(frozen=True)
class Evaluated:
    """The gold set before and after a change: right answers of all, and which cases moved.

    `fault` says why the gold set does not fit the changed knowledge; empty when it does.
    """

    before: int
    after: int
    count: int
    worse: tuple[Changed, ...] = ()
    better: tuple[Changed, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Effect:
    """What a change would do: to the question that it teaches, to recent ones, to the gold set.

    `warnings` are contradictions and repeats in the bank. `guard` are the plain questions of every
    situation that would be answered otherwise, `urgent` the titles of urgent situations among them.
    """

    change: Change
    before: str
    after: str
    warnings: tuple[str, ...]
    changed: tuple[Changed, ...]
    evaluated: Evaluated | None = None
    guard: tuple[Changed, ...] = ()
    urgent: tuple[str, ...] = ()


Evaluate = Callable[[Coach, Coach], Evaluated]


def foresee(
    change: Change,
    recent: Sequence[str],
    now: Coach,
    settings: Settings,
    evaluate: Evaluate | None = None,
) -> Effect:
    """Make the change in a copy of the knowledge and look at what it does.

    `now` is the Coach that is being served. Raises KnowledgeError when the change has a slip.
    """
    with tempfile.TemporaryDirectory() as folder:
        copied = copy_settings(settings, Path(folder))
        write_file(copied.knowledge / change.path, change.after)
        build_index(copied, report=report_nothing)
        then = build_coach(copied, report=report_nothing)
        asked = dict.fromkeys(one for one in recent if one != change.question)
        changed = [found for one in asked if (found := _compare(one, now, then))]
        guard, urgent = compare_guard(now, then)
        return Effect(
            change,
            outcome(now, change.question) if change.question else "",
            outcome(then, change.question) if change.question else "",
            _warnings(change, now.knowledge),
            tuple(changed),
            evaluate(now, then) if evaluate else None,
            guard,
            urgent,
        )


def guard_questions(knowledge: Knowledge) -> list[BankQuestion]:
    """The plain questions that no lesson should move: a card's own words, plain bank questions."""
    plain: dict[str, list[BankQuestion]] = {name: [] for name in knowledge.situations}
    for question in knowledge.questions:
        name = question.situation_ids[0]
        is_plain = question.style == text("teaching.plain_style")
        if is_plain and name in plain and len(plain[name]) < GUARDS:
            plain[name].append(question)
    cards = card_questions(knowledge.situations.values())
    return [*cards, *(question for questions in plain.values() for question in questions)]


def compare_guard(now: Coach, then: Coach) -> tuple[tuple[Changed, ...], tuple[str, ...]]:
    """The plain questions that get another card, and the titles of urgent situations among them."""
    situations = now.knowledge.situations
    moved, urgent = [], []
    for question in guard_questions(now.knowledge):
        before, after = now.reply([], question.text), then.reply([], question.text)
        if _what_is_shown(before) != _what_is_shown(after):
            moved.append(Changed(question.text, outcome_of(before), outcome_of(after)))
            situation = situations[question.situation_ids[0]]
            if situation.quick:
                urgent.append(situation.title)
    return tuple(moved), tuple(dict.fromkeys(urgent))


def _what_is_shown(reply: Reply) -> tuple[object, ...]:
    shown = [situation.id for situation in reply.situations] if reply.answered else []
    return (*shown, reply.refusal, reply.danger)


def foresee_apart(change: Change, recent: Sequence[str], settings: Settings) -> Effect:
    """Foresee in a process of its own, gold set included: who asks meanwhile does not wait.

    Raises CoachError with that process's own words when it cannot.
    """
    asked = json.dumps({"change": asdict(change), "recent": list(recent)}, ensure_ascii=False)
    said = run_module(["eval.effect"], settings, asked)
    return read_effect(json.loads(said))


def read_effect(row: dict[str, Any]) -> Effect:
    """Read an effect back from its plain data."""
    evaluated = row["evaluated"]
    return Effect(
        Change(**row["change"]),
        row["before"],
        row["after"],
        tuple(row["warnings"]),
        _read_changed(row["changed"]),
        evaluated
        and Evaluated(
            **evaluated | {name: _read_changed(evaluated[name]) for name in ("worse", "better")}
        ),
        _read_changed(row["guard"]),
        tuple(row["urgent"]),
    )


def _read_changed(rows: list[dict[str, str]]) -> tuple[Changed, ...]:
    return tuple(Changed(**row) for row in rows)


def outcome(coach: Coach, question: str) -> str:
    """What a coach makes of a question, in a few words."""
    return outcome_of(coach.reply([], question))


def outcome_of(reply: Reply) -> str:
    """What a reply comes to, in a few words."""
    if reply.refusal == DANGER:
        return text("check.danger")
    if reply.danger:
        calm = replace(reply, danger=None)
        return text("check.possible_danger", outcome=outcome_of(calm))
    if reply.answered:
        return " + ".join(one.title for one in reply.situations)
    return text("check.refuses" if reply.refusal else "check.asks")


def _compare(question: str, now: Coach, then: Coach) -> Changed | None:
    """How the answer to a question changes: another card, or other words on it."""
    told, told_then = now.reply([], question), then.reply([], question)
    before, after = outcome_of(told), outcome_of(told_then)
    if before != after:
        return Changed(question, before, after)
    if told.answered and told.text != told_then.text:
        return Changed(question, before, text("teaching.other_words", outcome=after))
    return None


def _warnings(change: Change, knowledge: Knowledge) -> tuple[str, ...]:
    if not change.question:
        return ()
    if change.path in TAUGHT.values():
        return ()
    added = BankQuestion(change.question, (change.situation,), TRAINER_AUTHOR, place=NEW)
    return tuple(describe_warning(one, knowledge) for one in check_new(added, knowledge))
