"""Results at a glance: indexes from which a month of them is counted without reading every row"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_CUSTOMERS = "leg = 'customer'"


def upgrade() -> None:
    op.create_index(
        "attempts_by_submission",
        "attempts",
        ["submitted_at"],
        postgresql_where=sa.text(f"{_CUSTOMERS} AND submitted_at IS NOT NULL"),
        postgresql_include=["joined_at", "ending"],
    )
    op.create_index(
        "attempts_by_joining",
        "attempts",
        ["joined_at"],
        postgresql_where=sa.text(f"{_CUSTOMERS} AND joined_at IS NOT NULL"),
        postgresql_include=["task_id", "ended_at"],
    )
    op.create_index(
        "attempts_of_case",
        "attempts",
        ["escalation_id", "prepared_at"],
        postgresql_where=sa.text(_CUSTOMERS),
        postgresql_include=["submitted_at", "joined_at", "ending"],
    )
    op.create_index(
        "tasks_by_end",
        "tasks",
        ["ended_at"],
        postgresql_where=sa.text("ended_at IS NOT NULL"),
        postgresql_include=["state", "agent_id", "disposition", "accepted_at", "wrap_since"],
    )
    op.create_index("tasks_of_customer", "tasks", ["customer_id", "ended_at"], postgresql_where=sa.text("state = 'done'"))
    op.create_index("offers_by_time", "offers", ["offered_at"], postgresql_include=["agent_id", "ending", "ended_at"])
    op.create_index(
        "moments_by_finding",
        "moments",
        ["found_at"],
        postgresql_where=sa.text("mode = 'live'"),
        postgresql_include=["rule", "verdict", "status", "escalation_id"],
    )
    op.create_index("promises_by_writing", "promises", ["written_at"], postgresql_include=["escalation_id", "state", "cause"])
