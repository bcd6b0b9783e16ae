"""Caps and budgets as supervisors save them, and customers' own contacts by an index of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    limits = op.create_table(
        "limits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute(limits.insert().values(id=1, document="", version=0, changed_at=sa.func.now()))
    op.create_index("own_contacts", "events", ["customer_id", "time"], postgresql_where=sa.text("type = 'contact.inbound'"))
