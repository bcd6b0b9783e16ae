"""Hours recomputed the plain way: look at the clock on the wall and at the windows as people wrote them.

The decisions are made by intersecting intervals; this shares nothing with that but the documents, so one can judge the other.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache

import holidays

from orchestrator.availability.calendars import CalendarDocument
from orchestrator.availability.calling_hours import PlacedHours
from orchestrator.availability.hours import Hours
from orchestrator.availability.jewish_days import memorial_days
from orchestrator.availability.zones import zone as zone_named

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MINUTES = 24 * 60


def calendar_open(document: CalendarDocument, at: datetime, closures: Iterable[tuple[datetime, datetime | None]] = ()) -> bool:
    """Say whether the calendar's wall clock shows a time inside a window at `at` (aware), and no emergency close covers it."""
    closed = any(start <= at and (end is None or at < end) for start, end in closures)
    return not closed and _shows(document, at, document.zone)


def calling_allowed(document: Hours, at: datetime, zones: Sequence[str], *, margin: timedelta = timedelta(0)) -> bool:
    """Say whether every zone's wall clock shows an allowed time at `at`, and for all of `margin` before and after it."""
    minutes = int(margin / _MINUTE)
    instants = [at + shift * _MINUTE for shift in range(-minutes, minutes + 1)]
    return all(_shows(document, instant, zone) for zone in zones for instant in instants)


def _shows(document: Hours, at: datetime, zone: str) -> bool:
    wall = at.astimezone(UTC).astimezone(zone_named(zone))
    minute = wall.hour * 60 + wall.minute
    return _open_on(document, wall.date(), minute) or _open_on(document, wall.date() - _DAY, minute + _MINUTES)


def _open_on(document: Hours, day: date, minute: int) -> bool:
    """Say whether a window that begins on `day` covers the minute, counted from that day's midnight."""
    if day in document.days:
        return _covers(document.days[day], minute)
    weekly: Sequence[str] = getattr(document.weekly, _WEEKDAYS[day.weekday()])
    if isinstance(document, PlacedHours):
        return _covers(weekly, minute) and _allowed_by_holidays(document, day, minute)
    closed = document.holidays if isinstance(document, CalendarDocument) else None
    if closed is None or not closed.closed:
        return _covers(weekly, minute)
    if _is_holiday(closed.country, day):
        return False
    narrowed = closed.eves is not None and _is_holiday(closed.country, day + _DAY)
    return _covers(weekly, minute) and (not narrowed or _covers(closed.eves or (), minute))


def _allowed_by_holidays(document: PlacedHours, day: date, minute: int) -> bool:
    place, rules = (document.country, document.state), document.holidays
    if rules is None:
        return True
    if _is_holiday(place[0], day, place[1]):
        return _covers(rules.hours, minute)
    if rules.eves is not None and _is_holiday(place[0], day + _DAY, place[1]) and not _covers(rules.eves, minute):
        return False
    memorial = rules.memorial_eves is not None and day + _DAY in memorial_days((day + _DAY).year)
    return not memorial or _covers(rules.memorial_eves or (), minute)


def _covers(windows: Sequence[str], minute: int) -> bool:
    return any(start <= minute < end for start, end in map(_minutes, windows))


@cache
def _minutes(window: str) -> tuple[int, int]:
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in window.split("-"))
    return start, end if end > start else end + _MINUTES


def _is_holiday(country: str, day: date, state: str | None = None) -> bool:
    return day in _holidays(country, day.year, state)


@cache
def _holidays(country: str, year: int, state: str | None = None) -> holidays.HolidayBase:
    known = state in holidays.country_holidays(country).subdivisions
    return holidays.country_holidays(country, subdiv=state if known else None, years=year)
