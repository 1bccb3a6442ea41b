"""The trainers' queue: answers by need, and what they are looked for by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from coach.answering.reply import Reply, read_reply
from coach.archive.needs import SHOWN, UNSURE
from coach.archive.tables import SignalRow, TurnRow
from coach.language.lemmas import fold

REFUSED, DROPPED, DANGER = "refused", "dropped", "danger"


@dataclass(frozen=True)
class KeptTurn:
    """An answer as it is kept: what came, and what was made of it."""

    id: int
    reply: Reply
    need: int
    signals: tuple[str, ...]
    situation: str
    verdict: str
    note: str
    trainer: str
    revision: int


@dataclass(frozen=True)
class Wanted:
    """Which answers are looked for; whatever is empty leaves all.

    `words` stand in the question, `situation` was shown, `kind` is a signal or an opinion, or one
    of `refused`, `unsure`, `danger` (a warning was shown) and `dropped` (a sentence was).
    """

    judged: bool = False
    words: str = ""
    situation: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Queue:
    """A part of the queue: the answers of it, how many are wanted in all.

    `unreadable` are the numbers of the rows that stand among them and cannot be read.
    """

    turns: list[KeptTurn]
    count: int
    unreadable: tuple[int, ...]


def read_queue(session: Session, limit: int, wanted: Wanted) -> Queue:
    """The wanted answers, those in need most first, then the latest."""
    query = (
        select(TurnRow)
        .where(*_conditions(wanted))
        .options(
            selectinload(TurnRow.signals),
            selectinload(TurnRow.verdict),
        )
        .order_by(TurnRow.need.desc(), TurnRow.asked_at.desc(), TurnRow.id.desc())
        .limit(limit)
    )
    turns = {row.id: read_turn(row) for row in session.scalars(query)}
    return Queue(
        [one for one in turns.values() if one],
        count_queue(session, wanted),
        tuple(number for number, one in turns.items() if one is None),
    )


def read_latest(session: Session, limit: int) -> list[str]:
    """What was asked last, each question once, the latest first."""
    query = select(TurnRow.question).group_by(TurnRow.question)
    return list(session.scalars(query.order_by(func.max(TurnRow.id).desc()).limit(limit)))


def count_queue(session: Session, wanted: Wanted) -> int:
    """How many answers are wanted."""
    return session.scalar(select(func.count(TurnRow.id)).where(*_conditions(wanted))) or 0


def join_names(names: Iterable[str]) -> str:
    """Names in one column, each between commas: so that one of them can be looked for."""
    return "".join(f",{name}" for name in names) + ","


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    is_judged = TurnRow.verdict.has()
    found = [is_judged if wanted.judged else ~is_judged]
    if wanted.words:
        found.append(TurnRow.folded.contains(fold(wanted.words), autoescape=True))
    if wanted.situation:
        name = join_names([wanted.situation])
        found.append(TurnRow.situations.contains(name, autoescape=True))
    if wanted.kind:
        found.append(_is_kind(wanted.kind))
    return found


def _is_kind(kind: str) -> ColumnElement[bool]:
    if kind == REFUSED:
        return TurnRow.outcome.not_in((SHOWN, UNSURE))
    if kind == UNSURE:
        return TurnRow.outcome == UNSURE
    if kind == DANGER:
        return TurnRow.danger != ""
    if kind == DROPPED:
        return TurnRow.is_dropped.is_(True)
    return TurnRow.signals.any(SignalRow.kind == kind)


def read_kept(row: TurnRow) -> Reply | None:
    """The reply of an answer; None where what is kept of it is damaged."""
    try:
        return read_reply(row.reply)
    except ValueError:
        return None


def read_turn(row: TurnRow) -> KeptTurn | None:
    """An answer of the archive with what was made of it; None where its reply is damaged."""
    reply, verdict = read_kept(row), row.verdict
    if reply is None:
        return None
    picked = [one.situation for one in row.signals if one.situation]
    return KeptTurn(
        row.id,
        reply,
        row.need,
        tuple(one.kind for one in row.signals),
        picked[-1] if picked else "",
        verdict.value if verdict else "",
        verdict.note if verdict else "",
        verdict.trainer if verdict else "",
        verdict.revision if verdict else 0,
    )
