"""Words of their own: scripts and message templates that supervisors change"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scripts",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("language", _language(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("opening", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "language"),
    )
    op.create_table(
        "message_templates",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("language", _language(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "language"),
    )


def _language() -> sa.Enum:
    return sa.Enum("en", "he", name="language", native_enum=False, length=32)
