"""Writing a verdict: it is compared with what the trainer saw by the write itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from coach.archive.tables import VerdictRow
from coach.errors import StaleError
from coach.texts import text


def write_verdict(
    session: Session, turn: int, seen_revision: int, values: Mapping[str, Any]
) -> None:
    """Write the first verdict on an answer, or one over the revision that was seen.

    Raises StaleError, or the database's IntegrityError, when another one was written meanwhile.
    """
    if not seen_revision:
        session.execute(insert(VerdictRow).values(turn_id=turn, **values))
        return
    changed = (
        update(VerdictRow)
        .where(VerdictRow.turn_id == turn, VerdictRow.revision == seen_revision)
        .values(revision=seen_revision + 1, **values)
        .returning(VerdictRow.turn_id)
    )
    if session.scalar(changed) is None:
        raise StaleError(text("archive.stale"))
