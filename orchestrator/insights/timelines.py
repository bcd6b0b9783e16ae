"""A customer's journey as we know it: events, what was found in them, and all that was done about it, newest first."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, cast, func, or_
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import DecisionRow, EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow, EventRow, SubjectRow
from orchestrator.storage.columns import Json
from orchestrator.storage.locks import NoSuchCustomer
from orchestrator.telephony.tables import AttemptRow, MessageRow


class Kind(StrEnum):
    ATTEMPT = "attempt"
    DECISION = "decision"
    ESCALATION = "escalation"
    EVENT = "event"
    MESSAGE = "message"
    MOMENT = "moment"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `detail` holds the columns of its kind; (`at`, `id`) is its place in the timeline.

    `id` is the row's; of an event, which is known by source and id, a digest of these.
    """

    at: datetime
    kind: Kind
    id: UUID
    detail: Json


@dataclass(frozen=True, slots=True)
class _Source:
    table: type[SQLModel]
    at: str
    columns: tuple[str, ...]


_SOURCES = {
    Kind.ATTEMPT: _Source(
        AttemptRow,
        "prepared_at",
        ("escalation_id", "task_id", "leg", "flow", "medium", "state", "ending", "answered_at", "joined_at", "ended_at"),
    ),
    Kind.DECISION: _Source(
        DecisionRow, "at", ("escalation_id", "occasion", "medium", "answer", "until", "reasons", "verdicts", "rule", "version")
    ),
    Kind.ESCALATION: _Source(
        EscalationRow,
        "opened_at",
        (
            "state",
            "outcome",
            "reasons",
            "rule",
            "version",
            "plan",
            "purpose",
            "priority",
            "queue",
            "closed_at",
            "canceled_reason",
        ),
    ),
    Kind.EVENT: _Source(
        EventRow, "time", ("type", "source", "channel_id", "subject", "received_at", "data", "detected", "conflicting_copies")
    ),
    Kind.MESSAGE: _Source(MessageRow, "prepared_at", ("escalation_id", "template", "language", "state", "ended_at")),
    Kind.MOMENT: _Source(
        MomentRow,
        "at",
        (
            *("rule", "version", "mode", "key", "found_at", "moment", "stage", "purpose", "evidence", "words", "verdict"),
            *("status", "expires_at", "ended_at", "found_by", "withdrawn_by", "merged_at"),
            *("worth", "confidence", "plan", "escalation_id"),
        ),
    ),
    Kind.PROMISE: _Source(
        PromiseRow,
        "written_at",
        ("escalation_id", "state", "words", "medium", "due_at", "said_at", "ended_at", "cause", "renews"),
    ),
}


async def find_customer(session: AsyncSession, subject: str) -> CustomerRow:
    """Return the customer that a subject means today. Raises `NoSuchCustomer`, whose text does not repeat the subject."""
    query = select(CustomerRow).where(CustomerRow.id == SubjectRow.customer_id, SubjectRow.subject == subject)
    found = (await session.exec(query)).first()
    if found is None:
        raise NoSuchCustomer("no customer has this subject")
    return found


async def get_customer(session: AsyncSession, customer_id: UUID) -> CustomerRow:
    """Return a customer, or the one it was merged into. Raises `NoSuchCustomer`."""
    found = await session.get(CustomerRow, customer_id)
    while found is not None and found.merged_into is not None:
        found = await session.get(CustomerRow, found.merged_into)
    if found is None:
        raise NoSuchCustomer(f"no customer {customer_id}")
    return found


async def customer_named(session: AsyncSession, name: str) -> CustomerRow:
    """Return a customer by our id, or by an id of the caller's system. Raises `NoSuchCustomer`, which repeats no name."""
    with suppress(ValueError):
        return await get_customer(session, UUID(name))
    subject = await session.get(SubjectRow, name)
    if subject is None:
        raise NoSuchCustomer("no customer is known by this id")
    return await get_customer(session, subject.customer_id)


async def subjects_of(session: AsyncSession, customer_id: UUID) -> Sequence[str]:
    """Return every id the customer is known by."""
    query = select(SubjectRow.subject).where(SubjectRow.customer_id == customer_id).order_by(SubjectRow.subject)
    return (await session.exec(query)).all()


async def open_escalation_of(session: AsyncSession, customer_id: UUID) -> UUID | None:
    """Return the customer's open escalation without locking it."""
    query = select(EscalationRow.id).where(EscalationRow.customer_id == customer_id, EscalationRow.state != State.CLOSED)
    return (await session.exec(query)).first()


async def timeline(
    session: AsyncSession, customer_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Entry]:
    """Return the newest `limit` entries that come before the place `before`, the newest first."""
    entries: list[Entry] = []
    for kind, source in _SOURCES.items():
        entries += await _entries(session, customer_id, kind, source, before, limit)
    entries.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    return entries[:limit]


async def _entries(
    session: AsyncSession,
    customer_id: UUID,
    kind: Kind,
    source: _Source,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Entry]:
    table: Any = source.table  # Any: the tables share these columns and no type that says so
    at = getattr(table, source.at)
    id = cast(func.md5(table.source + " " + table.id), Uuid()) if kind is Kind.EVENT else table.id
    query = select(table, id).where(table.customer_id == customer_id)
    if before is not None:
        time, last = before
        query = query.where(or_(at < time, and_(at == time, id < last)))
    rows = (await session.exec(query.order_by(at.desc(), id.desc()).limit(limit))).all()
    return [
        Entry(getattr(row, source.at), kind, name, {column: getattr(row, column) for column in source.columns})
        for row, name in rows
    ]
