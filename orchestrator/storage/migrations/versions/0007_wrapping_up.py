"""Wrapping up: more time when an agent asks for it, and the outcomes a queue's agents choose from"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("wrap_extensions", sa.Integer(), server_default="0", nullable=False))
    op.alter_column("tasks", "wrap_extensions", server_default=None)
    op.add_column("queues", sa.Column("outcomes", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.alter_column("queues", "outcomes", server_default=None)
