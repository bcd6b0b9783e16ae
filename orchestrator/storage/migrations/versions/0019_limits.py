"""Caps and budgets as supervisors save them, what budgets are counted from, customers' own contacts by an index"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    limits = op.create_table(
        "limits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(limits.insert().values(id=1, document="", version=0, changed_at=sa.func.now()))
    for table in ("attempts", "messages"):
        op.add_column(table, sa.Column("queue", sa.String(), nullable=True))
    op.execute("UPDATE attempts SET queue = tasks.queue FROM tasks WHERE tasks.id = attempts.task_id")
    op.execute("UPDATE messages SET queue = escalations.queue FROM escalations WHERE escalations.id = messages.escalation_id")
    op.drop_index("attempts_by_submission", table_name="attempts")
    op.create_index(
        "attempts_by_submission",
        "attempts",
        ["submitted_at"],
        postgresql_where=sa.text("leg = 'customer' AND submitted_at IS NOT NULL"),
        postgresql_include=["joined_at", "ending", "queue", "rule"],
    )
    op.create_index(
        "messages_by_submission",
        "messages",
        ["submitted_at"],
        postgresql_where=sa.text("submitted_at IS NOT NULL"),
        postgresql_include=["queue", "rule"],
    )
    op.create_index("messages_prepared", "messages", ["id"], postgresql_where=sa.text("state = 'prepared'"))
    op.create_index("own_contacts", "events", ["customer_id", "time"], postgresql_where=sa.text("type = 'contact.inbound'"))
