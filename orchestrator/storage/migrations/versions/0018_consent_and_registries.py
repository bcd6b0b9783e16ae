"""Consent on record, do-not-call by topic and number, and registries of numbers"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0019"
branch_labels = None
depends_on = None

_PURPOSE = sa.Enum("requested_callback", "service", "marketing", name="purpose", native_enum=False, length=32)
_MEDIUM = sa.Enum("voice_person", "voice_recorded", "sms", name="medium", native_enum=False, length=32)
_BASIS = sa.Enum("consent", "reported", "transaction", name="basis", native_enum=False, length=32)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", _PURPOSE, nullable=True),
        sa.Column("topic", sa.Text(collation="C"), nullable=True),
        sa.Column("medium", _MEDIUM, nullable=True),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("basis", _BASIS, nullable=False),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        _instant("given_at"),
        _instant("expires_at", nullable=True),
        _instant("recorded_at"),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_consents_customer_id", "consents", ["customer_id"])
    op.create_table(
        "do_not_call",
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("topic", sa.Text(collation="C"), nullable=True),
        sa.Column("forbidden", sa.Boolean(), nullable=False),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        _instant("said_at"),
        _instant("recorded_at"),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"]),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ix_do_not_call_customer_id", "do_not_call", ["customer_id"])
    op.create_index("do_not_call_of_number", "do_not_call", ["number"], postgresql_where=sa.text("number IS NOT NULL"))
    op.create_table(
        "registries",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        _instant("as_of"),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=True),
        _instant("imported_at"),
        sa.Column("imported_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_registries_country", "registries", ["country"])
    op.execute("CREATE SEQUENCE registry_editions AS integer")
