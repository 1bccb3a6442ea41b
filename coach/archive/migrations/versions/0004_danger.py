"""Whether an answer warned of danger to life: `possible`, `certain`, or nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; what was refused for danger before was certain."""
    column = sa.Column("danger", sa.String(40), nullable=False, server_default="")
    op.add_column("turns", column)
    op.execute("UPDATE turns SET danger = 'certain' WHERE outcome = 'danger'")
    op.create_index("ix_turns_danger", "turns", ["danger"])


def downgrade() -> None:
    """Take the column away."""
    op.drop_index("ix_turns_danger", "turns")
    op.drop_column("turns", "danger")
