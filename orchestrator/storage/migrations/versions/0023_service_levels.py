"""The service level a queue's agents are asked for"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queues", sa.Column("service_percent", sa.Integer(), nullable=True))
    op.add_column("queues", sa.Column("service_within", sa.Interval(), nullable=True))


def downgrade() -> None:
    op.drop_column("queues", "service_within")
    op.drop_column("queues", "service_percent")
