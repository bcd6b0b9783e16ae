"""What channels told us: customers, the ids they are known by, their events, and what was refused."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Interval, text
from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import (
    Json,
    code_point_text,
    instant,
    json_object,
    json_value,
    optional_instant,
    primary_id,
    serial,
    texts,
)


class ChannelRow(SQLModel, table=True):
    """A source with its own key. The key is stored hashed and shown once."""

    __tablename__ = "channels"

    id: UUID = primary_id()
    name: str = Field(unique=True)
    kind: str
    key_hash: str = Field(unique=True)
    types: list[str] = texts()  # globs over event types; empty: every type
    on_time_within: timedelta | None = Field(default=None, sa_type=Interval)  # of a partner: how soon its events arrive …
    on_time_share: float | None = Field(default=None)  # … and what share of them (0 to 1); both or none
    created_at: datetime = instant()
    revoked_at: datetime | None = optional_instant()


class CustomerRow(SQLModel, table=True):
    """A customer, by an opaque id of ours; its row lock comes first in every transaction that concerns the customer.

    `applied_*` is the last event detection has seen, in (time, source, id) order, and `fired_through` the latest deadline that
    fired: an event after both is applied as it comes, one before leads to a recomputation (semantics, 4).
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index(  # few, and asked about at every look at the gates: families share phones
            "customers_not_to_call",
            text("(attributes ->> 'phone')"),
            postgresql_where=text("attributes ->> 'do_not_call' = 'true'"),
        ),
    )

    id: UUID = primary_id()
    subject: str = code_point_text()  # the id in the caller's system that is kept; others point here through `subjects`
    attributes: Json = json_object()
    created_at: datetime = instant()
    applied_time: datetime | None = optional_instant()
    applied_source: str | None = Field(default=None)
    applied_id: str | None = Field(default=None)
    fired_through: datetime | None = optional_instant()
    last_contact_at: datetime | None = optional_instant()  # the customer's own last contact with a person
    opted_out_at: datetime | None = optional_instant()
    merged_into: UUID | None = Field(default=None, foreign_key="customers.id")
    erased_at: datetime | None = optional_instant()


class SubjectRow(SQLModel, table=True):
    """An id in a caller's system, and the customer it means today."""

    __tablename__ = "subjects"

    subject: str = code_point_text(primary_key=True)
    customer_id: UUID = Field(foreign_key="customers.id", index=True)


class EventRow(SQLModel, table=True):
    """An accepted event. (`source`, `id`) identify it; the second copy changes nothing."""

    __tablename__ = "events"
    __table_args__ = (
        Index("events_of_customer", "customer_id", "time", "source", "id"),
        Index("events_by_time", "time"),
        Index("own_contacts", "customer_id", "time", postgresql_where=text("type = 'contact.inbound'")),
    )

    source: str = code_point_text(primary_key=True)
    id: str = code_point_text(primary_key=True)
    seq: int | None = serial(unique=True)
    type: str
    subject: str
    customer_id: UUID = Field(foreign_key="customers.id")
    channel_id: UUID | None = Field(default=None)
    time: datetime = instant()
    received_at: datetime = instant()
    data: Any = json_value()
    data_base64: str | None = Field(default=None)  # kept as it came; rules do not read it
    digest: bytes  # of the content, to tell a copy that differs from one that does not
    conflicting_copies: int = Field(default=0)
    detected: bool = Field(default=True)  # false: imported history, or later than 24 h: stored, flagged, not detected


class DeadLetterRow(SQLModel, table=True):
    """What was refused, with its reason, kept to be mended and replayed. The body may hold personal data: never log it."""

    __tablename__ = "dead_letters"
    __table_args__ = (Index("dead_letters_open", "received_at", postgresql_where=text("replayed_at IS NULL")),)

    id: UUID = primary_id()
    received_at: datetime = instant()
    channel_id: UUID | None = Field(default=None)
    reason: str
    field: str | None = Field(default=None)
    detail: str
    body: bytes
    replayed_at: datetime | None = optional_instant()
