"""What was asked over a time, in few columns: figures need neither the card nor who asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from coach.archive.tables import SignalRow, TurnRow, VerdictRow, in_utc


@dataclass(frozen=True)
class AskedTurn:
    """An answer in few words: when, what it came to, about what, and what was made of it.

    `situations` are those shown, or the best guess; of a refusal, the nearest. `opinion` and
    `verdict` are empty where none was given; `question` is filled where a trainer judged.
    """

    asked_at: datetime
    outcome: str
    situations: tuple[str, ...]
    version: str
    opinion: str
    verdict: str
    question: str


def read_asked(session: Session, since: datetime, opinions: tuple[str, ...]) -> list[AskedTurn]:
    """The answers since a moment, oldest first, without the large replies."""
    said = (SignalRow.turn_id == TurnRow.id) & SignalRow.kind.in_(opinions)
    query = (
        select(
            TurnRow.id,
            TurnRow.asked_at,
            TurnRow.outcome,
            TurnRow.situations,
            TurnRow.nearest,
            TurnRow.knowledge_version,
            func.coalesce(SignalRow.kind, ""),
            func.coalesce(VerdictRow.value, ""),
            case((VerdictRow.turn_id.is_(None), ""), else_=TurnRow.question),
        )
        .outerjoin(SignalRow, said)
        .outerjoin(VerdictRow, VerdictRow.turn_id == TurnRow.id)
        .where(TurnRow.asked_at >= since.astimezone(UTC))  # SQLite keeps no zone
        .order_by(TurnRow.id, SignalRow.id)
    )
    rows = {row[0]: row for row in session.execute(query)}  # the last opinion counts
    return [
        AskedTurn(in_utc(at), outcome, _about(situations, nearest), *rest)
        for _, at, outcome, situations, nearest, *rest in rows.values()
    ]


def _about(situations: str, nearest: str) -> tuple[str, ...]:
    return tuple(filter(None, situations.split(","))) or tuple(filter(None, (nearest,)))
