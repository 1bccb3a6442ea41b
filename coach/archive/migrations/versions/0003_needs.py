"""What an answer is looked for by, in columns; who took a lesson back, and between which versions.

The rules stand here as they were on the day of this migration: later ones change no history.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BATCH = 1000
NEEDS = {
    "wrong_situation": 6,
    "not_helped": 5,
    "danger": 5,
    "not_in_text": 4,
    "not_in_instruction": 3,
    "unsure": 2,
}
UNDOING = ("undone_by", "undone_before", "undone_after")

turns = sa.table(
    "turns",
    sa.column("id", sa.Integer),
    sa.column("question", sa.Text),
    sa.column("reply", sa.JSON),
    sa.column("outcome", sa.String),
    sa.column("need", sa.Integer),
    sa.column("folded", sa.Text),
    sa.column("situations", sa.Text),
    sa.column("nearest", sa.String),
    sa.column("is_dropped", sa.Boolean),
)
signals = sa.table("signals", sa.column("turn_id", sa.Integer), sa.column("kind", sa.String))


def upgrade() -> None:
    """Add the columns, and fill them for what was kept before."""
    for name, kind, default in (
        ("need", sa.Integer, "0"),
        ("folded", sa.Text, ""),
        ("situations", sa.Text, ""),
        ("nearest", sa.String(120), ""),
        ("is_dropped", sa.Boolean, sa.false()),
    ):
        op.add_column("turns", sa.Column(name, kind, nullable=False, server_default=default))
    _fill_turns()
    op.create_index("turns_need", "turns", ["need", "asked_at"])
    for name in UNDOING:
        op.add_column("lessons", sa.Column(name, sa.String(120), nullable=False, server_default=""))
    op.execute(
        "UPDATE lessons SET path = 'questions/' || situation || '.txt' "
        "WHERE path = '' AND question != ''"
    )


def downgrade() -> None:
    """Take the columns away."""
    for name in UNDOING:
        op.drop_column("lessons", name)
    op.drop_index("turns_need", "turns")
    for name in ("need", "folded", "situations", "nearest", "is_dropped"):
        op.drop_column("turns", name)


def _fill_turns() -> None:
    connection, last = op.get_bind(), 0
    change = sa.update(turns).where(turns.c.id == sa.bindparam("turn"))
    columns = (turns.c.id, turns.c.question, turns.c.reply, turns.c.outcome)
    while True:
        query = sa.select(*columns).where(turns.c.id > last).order_by(turns.c.id).limit(BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        said = _read_said(last, rows[-1].id)
        last = rows[-1].id
        connection.execute(change, [_columns(*row, said[row.id]) for row in rows])


def _read_said(after: int, last: int) -> Mapping[int, set[str]]:
    query = sa.select(signals).where(signals.c.turn_id > after, signals.c.turn_id <= last)
    said: dict[int, set[str]] = defaultdict(set)
    for turn, kind in op.get_bind().execute(query):
        said[turn].add(kind)
    return said


def _columns(
    turn: int, question: str, reply: dict[str, Any], outcome: str, said: set[str]
) -> dict[str, Any]:
    sure = max((one["confidence"] for one in reply["situations"]), default=1.0)
    doubted = bool(reply["dropped"]) or (outcome == "shown" and sure < 0.7)
    return {
        "turn": turn,
        "need": max(NEEDS.get(name, int(doubted)) for name in (outcome, *said)),
        "folded": question.lower().replace("ё", "е").replace("\u0301", ""),
        "situations": "".join(f",{one['id']}" for one in reply["situations"]) + ",",
        "nearest": next((one["id"] for one in reply["choices"]), ""),
        "is_dropped": bool(reply["dropped"]),
    }
