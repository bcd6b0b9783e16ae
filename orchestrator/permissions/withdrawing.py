"""What somebody has just said takes effect at once: open cases it forbids are withdrawn in the same transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.lifecycle import end
from orchestrator.escalations.moments import gone
from orchestrator.escalations.records import nudge
from orchestrator.escalations.standing import live
from orchestrator.escalations.states import Outcome
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.locks import open_escalation


async def take_back(
    session: AsyncSession, customer: CustomerRow, forbids: Callable[[MomentRow], bool], *, now: datetime
) -> None:
    """End the moments that `forbids` names, and with the last of them the case; what is left is looked at anew.

    The customer's lock is held. A call under way ends as it will, and the case with it.
    """
    case = await open_escalation(session, customer.id)
    if case is None:
        return
    standing = await live(session, case)
    forbidden = [moment for moment in standing if forbids(moment)]
    if forbidden and len(forbidden) == len(standing):
        await end(session, customer, case, Outcome.OPTED_OUT, now=now)
        return
    if forbidden:
        await gone(session, customer, forbidden, MomentStatus.ENDED, now=now)
    await nudge(session, case, now=now)
