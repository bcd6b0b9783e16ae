"""Approving rules: who else agreed to a version"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rule_versions", sa.Column("approved_by", sa.String(), nullable=True))
    op.add_column("rule_versions", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
