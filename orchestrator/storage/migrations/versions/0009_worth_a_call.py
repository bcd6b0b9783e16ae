"""Whether calls were worth it: the index of ended tasks holds the verdict too, so that a month is told from it alone"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BEFORE = ["state", "agent_id", "disposition", "accepted_at", "wrap_since"]
_VERDICT = ["escalation_id", "sub_disposition", "worth_calling"]


def upgrade() -> None:
    _index([*_BEFORE, *_VERDICT])


def downgrade() -> None:
    _index(_BEFORE)


def _index(columns: list[str]) -> None:
    op.drop_index("tasks_by_end", "tasks")
    op.create_index(
        "tasks_by_end",
        "tasks",
        ["ended_at"],
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        postgresql_include=columns,
    )
