"""Calendars from .ics files and back: what an import would change is shown before anything is saved."""

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendar_text import with_days
from orchestrator.availability.calendars import Calendar
from orchestrator.availability.ics.days import days_of
from orchestrator.availability.ics.reading import read_ics
from orchestrator.availability.tables import CalendarRow
from orchestrator.availability.windows import Spans
from orchestrator.availability.zones import zone
from orchestrator.queueing.floor import parsed
from orchestrator.queueing.hours import calendar_named
from orchestrator.queueing.seen import unified

HORIZON = timedelta(days=730)  # how far ahead of today events are taken over


@dataclass(frozen=True, slots=True)
class Import:
    """What an .ics file makes of a calendar: the dates that become different, and the text that says so."""

    row: CalendarRow
    before: Calendar
    days: Mapping[date, Spans]
    text: str

    @property
    def difference(self) -> str:
        """Return what changes in the text as a unified diff; empty where nothing does."""
        return unified(self.row.document, self.text, since=f"version {self.row.version}", to="with the import")


async def read_import(session: AsyncSession, name: str, raw: bytes, *, opens: bool, now: datetime) -> Import:
    """Return what the file would change from today on, for two years. Saves nothing. Raises `BadIcs`, `NoSuchCalendar`."""
    row = await calendar_named(session, name)
    calendar = parsed(row.document)
    return await to_thread(_imported, row, calendar, raw, opens, calendar.date_at(now))


def _imported(row: CalendarRow, calendar: Calendar, raw: bytes, opens: bool, today: date) -> Import:
    last = today + HORIZON
    stretches = read_ics(raw, zone=zone(calendar.document.zone), first=today, last=last, opens=opens)
    days = days_of(calendar, stretches, first=today, last=last)
    return Import(row, calendar, days, with_days(row.document, days) if days else row.document)
