"""Which customer attempts were prepared at a time that the windows, recomputed by brute force, do not allow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import CalendarDocument, read_calendar
from orchestrator.availability.calling_hours import CallingHoursBook
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.zones import locate
from orchestrator.insights.brute_force import calendar_open, calling_allowed

_ATTEMPTS = """
SELECT a.id, a.prepared_at, a.to_number, c.attributes, e.purpose, q.calendar, k.document
FROM attempts a
JOIN customers c ON c.id = a.customer_id
JOIN escalations e ON e.id = a.escalation_id
LEFT JOIN tasks t ON t.id = a.task_id
LEFT JOIN queues q ON q.name = coalesce(t.queue, e.queue)
LEFT JOIN calendars k ON k.name = q.calendar
WHERE a.leg = 'customer'
"""
_CLOSURES = "SELECT calendar, starts_at, ends_at FROM closures"

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
    """Return the attempts to customers whose stored `prepared_at` lies outside business or calling hours."""
    connection = await session.connection()
    closures: Closures = {}
    for calendar, starts_at, ends_at in await connection.execute(text(_CLOSURES)):
        closures.setdefault(calendar, []).append((starts_at, ends_at))
    dialled = [
        Dialled(id_, at, number, attributes, Purpose(purpose), calendar, document)
        for id_, at, number, attributes, purpose, calendar, document in await connection.execute(text(_ATTEMPTS))
    ]
    documents: dict[str, CalendarDocument] = {}
    return [each.attempt_id for each in dialled if not _inside(each, book, closures, documents)]


def _inside(each: Dialled, book: CallingHoursBook, closures: Closures, known: dict[str, CalendarDocument]) -> bool:
    if each.calendar is not None and each.document is not None:
        if each.calendar not in known:
            known[each.calendar] = read_calendar(each.document.encode()).document
        if not calendar_open(known[each.calendar], each.at, closures.get(each.calendar, ())):
            return False
    place = locate(zone=each.attributes.get("zone"), country=each.attributes.get("country"), phone=each.number)
    if isinstance(place, Unplaced):
        return False
    country = each.attributes.get("country")
    hours = book.hours_for(country if isinstance(country, str) else None, each.purpose)
    return calling_allowed(hours.document, each.at, place.zones, margin=place.margin)
