"""What customers said about being contacted, kept for good, and the registries of numbers that want no marketing calls."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Basis
from orchestrator.storage.columns import code_point_text, instant, one_of, optional_instant, serial


class ConsentRow(SQLModel, table=True):
    """One statement: yes or no, to what, with its proof. Rows are only added: what was said before stays as it was said."""

    __tablename__ = "consents"

    seq: int | None = serial(primary_key=True)
    customer_id: UUID = Field(foreign_key="customers.id", index=True)
    purpose: Purpose | None = one_of(Purpose, default=None)
    topic: str | None = code_point_text(default=None)
    medium: Medium | None = one_of(Medium, default=None)
    given: bool
    basis: Basis = one_of(Basis)
    proof: str | None = Field(default=None)  # personal: never log
    source: str  # the channel or the person it came through
    given_at: datetime = instant()
    expires_at: datetime | None = optional_instant()
    recorded_at: datetime = instant()
    recorded_by: str


class DoNotCallRow(SQLModel, table=True):
    """One word of do-not-call: of the customer (`number` None) or of a number whoever holds it; `topic` None: all."""

    __tablename__ = "do_not_call"
    __table_args__ = (Index("do_not_call_of_number", "number", postgresql_where=text("number IS NOT NULL")),)

    seq: int | None = serial(primary_key=True)
    customer_id: UUID = Field(foreign_key="customers.id", index=True)
    number: int | None = Field(default=None, sa_type=BigInteger)  # E.164 without its plus
    topic: str | None = code_point_text(default=None)
    forbidden: bool
    proof: str | None = Field(default=None)  # personal: never log
    source: str
    said_at: datetime = instant()
    recorded_at: datetime = instant()
    recorded_by: str


class RegistryRow(SQLModel, table=True):
    """A registry as imported last. Its numbers lie in the table `registry_<edition>`, a column of bigints."""

    __tablename__ = "registries"

    name: str = code_point_text(primary_key=True)
    country: str = Field(index=True)
    as_of: datetime = instant()  # the date of the list itself
    entries: int = Field(sa_type=BigInteger)
    edition: int
    previous: int | None = Field(default=None)  # kept until the next import: a look may be reading it
    imported_at: datetime = instant()
    imported_by: str
