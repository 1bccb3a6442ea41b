"""Whoever is kept in the archive, as an operator or as a trainer: named, copied, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session, selectinload

from coach.archive.tables import ConversationRow, LessonRow, TurnRow, VerdictRow

TRAINERS = (
    (VerdictRow.trainer, VerdictRow.at),
    (LessonRow.trainer, LessonRow.at),
    (LessonRow.undone_by, LessonRow.undone_at),
)


@dataclass(frozen=True)
class KeptOperator:
    """Of whom something is kept: how many conversations, and the day of the last answer.

    Of a trainer without conversations, the day of the last verdict or lesson.
    """

    name: str
    conversations: int
    last: date


def read_people(session: Session) -> list[KeptOperator]:
    """Everybody of whom something is kept, by name."""
    last = func.max(func.coalesce(TurnRow.asked_at, ConversationRow.started_at))
    query = (
        select(ConversationRow.operator, func.count(ConversationRow.id.distinct()), last)
        .outerjoin(TurnRow)
        .group_by(ConversationRow.operator)
    )
    found = {name: KeptOperator(name, n, at.date()) for name, n, at in session.execute(query)}
    trained: dict[str, date] = {}
    for name, at in TRAINERS:
        told = select(name, func.max(at)).where(name != "").group_by(name)
        for one, moment in session.execute(told):
            if moment:
                trained[one] = max(moment.date(), trained.get(one, date.min))
    only = [KeptOperator(name, 0, day) for name, day in trained.items() if name not in found]
    return sorted([*found.values(), *only], key=lambda one: one.name)


def copy_person(session: Session, name: str) -> Iterator[dict[str, Any]]:
    """Everything that is kept of one person, as plain data: answers, then verdicts, lessons."""
    asked = (
        select(TurnRow)
        .join(ConversationRow)
        .where(ConversationRow.operator == name)
        .options(selectinload(TurnRow.signals), selectinload(TurnRow.verdict))
        .order_by(TurnRow.id)
    )
    judged = select(VerdictRow).where(VerdictRow.trainer == name).order_by(VerdictRow.turn_id)
    taught = select(LessonRow).where(or_(LessonRow.trainer == name, LessonRow.undone_by == name))
    yield from (row.as_plain() for row in session.scalars(asked))
    yield from ({"judged": row.as_plain()} for row in session.scalars(judged))
    for row in session.scalars(taught.order_by(LessonRow.id)):
        yield {"taught" if row.trainer == name else "undone": row.as_plain()}


def forget_person(session: Session, name: str) -> int:
    """Delete a person's conversations, and the name where they trained; what they said stays."""
    for column, _ in TRAINERS:
        nameless = update(column.class_).where(column == name).values({column: ""})
        session.execute(nameless)
    return forget_conversations(session, ConversationRow.operator == name)


def forget_conversations(session: Session, *conditions: ColumnElement[bool]) -> int:
    """Delete conversations with all that belongs to them; return how many."""
    gone = delete(ConversationRow).where(*conditions).returning(ConversationRow.id)
    return len(session.scalars(gone).all())
