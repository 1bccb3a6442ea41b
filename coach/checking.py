"""The trainer's check: what is wrong with the knowledge, and what a new question would do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coach.answering.card import build_reply
from coach.answering.reply import Reply
from coach.assembly import build_coach, report_nothing
from coach.errors import KnowledgeError, SettingsError, Slip
from coach.index.bank_check import (
    NEW,
    check_bank,
    check_new,
    describe_warning,
    find_similar,
    titles_of,
)
from coach.index.near_gold import BankLine, find_near_gold, gold_files, read_bank_lines
from coach.instruction.knowledge import load_knowledge
from coach.instruction.questions import FOLLOW_UP, NOT_ANSWERED, BankQuestion
from coach.settings import Settings
from coach.teaching import copy_served
from coach.texts import text
from coach.understanding.decision import Decision


@dataclass(frozen=True)
class Draft:
    """A situation file as it would be: its card, or the slips that keep it from being proven."""

    card: Reply | None
    slips: tuple[Slip, ...]


def check_knowledge(settings: Settings) -> tuple[list[str], bool]:
    """Return lines about the bank, and whether it is free of contradictions.

    Raises KnowledgeError with every slip when the folder has any.
    """
    knowledge = load_knowledge(settings.knowledge)
    warnings = check_bank(knowledge.questions)
    contradictions = [one for one in warnings if one.is_contradiction]
    lines = [describe_warning(one, knowledge) for one in warnings]
    lines += _describe_near_gold(read_bank_lines(settings.knowledge), settings)
    count = len(knowledge.questions)
    repeated = len(warnings) - len(contradictions)
    lines.append(
        text("check.bank", questions=count, contradictions=len(contradictions), repeated=repeated)
    )
    return lines, not contradictions


def check_new_question(
    question: str, situation_ids: Sequence[str], settings: Settings
) -> tuple[list[str], bool]:
    """Return lines about a question that a trainer is about to add, and whether it may be.

    Raises SettingsError when there is no such situation.
    """
    knowledge = load_knowledge(settings.knowledge)
    for name in situation_ids:
        if name not in knowledge.situations and name not in (NOT_ANSWERED, FOLLOW_UP):
            known = ", ".join([*knowledge.situations, NOT_ANSWERED, FOLLOW_UP])
            raise SettingsError(text("check.unknown", name=name, known=known))
    added = BankQuestion(question, tuple(situation_ids), place=NEW)
    found = check_new(added, knowledge)
    lines = [describe_warning(one, knowledge) for one in found]
    lines += [
        text(
            "check.similar",
            question=near.text,
            place=near.place,
            situation=titles_of(near, knowledge),
        )
        for near in find_similar(added, knowledge)
    ]
    lines += _describe_near_gold([BankLine(Path(NEW), 0, question)], settings)
    lines += _describe_reply(question, settings)
    if not found:
        lines.append(text("check.may_add"))
    return lines, not any(one.is_contradiction for one in found)


def _describe_near_gold(lines: Sequence[BankLine], settings: Settings) -> Iterator[str]:
    for near in find_near_gold(lines, gold_files(settings.gold)):
        place = near.line.place if near.line.number else text("check.new")
        yield text("check.near_gold", question=near.line.text, place=place, file=near.file.name)


def _describe_reply(question: str, settings: Settings) -> Iterator[str]:
    reply = build_coach(settings, report=report_nothing).reply([], question)
    if reply.answered:
        titles = ", ".join(f"{one.title} ({one.confidence:.2f})" for one in reply.situations)
        yield text("check.answers_now", titles=titles)
    elif reply.refusal:
        yield text("check.refuses_now")
    else:
        yield text("check.asks_now", titles=", ".join(one.title for one in reply.choices))
    for one in reply.evidence:
        if one.questions:
            yield text("check.near", questions="; ".join(f"«{near}»" for near in one.questions))


def check_draft(situation: str, words: str, settings: Settings) -> Draft:
    """Prove a situation's file as it would be, with the rest of the knowledge as it is served."""
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "knowledge"
        copy_served(settings, copied)
        path = copied / "situations" / f"{situation}.md"
        path.write_text(words, encoding="utf-8")
        try:
            knowledge = load_knowledge(copied)
        except KnowledgeError as error:
            return Draft(None, tuple(_inside(one, copied) for one in error.slips))
    title = knowledge.situations[situation].title
    decision = Decision(True, ((situation, 1.0),), (), None)
    return Draft(build_reply(title, None, decision, knowledge), ())


def _inside(slip: Slip, folder: Path) -> Slip:
    """A slip whose path is told within the knowledge folder."""
    return Slip(slip.path.relative_to(folder), slip.line, slip.message)
