"""Whether anything may have changed its mind about a dial after its gates were asked: then they are asked once more."""

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import Phone
from orchestrator.escalations.history import number_is_blocked
from orchestrator.escalations.opening import business_hours
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.permissions.reading import do_not_call_of, number_forbidden
from orchestrator.permissions.tables import ConsentRow
from orchestrator.telephony.tables import AttemptRow, Leg

# An event is received a little before its customer is locked: what came so long before the gates were asked may be news.
_ON_ITS_WAY = timedelta(minutes=1)


async def was_spoken_against(session: AsyncSession, customer: CustomerRow, attempt: AttemptRow) -> bool:
    """Tell whether the customer said something since the call was prepared, or somebody forbids its number.

    Words of the customer are told by their time, as the customer's lock is held. Who shares the number holds another lock, and
    may have begun before the call was prepared and ended after: there what stands now counts. A yes is only a reason to ask.
    """
    if attempt.leg is not Leg.CUSTOMER:
        return False
    words = await do_not_call_of(session, customer.id, Phone(attempt.to_number))
    if number_forbidden(words) or any(row.recorded_at >= attempt.prepared_at for row in words):
        return True
    said = select(ConsentRow.seq).where(ConsentRow.customer_id == customer.id, ConsentRow.recorded_at >= attempt.prepared_at)
    if (await session.exec(said.limit(1))).first() is not None:
        return True
    return await number_is_blocked(session, customer, attempt.to_number) or await _is_told_anew(session, customer, attempt)


async def has_closed(session: AsyncSession, escalation: EscalationRow, attempt: AttemptRow, *, now: datetime) -> bool:
    """Tell whether the queue is closed by now: by its hours, or in an emergency."""
    if attempt.leg is not Leg.CUSTOMER:
        return False
    opening = await business_hours(session, escalation.queue, now=now)
    closed = opening.closed_from is not None and opening.closed_from <= now
    return closed or (opening.hours is not None and not opening.hours.open_at(now))


async def _is_told_anew(session: AsyncSession, customer: CustomerRow, attempt: AttemptRow) -> bool:
    """Tell whether the customer's attributes may have changed: where they are, and what they agree to."""
    told = select(EventRow.seq).where(
        EventRow.customer_id == customer.id,
        EventRow.type == "customer.updated",
        col(EventRow.received_at) >= attempt.prepared_at - _ON_ITS_WAY,
    )
    return (await session.exec(told.limit(1))).first() is not None
