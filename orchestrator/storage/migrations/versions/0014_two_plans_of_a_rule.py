"""Two plans of a rule, and a message where no call is worth it"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0017"
branch_labels = None
depends_on = None

_PLAN = sa.Enum("a", "b", name="plan", native_enum=False, length=32)


def upgrade() -> None:
    for table in ("escalations", "moments"):
        op.add_column(table, sa.Column("plan", _PLAN, nullable=True))
    op.create_index(
        "moments_standing", "moments", ["customer_id"], postgresql_where=sa.text("status IN ('live', 'message_due')")
    )
    op.drop_index("moments_live", table_name="moments")
    op.create_index("moments_of_plans", "moments", ["found_at"], postgresql_where=sa.text("plan IS NOT NULL AND mode = 'live'"))
