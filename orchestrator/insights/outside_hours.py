"""Which customer attempts were prepared at a time that the windows, recomputed by brute force, do not allow.

A customer's own wishes count; rest that a place keeps by custom does not, since it is a setting of the deployment.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import CalendarDocument, read_calendar
from orchestrator.availability.consent import lifts_hours
from orchestrator.availability.hours_book import CallingHoursBook
from orchestrator.availability.preferences import Preferences
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.rest import Observance, awake
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.insights.brute_force import calendar_open, calling_allowed

# The purpose is that of the rule the customer was dialed for, whatever leads the escalation today.
_ATTEMPTS = """
SELECT a.id, a.prepared_at, a.to_number, a.customer_id, c.attributes,
       coalesce((SELECT min(m.purpose) FROM moments m WHERE m.escalation_id = e.id AND m.rule = a.rule), e.purpose),
       q.calendar, k.document
FROM attempts a
JOIN customers c ON c.id = a.customer_id
JOIN escalations e ON e.id = a.escalation_id
LEFT JOIN tasks t ON t.id = a.task_id
LEFT JOIN queues q ON q.name = coalesce(t.queue, e.queue)
LEFT JOIN calendars k ON k.name = q.calendar
WHERE a.leg = 'customer'
"""
_CLOSURES = "SELECT calendar, starts_at, ends_at FROM closures"
# What was told of the customers and when we learned it; what came under another id than the one kept, first.
_UPDATES = """
SELECT e.customer_id, e.received_at, e.data
FROM events e JOIN customers c ON c.id = e.customer_id
WHERE e.type = 'customer.updated' AND c.id IN (SELECT customer_id FROM attempts WHERE leg = 'customer')
ORDER BY e.subject = c.subject, e.time, e.source, e.id
"""

Updates = dict[UUID, list[tuple[datetime, dict[str, Any]]]]
Closures = dict[str, list[tuple[datetime, datetime | None]]]


@dataclass(frozen=True, slots=True)
class Dialled:
    """One customer attempt, and what its time is held against."""

    attempt_id: UUID
    at: datetime
    number: str
    attributes: dict[str, Any]  # the customer's, of any shape
    purpose: Purpose
    calendar: str | None
    document: str | None


async def dials_outside_hours(session: AsyncSession, book: CallingHoursBook) -> list[UUID]:
    """Return the attempts to customers whose stored `prepared_at` lies outside business or calling hours.

    Each is held against what was known of the customer at that time, and against the calendars as they are written today.
    """
    connection = await session.connection()
    closures: Closures = {}
    for calendar, starts_at, ends_at in await connection.execute(text(_CLOSURES)):
        closures.setdefault(calendar, []).append((starts_at, ends_at))
    updates: Updates = {}
    for customer, received_at, data in await connection.execute(text(_UPDATES)):
        updates.setdefault(customer, []).append((received_at, data))
    dialled = [
        Dialled(id_, at, number, _known(attributes, updates.get(customer, ()), at), Purpose(purpose), calendar, document)
        for id_, at, number, customer, attributes, purpose, calendar, document in await connection.execute(text(_ATTEMPTS))
    ]
    documents: dict[str, CalendarDocument] = {}
    return [each.attempt_id for each in dialled if not _inside(each, book, closures, documents)]


def _known(today: dict[str, Any], updates: Iterable[tuple[datetime, dict[str, Any]]], at: datetime) -> dict[str, Any]:
    """Return the attributes as events had told them by `at`; today's, where no event told any."""
    told = [data for received_at, data in updates if received_at <= at]
    if not told:
        return {} if updates else today
    merged: dict[str, Any] = {}
    for data in told:
        merged |= data
    return {name: value for name, value in merged.items() if value is not None}


def _inside(each: Dialled, book: CallingHoursBook, closures: Closures, known: dict[str, CalendarDocument]) -> bool:
    if each.calendar is not None and each.document is not None:
        if each.calendar not in known:
            known[each.calendar] = read_calendar(each.document.encode()).document
        if not calendar_open(known[each.calendar], each.at, closures.get(each.calendar, ())):
            return False
    where = whereabouts(each.attributes, phone=each.number)
    place = where.place
    if isinstance(place, Unplaced):
        return False
    holding = book.holding(where, each.purpose, Medium.VOICE_PERSON, lifted=lifts_hours(each.attributes))
    wish = Preferences.of(each.attributes)
    if wish.hours is not None and not calling_allowed(wish.hours.document, each.at, place.zones):
        return False
    rest = awake(place.zones, wish.rest or Observance.NONE, where.at)
    if rest is not None and not rest.open_at(each.at):
        return False
    return all(calling_allowed(held.hours.document, each.at, place.zones, margin=place.margin) for held in holding)
