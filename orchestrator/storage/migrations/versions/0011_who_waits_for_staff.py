"""Who waits for staff: the cases an arriving agent wakes, found without reading the others"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "escalations_short_of_staff",
        "escalations",
        ["queue"],
        postgresql_where=sa.text("state = 'waiting' AND reasons = '[\"staffing\"]'::jsonb"),
    )
