"""Alembic's environment: migrations run over the connection that the archive opened."""

from alembic import context

from coach.archive.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
