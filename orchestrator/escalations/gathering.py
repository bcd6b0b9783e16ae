"""What the gates are asked with, a function for each part of it, from what the database knows in this transaction.

The same parts serve an escalation's contact and one that somebody only asks about.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.consent import Wishes
from orchestrator.availability.country_caps import caps_by_law
from orchestrator.availability.limits import LimitsDocument
from orchestrator.availability.marketing_rules import Listing, Peace, country_of
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.situation import Budget, Cap, Situation, Staffing
from orchestrator.escalations.customer_hours import CustomerHours, customer_hours
from orchestrator.escalations.history import contacts, number_is_blocked
from orchestrator.escalations.opening import business_hours, switches
from orchestrator.escalations.prospect import Prospect
from orchestrator.escalations.spending import budgets_on
from orchestrator.permissions.marketing import listing_of, peace_of
from orchestrator.permissions.reading import (
    consents_of,
    do_not_call_of,
    forbidden_since,
    number_forbidden,
    statement_of,
)
from orchestrator.permissions.tables import DoNotCallRow
from orchestrator.queueing.limits import limits_in_force
from orchestrator.queueing.presence import agents_on_duty
from orchestrator.queueing.promising import forecast_wait
from orchestrator.settings import Settings


async def situation_of(session: AsyncSession, prospect: Prospect, *, now: datetime, settings: Settings) -> Situation:
    """Return everything the decision about this contact depends on."""
    limits = await limits_on(session, prospect, settings)
    caps = caps_of(prospect, limits)
    words = await do_not_call_of(session, prospect.customer.id, prospect.number)
    past = await contacts(session, prospect.customer, prospect.number, caps=caps, now=now)
    there = hours_there(prospect, settings)
    opening = await business_hours(session, prospect.queue, now=now)
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
        wishes=await wishes_of(session, prospect, words),
        said=tuple(statement_of(row) for row in await consents_of(session, prospect.customer.id)),
        listing=await listing(session, prospect, settings),
        peace=await peace(session, prospect, settings),
        worth=prospect.worth,
        caps=caps,
        contacts=past.of_customer,
        number_contacts=past.of_number,
        business=opening.hours,
        closed_from=opening.closed_from,
        calendar=opening.calendar,
        not_before=prospect.not_before,
        staffing=await staffing_of(session, prospect, now=now, settings=settings),
        budgets=await budgets_of(session, prospect, limits, now=now, settings=settings),
        switches=await switches(session, queue=prospect.queue, rule=prospect.rule),
        recheck=settings.staffing_relook,
    )


def hours_there(prospect: Prospect, settings: Settings) -> CustomerHours:
    """Return when the customer may be reached where they are, and when they rest."""
    attributes, purpose, medium = prospect.customer.attributes, prospect.purpose, prospect.medium
    return customer_hours(attributes, prospect.number, purpose=purpose, medium=medium, rest_in=frozenset(settings.rest_in))


async def wishes_of(session: AsyncSession, prospect: Prospect, words: Sequence[DoNotCallRow]) -> Wishes:
    """Return what the attributes say, what `words` of do-not-call forbid, and whether anybody forbade calls to the number."""
    customer, number = prospect.customer, prospect.number
    told = Wishes.of(customer.attributes, do_not_call_since=customer.opted_out_at)
    return Wishes(
        do_not_call=told.do_not_call,
        do_not_call_since=told.do_not_call_since,
        number_blocked=number is not None and (number_forbidden(words) or await number_is_blocked(session, customer, number)),
        topic_forbidden_since=forbidden_since(words, prospect.subject),
        consent=told.consent,
    )


async def listing(session: AsyncSession, prospect: Prospect, settings: Settings) -> Listing | None:
    """Return what the registry says of the number; it is asked about calls that sell, and no others."""
    if prospect.purpose is not Purpose.MARKETING or prospect.number is None or not prospect.medium.is_voice:
        return None
    demanded, sector = settings.registry_countries, settings.sector
    return await listing_of(session, prospect.number, evidence=prospect.evidence, demanded=demanded, sector=sector)


async def peace(session: AsyncSession, prospect: Prospect, settings: Settings) -> Peace | None:
    """Return how long a customer who declined an offer is left alone, where they and their number are."""
    if prospect.purpose is not Purpose.MARKETING:
        return None
    country = prospect.customer.attributes.get("country")
    named = {country.upper()} if isinstance(country, str) else set()
    of_number = None if prospect.number is None else country_of(prospect.number)
    countries = named | ({of_number} if of_number is not None else set())
    return await peace_of(session, prospect.customer.id, countries, sector=settings.sector)


async def limits_on(session: AsyncSession, prospect: Prospect, settings: Settings) -> LimitsDocument | None:
    """Return the limits that hold; None for a requested callback and for one that was promised, which are exempt from all."""
    if prospect.promised or prospect.purpose is Purpose.REQUESTED_CALLBACK:
        return None
    return (await limits_in_force(session, settings)).document


def caps_of(prospect: Prospect, limits: LimitsDocument | None) -> tuple[Cap, ...]:
    """Return the caps that hold, ours and the law's where the customer is."""
    if limits is None:
        return ()
    told = prospect.customer.attributes
    by_law = caps_by_law(purpose=prospect.purpose, country=told.get("country"), state=told.get("state"), phone=prospect.number)
    return (*(cap.as_cap() for cap in limits.caps), *by_law)


async def budgets_of(
    session: AsyncSession, prospect: Prospect, limits: LimitsDocument | None, *, now: datetime, settings: Settings
) -> tuple[Budget, ...]:
    """Return the budgets that the contact draws on, with what is used of them."""
    if limits is None:
        return ()
    return await budgets_on(
        session,
        limits,
        queue=prospect.queue,
        rule=prospect.rule,
        medium=prospect.medium,
        now=now,
        settings=settings,
        besides=prospect.besides,
    )


async def staffing_of(session: AsyncSession, prospect: Prospect, *, now: datetime, settings: Settings) -> Staffing | None:
    """Return who could speak; None where an agent is in hand already, or no queue is known yet."""
    if prospect.queue is None or prospect.agent_in_hand:
        return None
    there = Staffing(agents_on_duty=await agents_on_duty(session, prospect.queue, now))
    if prospect.promising is None or there.agents_on_duty == 0:
        return there
    told = prospect.customer.attributes.get("language")
    language = told if isinstance(told, str) and told else None
    wait, before = await forecast_wait(
        session, prospect.queue, prospect.promising, language=language, now=now, settings=settings
    )
    return replace(there, open_tasks=before, forecast_wait=wait, promise=prospect.promising.within)
