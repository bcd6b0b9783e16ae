"""What the gates are asked with, a function for each part of it, from what the database knows in this transaction.

The same parts serve an escalation's contact and one that somebody only asks about.
"""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.consent import Wishes
from orchestrator.availability.country_caps import caps_by_law
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.situation import Cap, Situation, Staffing
from orchestrator.escalations.customer_hours import CustomerHours, customer_hours
from orchestrator.escalations.history import contacts, number_is_blocked
from orchestrator.escalations.opening import business_hours, calendar_version, switches
from orchestrator.escalations.prospect import Prospect
from orchestrator.queueing.limits import limits_in_force
from orchestrator.queueing.presence import agents_on_duty
from orchestrator.settings import Settings


async def situation_of(session: AsyncSession, prospect: Prospect, *, now: datetime, settings: Settings) -> Situation:
    """Return everything the decision about this contact depends on."""
    caps = await caps_of(session, prospect, settings)
    past = await contacts(session, prospect.customer, prospect.number, caps=caps, now=now)
    there = hours_there(prospect, settings)
    return Situation(
        purpose=prospect.purpose,
        medium=prospect.medium,
        rule=prospect.rule,
        subject=prospect.subject,
        calling=there.calling,
        calling_from=there.calling_from,
        rest=there.rest,
        rest_from=there.rest_from,
        expires_at=prospect.expires_at,
        resolved=prospect.resolved,
        erased=prospect.customer.erased_at is not None,
        promised=prospect.promised,
        requested_at=prospect.requested_at,
        wishes=await wishes_of(session, prospect),
        worth=prospect.worth,
        caps=caps,
        contacts=past.of_customer,
        number_contacts=past.of_number,
        business=await business_hours(session, prospect.queue, now=now),
        calendar=await calendar_version(session, prospect.queue),
        not_before=prospect.not_before,
        staffing=await staffing_of(session, prospect, now=now),
        switches=await switches(session, queue=prospect.queue, rule=prospect.rule),
        recheck=settings.staffing_relook,
    )


def hours_there(prospect: Prospect, settings: Settings) -> CustomerHours:
    """Return when the customer may be reached where they are, and when they rest."""
    attributes, purpose, medium = prospect.customer.attributes, prospect.purpose, prospect.medium
    return customer_hours(attributes, prospect.number, purpose=purpose, medium=medium, rest_in=frozenset(settings.rest_in))


async def wishes_of(session: AsyncSession, prospect: Prospect) -> Wishes:
    """Return what the customer agreed to and forbade, and whether anybody forbade calls to the number."""
    customer, number = prospect.customer, prospect.number
    told = Wishes.of(customer.attributes, do_not_call_since=customer.opted_out_at)
    return Wishes(
        do_not_call=told.do_not_call,
        do_not_call_since=told.do_not_call_since,
        number_blocked=number is not None and await number_is_blocked(session, customer, number),
        consent=told.consent,
    )


async def caps_of(session: AsyncSession, prospect: Prospect, settings: Settings) -> tuple[Cap, ...]:
    """Return the caps that hold, ours and the law's; a requested callback and one that was promised are exempt from all."""
    if prospect.promised or prospect.purpose is Purpose.REQUESTED_CALLBACK:
        return ()
    told = prospect.customer.attributes
    by_law = caps_by_law(purpose=prospect.purpose, country=told.get("country"), state=told.get("state"), phone=prospect.number)
    ours = (await limits_in_force(session, settings)).document.caps
    return (*(cap.as_cap() for cap in ours), *by_law)


async def staffing_of(session: AsyncSession, prospect: Prospect, *, now: datetime) -> Staffing | None:
    """Return who could speak; None where an agent is in hand already, or no queue is known yet."""
    if prospect.queue is None or prospect.agent_in_hand:
        return None
    return Staffing(agents_on_duty=await agents_on_duty(session, prospect.queue, now))
