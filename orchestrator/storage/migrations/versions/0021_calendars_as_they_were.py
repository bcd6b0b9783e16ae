"""Calendars as they were, those that are retired, and how soon a queue's callbacks are due"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What the audit remembers of earlier versions, and what is in force where it remembers nothing.
_FROM_AUDIT = """
INSERT INTO calendar_versions (calendar, version, document, author, saved_at)
SELECT DISTINCT ON (c.subject, c.after->>'version')
    c.subject, (c.after->>'version')::int, c.after->>'document', c.who, c.at
FROM changes c JOIN calendars k ON k.name = c.subject
WHERE c.what = 'calendar.saved' AND c.after ? 'document'
ORDER BY c.subject, c.after->>'version', c.at
"""
_IN_FORCE = """
INSERT INTO calendar_versions (calendar, version, document, saved_at)
SELECT name, version, document, changed_at FROM calendars ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.add_column("calendars", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "calendar_versions",
        sa.Column("calendar", sa.String(), sa.ForeignKey("calendars.name"), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute(_FROM_AUDIT)
    op.execute(_IN_FORCE)
    op.add_column("queues", sa.Column("callback_within", sa.Interval(), nullable=True))
    op.add_column("queues", sa.Column("callback_cutoff", sa.Interval(), nullable=True))
