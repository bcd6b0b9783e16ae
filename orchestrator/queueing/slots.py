"""The times a customer may be called again at: those the gates allow and the crew has room for, on the customer's own clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.decisions import decide
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Situation
from orchestrator.availability.verdicts import Go, Refuse, Wait
from orchestrator.escalations.look import Occasion, gather
from orchestrator.escalations.promises import customer_zone
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.rescheduling import of_now
from orchestrator.queueing.slot_room import SLOT as STEP
from orchestrator.queueing.slot_room import slot_room
from orchestrator.queueing.tables import TaskRow
from orchestrator.settings import Settings

SOONEST = timedelta(minutes=10)
AHEAD = timedelta(days=7)
MOST = 96


async def allowed_times(session: AsyncSession, task: TaskRow, *, now: datetime, settings: Settings) -> list[datetime]:
    """Return the allowed half-hours with room of the next days, earliest first, aware in the customer's zone (UTC if unknown).

    What is offered was free when it was asked; `reschedule` asks again.
    """
    customer = await session.get(CustomerRow, task.customer_id)
    escalation = await session.get(EscalationRow, task.escalation_id)
    if customer is None or escalation is None:
        return []
    situation = await gather(
        session, customer, escalation, medium=Medium.VOICE_PERSON, occasion=Occasion.CALL, now=now, settings=settings
    )
    zone = customer_zone(customer) or ZoneInfo("Etc/UTC")
    times = allowed(situation, now=now)
    if not times:
        return []
    room = await slot_room(session, task, times, now=now, settings=settings)
    return [at.astimezone(zone) for at in times if room.at(at)]


def allowed(situation: Situation, *, now: datetime) -> list[datetime]:
    """Return the half-hours that `situation` allows, at most `MOST`; whole closed stretches are passed over at once."""
    found: list[datetime] = []
    at, last = _half_hour(now + SOONEST), now + AHEAD
    while at < last and len(found) < MOST:
        match decide(situation, at):
            case Wait(until=until, reasons=reasons) if not of_now(reasons):
                at = max(_half_hour(until), at + STEP)
            case Refuse():
                break
            case Go() | Wait():
                found.append(at)
                at += STEP
    return found


def _half_hour(instant: datetime) -> datetime:
    """Return the first half-hour at or after `instant`."""
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    return begin - (begin - instant) // STEP * STEP
