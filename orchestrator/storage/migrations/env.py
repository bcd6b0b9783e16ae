"""Alembic's entry: runs the revisions on the connection that `orchestrator.storage.migrate` hands over."""

from alembic import context

from orchestrator.storage.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
