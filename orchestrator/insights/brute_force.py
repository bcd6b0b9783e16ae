"""Hours recomputed the plain way: look at the clock on the wall and at the windows as people wrote them.

The decisions are made by intersecting intervals; this shares nothing with that but the documents, so one can judge the other.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

from orchestrator.availability.calendars import CalendarDocument
from orchestrator.availability.hours import Hours

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_MINUTES = 24 * 60


def calendar_open(document: CalendarDocument, at: datetime, closures: Iterable[tuple[datetime, datetime | None]] = ()) -> bool:
    """Say whether the calendar's wall clock shows a time inside a window at `at` (aware), and no emergency close covers it."""
    closed = any(start <= at and (end is None or at < end) for start, end in closures)
    return not closed and _shows(document, at, document.zone)


def calling_allowed(document: Hours, at: datetime, zones: Sequence[str], *, margin: timedelta = timedelta(0)) -> bool:
    """Say whether every zone's wall clock shows an allowed time at `at`, and at `margin` before and after it."""
    instants = {at - margin, at, at + margin - timedelta(microseconds=1 if margin else 0)}
    return all(_shows(document, instant, zone) for zone in zones for instant in instants)


def _shows(document: Hours, at: datetime, zone: str) -> bool:
    wall = at.astimezone(UTC).astimezone(ZoneInfo(zone))
    minute = wall.hour * 60 + wall.minute
    today, yesterday = wall.date(), wall.date() - _DAY
    return _covers(_windows(document, today), minute) or _covers(_windows(document, yesterday), minute + _MINUTES)


def _covers(windows: Sequence[str], minute: int) -> bool:
    return any(start <= minute < end for start, end in map(_minutes, windows))


def _minutes(window: str) -> tuple[int, int]:
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in window.split("-"))
    return start, end if end > start else end + _MINUTES


def _windows(document: Hours, day: date) -> Sequence[str]:
    if day in document.days:
        return document.days[day]
    weekly: Sequence[str] = getattr(document.weekly, _WEEKDAYS[day.weekday()])
    if not isinstance(document, CalendarDocument) or document.holidays is None or not document.holidays.closed:
        return weekly
    if _is_holiday(document.holidays.country, day):
        return ()
    if document.holidays.eves is None or not _is_holiday(document.holidays.country, day + _DAY):
        return weekly
    return _both(weekly, document.holidays.eves)


def _is_holiday(country: str, day: date) -> bool:
    return day in holidays.country_holidays(country, years=day.year)


def _both(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """What two days' windows share, minute by minute."""
    both = [minute for minute in range(2 * _MINUTES) if _covers(left, minute) and _covers(right, minute)]
    starts = [minute for minute in both if minute - 1 not in both]
    ends = [minute + 1 for minute in both if minute + 1 not in both]
    return [f"{_clock(start)}-{_clock(end)}" for start, end in zip(starts, ends, strict=True)]


def _clock(minute: int) -> str:
    minute = minute if minute <= _MINUTES else minute - _MINUTES
    return f"{minute // 60:02}:{minute % 60:02}"
