"""What a why-card reads of a customer's past: events over all channels, calls and messages, what agents wrote down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow
from orchestrator.insights.why_consent import BY_CONSENT
from orchestrator.intake.tables import EventRow
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.telephony.tables import AttemptRow, Leg, MessageRow

BACK = timedelta(days=30)
_EVENTS, _TRIES = 30, 10


@dataclass(frozen=True, slots=True)
class Tried:
    """One try to reach or help the customer. `how` is `call`, `message` or `talk`; `result` its ending as a code, or none."""

    at: datetime
    how: str
    result: str | None
    note: str | None = None  # what the agent wrote down


async def recent_events(session: AsyncSession, customer_id: UUID, *, now: datetime) -> Sequence[EventRow]:
    """Return the customer's latest events, the newest first."""
    query = select(EventRow).where(EventRow.customer_id == customer_id, col(EventRow.time) > now - BACK)
    query = query.order_by(col(EventRow.time).desc(), col(EventRow.source).desc(), col(EventRow.id).desc())
    return (await session.exec(query.limit(_EVENTS))).all()


async def tried(session: AsyncSession, customer_id: UUID, *, now: datetime) -> tuple[Tried, ...]:
    """Return what was tried of late, for this reason or any other, the newest first."""
    calls = select(AttemptRow).where(AttemptRow.customer_id == customer_id, AttemptRow.leg == Leg.CUSTOMER)
    calls = calls.where(col(AttemptRow.prepared_at) > now - BACK).order_by(col(AttemptRow.prepared_at).desc())
    messages = select(MessageRow).where(MessageRow.customer_id == customer_id, col(MessageRow.prepared_at) > now - BACK)
    messages = messages.order_by(col(MessageRow.prepared_at).desc())
    talks = select(TaskRow).where(TaskRow.customer_id == customer_id, TaskRow.state == TaskState.DONE)
    talks = talks.where(col(TaskRow.ended_at) > now - BACK).order_by(col(TaskRow.ended_at).desc())
    found = [
        *(_call(row) for row in (await session.exec(calls.limit(_TRIES))).all()),
        *(
            Tried(row.prepared_at, "message", row.state.value, row.body)
            for row in (await session.exec(messages.limit(_TRIES))).all()
        ),
        *(
            Tried(row.ended_at or row.queued_at, "talk", row.disposition, row.notes)
            for row in (await session.exec(talks.limit(_TRIES))).all()
        ),
    ]
    return tuple(sorted(found, key=lambda each: each.at, reverse=True)[:_TRIES])


async def suppressed_by_consent(session: AsyncSession, customer_id: UUID, *, now: datetime) -> Sequence[MomentRow]:
    """Return the moments nobody was called for because consent does not cover them, while they still count."""
    query = select(MomentRow).where(MomentRow.customer_id == customer_id, MomentRow.verdict == BY_CONSENT)
    return (await session.exec(query.where(col(MomentRow.expires_at) > now).order_by(col(MomentRow.at).desc()))).all()


def _call(row: AttemptRow) -> Tried:
    result = row.ending.value if row.ending is not None else row.state.value
    return Tried(row.prepared_at, "call", "talked" if row.joined_at is not None else result)
