"""What each date of a calendar is, and why: a plain day, a closed one, a holiday, an eve, or a date of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from orchestrator.availability.calendars import Calendar
from orchestrator.availability.holiday_dates import HolidayName, holiday_names
from orchestrator.availability.windows import Spans

_DAY = timedelta(days=1)


class DayKind(StrEnum):
    OPEN = "open"  # by the week
    CLOSED = "closed"  # by the week
    HOLIDAY = "holiday"
    EVE = "eve"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A date, its windows, and why they are so. `holiday` is what it is, or for an eve what comes after it."""

    date: date
    kind: DayKind
    spans: Spans
    holiday: HolidayName | None = None


def day_of(calendar: Calendar, day: date) -> CalendarDay:
    """Return what a date is; an override of a holiday still says which holiday it is."""
    spans, known = calendar.spans_on(day), calendar.document.holidays
    today = None if known is None else holiday_names(known.country, day.year, known.subdivision).get(day)
    if day in calendar.document.days:
        return CalendarDay(day, DayKind.OVERRIDE, spans, today)
    if known is not None and known.closed and today is not None:
        return CalendarDay(day, DayKind.HOLIDAY, spans, today)
    if known is not None and known.closed and known.eves is not None:
        after = day + _DAY
        if (name := holiday_names(known.country, after.year, known.subdivision).get(after)) is not None:
            return CalendarDay(day, DayKind.EVE, spans, name)
    return CalendarDay(day, DayKind.OPEN if spans else DayKind.CLOSED, spans, today)


def days_between(calendar: Calendar, first: date, last: date) -> Iterator[CalendarDay]:
    """Yield the dates `[first, last)`."""
    while first < last:
        yield day_of(calendar, first)
        first += _DAY
