"""Rules gone silent or exploding: what they found by quarters of an hour, and the alarms they raised"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "rule_quarters",
        sa.Column("rule", sa.Text(collation="C"), primary_key=True),
        sa.Column("mode", sa.String(32), primary_key=True),
        sa.Column("quarter", _INSTANT, primary_key=True),
        sa.Column("moments", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
    )
    op.create_table(
        "rule_alarms",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("mode", sa.String(32), nullable=False),
        sa.Column("trouble", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_since", _INSTANT),
        sa.Column("raised_at", _INSTANT, nullable=False),
        sa.Column("looked_at", _INSTANT, nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("length", sa.Interval(), nullable=False),
        sa.Column("moments", sa.Integer(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Float()),
        sa.Column("calls", sa.Integer()),
        sa.Column("causes", postgresql.JSONB(), nullable=False),
        sa.Column("quiet_by", sa.String()),
        sa.Column("quiet_at", _INSTANT),
        sa.Column("quiet_until", _INSTANT),
        sa.Column("is_new_usual", sa.Boolean(), nullable=False),
        sa.Column("over_at", _INSTANT),
    )
    open_ones = sa.text("over_at IS NULL")
    op.create_index("one_open_alarm", "rule_alarms", ["rule", "trouble"], unique=True, postgresql_where=open_ones)
    op.create_index("rule_alarms_of_rule", "rule_alarms", ["rule", "raised_at"])
