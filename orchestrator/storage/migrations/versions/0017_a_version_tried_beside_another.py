"""A version tried in shadow beside the one in force; of a moment: its confidence, and what came late"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rules", sa.Column("shadow_version", sa.Integer(), nullable=True))
    op.add_column("rules", sa.Column("shadow_since", sa.DateTime(timezone=True), nullable=True))
    # What was found so far came from rules that said nothing of confidence: that is a confidence of 1.
    op.add_column("moments", sa.Column("confidence", sa.Float(), nullable=True, server_default="1"))
    op.alter_column("moments", "confidence", server_default=None)
    op.add_column("moments", sa.Column("found_by", sa.String(), nullable=True))
    op.add_column("moments", sa.Column("withdrawn_by", sa.String(), nullable=True))
    op.add_column("moments", sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True))
