"""The days a page of results is about, as a form gives them: whole days of the reader's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DEFAULT = timedelta(days=6)  # and today: a week
_LONGEST = timedelta(days=366)


def _(text: str) -> str:
    """Mark a text for the catalogue; the page translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Period:
    """`[since, until)` in aware UTC, the days as typed, and what to mend in them; with faults, the period is the usual one."""

    since: datetime
    until: datetime
    first: str
    last: str
    faults: dict[str, str]

    @classmethod
    def read(cls, first: str, last: str, *, zone: str, now: datetime) -> "Period":
        """Return the period from day `first` through day `last` (`2026-03-01`); where one is empty, the usual week."""
        place = ZoneInfo(zone)
        today = now.astimezone(place).date()
        faults: dict[str, str] = {}
        end = _day(last, today, "until", faults)
        start = _day(first, end - _DEFAULT, "since", faults)
        if not faults and start > end:
            faults["since"] = _("The first day comes after the last. Choose an earlier one.")
        if not faults and end - start > _LONGEST:
            faults["since"] = _("This is longer than a year. Choose a later first day.")
        if faults:
            start, end = today - _DEFAULT, today
        since, until = _midnight(start, place), _midnight(end + timedelta(days=1), place)
        return cls(since, until, first if faults else start.isoformat(), last if faults else end.isoformat(), faults)


def _day(text: str, otherwise: date, field: str, faults: dict[str, str]) -> date:
    if not text.strip():
        return otherwise
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        faults[field] = _("This is no day. Write it as 2026-03-01.")
        return otherwise
    if not 2000 <= day.year <= 2200:
        faults[field] = _("No results are kept of that time. Choose a day of this century.")
        return otherwise
    return day


def _midnight(day: date, place: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), place).astimezone(UTC)
