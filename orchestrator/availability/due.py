"""By when a person has to call back somebody who left a message (semantics, 7)."""

from datetime import date, datetime, timedelta

from orchestrator.availability.calendars import Calendar
from orchestrator.availability.intervals import Intervals, utc

_DAY = timedelta(days=1)
_HORIZON = 400


def callback_due(
    calendar: Calendar, left: datetime, *, within: timedelta, cutoff: timedelta, closures: Intervals = ()
) -> datetime | None:
    """Return when a callback asked for at `left` is due (aware UTC), None where nothing opens for 400 days.

    Left while open and at least `cutoff` before the last closing of that day: `left + within`. Otherwise the next opening
    `+ within`. Neither goes beyond the last closing of its day, and a due time in the day's gap stays there. The day is
    the date on which the window begins; where two nights' windows overlap, the one that closes later counts.
    """
    left = utc(left)
    today = calendar.date_at(left)
    closing = _closing(calendar, left, today, closures)
    if closing is not None and closing - left >= cutoff:
        return min(left + within, closing)
    return _after_next_opening(calendar, left, today, within, closures)


def _closing(calendar: Calendar, left: datetime, today: date, closures: Intervals) -> datetime | None:
    """Return the last closing of the day whose window contains `left`, None while closed."""
    days = (calendar.opening_on(day, closures) for day in (today - 2 * _DAY, today - _DAY, today, today + _DAY))
    return max((day[-1].end for day in days if any(start <= left < end for start, end in day)), default=None)


def _after_next_opening(
    calendar: Calendar, left: datetime, today: date, within: timedelta, closures: Intervals
) -> datetime | None:
    for offset in range(-2, _HORIZON):
        day = calendar.opening_on(today + offset * _DAY, closures)
        opening = next((start for start, _ in day if start > left), None)
        if opening is not None:
            return min(opening + within, day[-1].end)
    return None
