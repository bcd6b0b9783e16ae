"""Hours and days by the clock of a zone: budgets are renewed as one ends. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.availability.intervals import Interval, utc
from orchestrator.availability.limits import Period

_HOUR = timedelta(hours=1)


def period_at(period: Period, now: datetime, zone: ZoneInfo) -> Interval:
    """Return the hour or the day of `zone` in which `now` (aware) lies, in UTC.

    A day on which clocks change has 23 or 25 hours. An hour lasts an hour, also where clocks change by half of one.
    """
    local = now.astimezone(zone)
    if period is Period.HOUR:
        start = utc(now) - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return Interval(start, start + _HOUR)
    today, tomorrow = (datetime.combine(local.date() + timedelta(days), time(), zone) for days in (0, 1))
    return Interval(utc(today), utc(tomorrow))
