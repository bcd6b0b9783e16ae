"""What desks write: finer dispositions, whether a call was worth it, and who asked for help"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("sub_disposition", sa.String(), nullable=True))
    op.add_column("tasks", sa.Column("worth_calling", sa.Boolean(), nullable=True))
    op.add_column("tasks", sa.Column("help_asked_at", sa.DateTime(timezone=True), nullable=True))
