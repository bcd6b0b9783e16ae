"""What partners promise: how soon what share of their events arrives"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channels", sa.Column("on_time_within", sa.Interval(), nullable=True))
    op.add_column("channels", sa.Column("on_time_share", sa.Float(), nullable=True))
