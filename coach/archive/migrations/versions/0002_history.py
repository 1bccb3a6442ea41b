"""Edited files beside taught questions; the versions of the knowledge that were served."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns and the table."""
    for name in ("path", "before", "after"):
        op.add_column("lessons", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.String(120), nullable=False),
        sa.Column("differences", sa.JSON, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Take both away."""
    op.drop_table("versions")
    for name in ("path", "before", "after"):
        op.drop_column("lessons", name)
