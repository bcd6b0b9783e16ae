"""Whether anybody spoke against a dial after its gates were asked: then they are asked once more before it is placed."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import Phone
from orchestrator.escalations.history import number_is_blocked
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.reading import do_not_call_of, number_forbidden
from orchestrator.permissions.tables import ConsentRow
from orchestrator.telephony.tables import AttemptRow, Leg


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
    return await number_is_blocked(session, customer, attempt.to_number)
