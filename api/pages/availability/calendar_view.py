"""A calendar as it is drawn: a week with its hours, and a year of dates with what they are. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, dates

from orchestrator.availability.calendar_days import CalendarDay, DayKind, day_of
from orchestrator.availability.calendar_text import windows
from orchestrator.availability.calendars import Calendar
from orchestrator.availability.intervals import Interval
from orchestrator.availability.zones import zone

_DAY, _WHOLE = timedelta(days=1), 24 * 60
_FAR = datetime(3000, 1, 1, tzinfo=UTC)  # where an open-ended close is cut: no page shows that day


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a day, in minutes after its midnight. `look`: open, wash (an emergency close) or shut (what it cuts)."""

    start: int
    length: int
    look: str = "open"


@dataclass(frozen=True, slots=True)
class DayShown:
    """A date on the page. `clock` is +1 where clocks go forward on it, -1 where they go back, else 0."""

    day: CalendarDay
    label: str
    hours: str
    is_today: bool
    bars: tuple[Bar, ...] = ()
    clock: int = 0

    @property
    def is_half(self) -> bool:
        return self.day.kind is DayKind.EVE and bool(self.day.spans)

    @property
    def is_shut(self) -> bool:
        """Say whether an emergency close cuts any of its hours."""
        return any(bar.look == "shut" for bar in self.bars)

    @property
    def look(self) -> str:
        """Return the name of its look: its kind, and for an override or an eve whether it is closed."""
        if self.day.kind in (DayKind.OVERRIDE, DayKind.EVE) and not self.day.spans:
            return f"{self.day.kind} shut"
        return self.day.kind.value


@dataclass(frozen=True, slots=True)
class Month:
    """A month as rows of seven; None where the week belongs to another month."""

    name: str
    weeks: tuple[tuple[DayShown | None, ...], ...]


def shown(calendar: Calendar, day: date, *, today: date, locale: Locale, closures: Sequence[Interval] = ()) -> DayShown:
    """Return a date as a row of the week shows it, with its bars."""
    known = day_of(calendar, day)
    bars = _bars(calendar, day, closures)
    label = dates.format_skeleton("MMMEd", datetime.combine(day, time.min), locale=locale)
    hours = ", ".join(windows(known.spans))
    return DayShown(known, label, hours, day == today, bars, _clock(day, zone(calendar.document.zone)))


def week_of(calendar: Calendar, day: date, *, today: date, locale: Locale, closures: Sequence[Interval]) -> list[DayShown]:
    """Return the week of `day`, from its Sunday on."""
    first = _sunday(day)
    return [shown(calendar, first + number * _DAY, today=today, locale=locale, closures=closures) for number in range(7)]


def year_of(calendar: Calendar, year: int, *, today: date, locale: Locale) -> list[Month]:
    """Return the twelve months of a year."""
    names = dates.get_month_names("wide", context="stand-alone", locale=locale)
    return [Month(names[month], _weeks(calendar, year, month, today, locale)) for month in range(1, 13)]


def special(months: Sequence[Month]) -> list[DayShown]:
    """Return the dates that are not as the week makes them, in order."""
    days = (day for month in months for week in month.weeks for day in week if day is not None)
    return [each for each in days if each.day.kind in (DayKind.HOLIDAY, DayKind.EVE, DayKind.OVERRIDE)]


def weekday_names(locale: Locale, width: str = "narrow") -> list[str]:
    """Return the names of the weekdays, from Sunday on."""
    names = dates.get_day_names(width, context="stand-alone", locale=locale)  # type: ignore[arg-type]  # a literal there
    return [names[number] for number in (6, 0, 1, 2, 3, 4, 5)]


def _weeks(calendar: Calendar, year: int, month: int, today: date, locale: Locale) -> tuple[tuple[DayShown | None, ...], ...]:
    day, rows = _sunday(date(year, month, 1)), []
    while (day.year, day.month) <= (year, month):
        row = [day + number * _DAY for number in range(7)]
        rows.append(tuple(_plain(calendar, each, today, locale) if each.month == month else None for each in row))
        day += 7 * _DAY
    return tuple(rows)


def _plain(calendar: Calendar, day: date, today: date, locale: Locale) -> DayShown:
    known = day_of(calendar, day)
    return DayShown(known, dates.format_skeleton("MMMEd", day, locale=locale), ", ".join(windows(known.spans)), day == today)


def _sunday(day: date) -> date:
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _bars(calendar: Calendar, day: date, closures: Sequence[Interval]) -> tuple[Bar, ...]:
    before = [(start - _WHOLE, end - _WHOLE) for start, end in calendar.spans_on(day - _DAY)]
    hours = [*before, *calendar.spans_on(day)]
    where = zone(calendar.document.zone)
    closed = [_minutes(each, day, where) for each in closures]
    cut = [(max(start, first), min(end, last)) for start, end in hours for first, last in closed]
    return (*_within(closed, "wash"), *_within(hours, "open"), *_within(cut, "shut"))


def _within(spans: Sequence[tuple[int, int]], look: str) -> tuple[Bar, ...]:
    within = ((max(0, start), min(_WHOLE, end)) for start, end in spans)
    return tuple(Bar(start, end - start, look) for start, end in within if start < end)


def _minutes(interval: Interval, day: date, where: ZoneInfo) -> tuple[int, int]:
    midnight = datetime.combine(day, time.min)
    ends = (each.astimezone(where).replace(tzinfo=None) for each in (min(moment, _FAR) for moment in interval))
    start, end = ((each - midnight) // timedelta(minutes=1) for each in ends)
    return start, end


def _clock(day: date, where: ZoneInfo) -> int:
    before, after = (datetime.combine(each, time.min, where).utcoffset() for each in (day, day + _DAY))
    if before is None or after is None or before == after:
        return 0
    return 1 if after > before else -1
