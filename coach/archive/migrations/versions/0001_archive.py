"""Conversations, turns, signals, verdicts, lessons."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("operator", sa.String(120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_conversations_operator", "conversations", ["operator"])
    op.create_table(
        "turns",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String(32),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("reply", sa.JSON, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("knowledge_version", sa.String(120), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("conversation_id", "number"),
    )
    op.create_index("ix_turns_outcome", "turns", ["outcome"])
    op.create_index("ix_turns_asked_at", "turns", ["asked_at"])
    op.create_table(
        "signals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "turn_id", sa.Integer, sa.ForeignKey("turns.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("situation", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("signals_turn_kind", "signals", ["turn_id", "kind"])
    op.create_table(
        "verdicts",
        sa.Column(
            "turn_id", sa.Integer, sa.ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("value", sa.String(40), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("trainer", sa.String(120), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("trainer", sa.String(120), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("situation", sa.String(120), nullable=False),
        sa.Column("version_before", sa.String(120), nullable=False),
        sa.Column("version_after", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    """Remove the tables."""
    for table in ("lessons", "verdicts", "signals", "turns", "conversations"):
        op.drop_table(table)
