"""Cases that are held back: an index from which the console counts them without reading every open one"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("escalations_held", "escalations", ["wait_until"], postgresql_where=sa.text("state IN ('open', 'waiting')"))
