"""Shift plans of agents, and how long finished tasks of a queue took"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift_plans",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"]),
        sa.PrimaryKeyConstraint("agent_id"),
    )
    op.create_index(
        "tasks_finished",
        "tasks",
        ["queue", "ended_at"],
        postgresql_where=sa.text("state = 'done'"),
        postgresql_include=["accepted_at"],
    )
