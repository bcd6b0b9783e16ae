"""Attempts (one dial of one number), messages, and the carrier's callbacks as they came."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import instant, json_object, one_of, optional_instant, primary_id


class Leg(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"


class AttemptState(StrEnum):
    """`prepared → submitting → submitted → ringing → connected → ended`, or `unknown` while nobody can say whether it rang."""

    PREPARED = "prepared"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    RINGING = "ringing"
    CONNECTED = "connected"
    UNKNOWN = "unknown"
    ENDED = "ended"


class Ending(StrEnum):
    COMPLETED = "completed"  # it was answered, and is over
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    INVALID_NUMBER = "invalid_number"
    CANCELED = "canceled"
    REFUSED = "refused"  # the carrier said a definite no; the reason is in `error_code`
    ABANDONED = "abandoned"  # a customer answered and the held agent was lost
    UNKNOWN = "unknown"  # never found: counted as a dial, closed after the quiet period
    NOT_PLACED = "not_placed"  # surely never rang (429, no connection, left the queue too late): no dial, try again soon


class Farewell(StrEnum):
    """What a live call of the customer's is redirected to when it has to end."""

    APOLOGY = "apology"  # pressed 1, and the held agent was lost: sorry, and the promise written for it
    MACHINE = "machine"  # leave the message
    SETTLED = "settled"  # what it was about has settled itself meanwhile


UNSETTLED = "state IN ('prepared', 'submitting', 'submitted', 'ringing', 'connected', 'unknown')"


class AttemptRow(SQLModel, table=True):
    """One dial of one number. `token` rides in every callback URL; the row is written before the POST."""

    __tablename__ = "attempts"
    __table_args__ = (
        Index("one_unsettled_attempt", "to_number", "from_number", unique=True, postgresql_where=text(UNSETTLED)),
        Index("attempts_of_escalation", "escalation_id", "prepared_at"),
        Index("attempts_of_number", "to_number", "prepared_at"),
        Index("attempts_of_customer", "customer_id", "prepared_at"),
        Index("attempts_of_sid", "call_sid", unique=True),
        Index("attempts_of_task", "task_id"),
        Index("attempts_of_sender", "from_number", postgresql_where=text(UNSETTLED)),
        # What results are counted from, without a look at the rows themselves.
        Index(
            "attempts_by_submission",
            "submitted_at",
            postgresql_where=text("leg = 'customer' AND submitted_at IS NOT NULL"),
            postgresql_include=["joined_at", "ending", "queue", "rule"],
        ),
        Index(
            "attempts_by_joining",
            "joined_at",
            postgresql_where=text("leg = 'customer' AND joined_at IS NOT NULL"),
            postgresql_include=["task_id", "ended_at"],
        ),
        Index(
            "attempts_of_case",
            "escalation_id",
            "prepared_at",
            postgresql_where=text("leg = 'customer'"),
            postgresql_include=["submitted_at", "joined_at", "ending"],
        ),
    )

    id: UUID = primary_id()
    token: str = Field(unique=True)
    request: str = Field(unique=True)  # what asked for it: preparing the same request twice finds this row
    escalation_id: UUID = Field(foreign_key="escalations.id")
    customer_id: UUID = Field(foreign_key="customers.id")
    task_id: UUID | None = Field(default=None, foreign_key="tasks.id")
    agent_id: UUID | None = Field(default=None, foreign_key="agents.id")
    rule: str
    queue: str | None = Field(default=None)  # the task's as it was dialed
    leg: Leg = one_of(Leg)
    flow: str  # "agent_first" or "customer_first"
    medium: str  # voice_person, voice_recorded
    step: int
    language: str
    script: str | None = Field(default=None)
    about: str | None = Field(default=None)  # why we call, in the call's language; nothing of the customer's own
    say: str | None = Field(default=None)  # words of a promise, spoken exactly as its row has them
    to_number: str  # personal: never log
    from_number: str
    state: AttemptState = one_of(AttemptState, default=AttemptState.PREPARED)
    ending: Ending | None = one_of(Ending, default=None)
    call_sid: str | None = Field(default=None)
    sequence: int = Field(default=-1)  # highest SequenceNumber applied; a later arrival with a lower one changes nothing
    call_status: str | None = Field(default=None)  # the carrier's own word for where the call is, the furthest so far
    sip_code: int | None = Field(default=None)
    prepared_at: datetime = instant()
    submitted_at: datetime | None = optional_instant()  # of the POST; none once it is sure that no call came of it
    unknown_since: datetime | None = optional_instant()
    ringing_at: datetime | None = optional_instant()
    answered_at: datetime | None = optional_instant()
    joined_at: datetime | None = optional_instant()  # both people are in the room
    ended_at: datetime | None = optional_instant()
    answered_by: str | None = Field(default=None)  # the machine detection's verdict
    pressed: str | None = Field(default=None)
    duration: int | None = Field(default=None)  # seconds, as the carrier counts
    error_code: int | None = Field(default=None)
    cancel_requested_at: datetime | None = optional_instant()  # end it at the carrier, or redirect it to its farewell
    farewell: Farewell | None = one_of(Farewell, default=None)  # what is said before the end; none: it just ends
    looked_at: datetime | None = optional_instant()  # when the process last asked the carrier to settle or to stop it
    stopped_at: datetime | None = optional_instant()  # the carrier has taken the cancel or the redirect
    conference: str | None = Field(default=None)  # the room's name
    room_entered: int | None = Field(default=None)  # the room's own SequenceNumber of entering and leaving
    room_left: int | None = Field(default=None)


class CarrierCallbackRow(SQLModel, table=True):
    """A verified webhook as it came, once: the carrier's own token, or call, kind and sequence, tells a repeat."""

    __tablename__ = "carrier_callbacks"

    key: str = Field(primary_key=True)
    attempt_id: UUID | None = Field(default=None, index=True)
    kind: str
    received_at: datetime = instant()
    fields: dict[str, Any] = json_object()  # without From, To and other personal fields


class MessageState(StrEnum):
    PREPARED = "prepared"
    SUBMITTING = "submitting"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    CANCELED = "canceled"  # never posted: its escalation closed before


class MessageRow(SQLModel, table=True):
    """One SMS to a customer, written before it is sent; at most one POST, whatever the answer was."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("messages_of_number", "to_number", "prepared_at"),
        Index("messages_of_customer", "customer_id"),
        Index(
            "messages_by_submission",
            "submitted_at",
            postgresql_where=text("submitted_at IS NOT NULL"),
            postgresql_include=["queue", "rule"],
        ),
        Index("messages_prepared", "id", postgresql_where=text("state = 'prepared'")),
    )

    id: UUID = primary_id()
    token: str = Field(unique=True)
    escalation_id: UUID = Field(foreign_key="escalations.id", index=True)
    customer_id: UUID = Field(foreign_key="customers.id")
    promise_id: UUID | None = Field(default=None, foreign_key="promises.id")
    rule: str
    queue: str | None = Field(default=None)  # the escalation's as it was written
    template: str
    language: str
    to_number: str
    from_number: str
    body: str  # personal: never log
    state: MessageState = one_of(MessageState, default=MessageState.PREPARED)
    message_sid: str | None = Field(default=None, unique=True)
    error_code: int | None = Field(default=None)
    prepared_at: datetime = instant()
    submitted_at: datetime | None = optional_instant()
    looked_at: datetime | None = optional_instant()  # when the process last asked the carrier about it
    ended_at: datetime | None = optional_instant()
