"""The hours people write in calendars and calling hours: `HH:MM-HH:MM`, by weekday and by date."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from orchestrator.availability.windows import Span, Spans

_WINDOW = re.compile(r"(([01][0-9]|2[0-3]):([0-5][0-9]))-(([01][0-9]|2[0-3]):([0-5][0-9])|24:00)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MIDNIGHT = 24 * 60


def _fault(reason: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("bad_hours", "{reason}", {"reason": reason, "fix": fix})


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def span(window: str) -> Span:
    """Return a window as minutes after the midnight it begins after; an end before its start runs past midnight."""
    if (match := _WINDOW.fullmatch(window)) is None:
        raise _fault("is not a window", "write HH:MM-HH:MM, such as 09:00-17:30; the end may be 24:00")
    start, end = _minutes(match[1]), _minutes(match[4])
    if start == end:
        raise _fault("the window is empty", "let it end at another time than it starts, or write 00:00-24:00 for a day")
    return Span(start, end if end > start else end + _MIDNIGHT)


def spans(windows: Sequence[str]) -> Spans:
    """Return the windows of one day in order. Overlapping ones are refused, touching ones are one window."""
    joined: list[Span] = []
    for each in sorted(span(window) for window in windows):
        if joined and each.start < joined[-1].end:
            raise _fault("two windows overlap", "join them into one window, or let one end before the other starts")
        if joined and each.start == joined[-1].end:
            joined[-1] = Span(joined[-1].start, each.end)
        else:
            joined.append(each)
    return tuple(joined)


def common(left: Spans, right: Spans) -> Spans:
    """Return what both days' windows share."""
    shared = (Span(max(a.start, b.start), min(a.end, b.end)) for a in left for b in right)
    return tuple(sorted(each for each in shared if each.start < each.end))


def _checked(windows: list[str]) -> list[str]:
    spans(windows)
    return windows


def _is_window(window: object) -> object:
    if isinstance(window, str):
        span(window)
        return window
    raise _fault("is not a window", 'write it in quotes, such as "09:00-17:00"')


def _listed(windows: object) -> object:
    if isinstance(windows, list):
        return windows
    raise _fault("is not a list of windows", 'write a list such as ["09:00-13:00", "16:00-20:00"]')


def _dated(value: object) -> object:
    if value == "closed":
        return []
    if isinstance(value, list) and value:
        return value
    raise _fault("is neither closed nor a list of windows", 'write closed, or a list such as ["09:00-12:00"]')


def _is_date(value: object) -> object:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) and _DATE.fullmatch(value) else _no_date()
    except ValueError:
        raise _fault("there is no such date", "write a date that exists, as YYYY-MM-DD") from None


def _no_date() -> date:
    raise _fault("is not a date", "write it as YYYY-MM-DD")


Window = Annotated[str, BeforeValidator(_is_window)]
DayWindows = Annotated[list[Window], BeforeValidator(_listed), AfterValidator(_checked)]
Day = Annotated[date, BeforeValidator(_is_date)]
Dated = Annotated[list[Window], BeforeValidator(_dated), AfterValidator(_checked)]


class Document(BaseModel):
    """The keys below and no others; `closed` in `days` is kept as no windows at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Weekly(Document):
    """The windows of each weekday; a day that is left out is closed."""

    sun: DayWindows = []
    mon: DayWindows = []
    tue: DayWindows = []
    wed: DayWindows = []
    thu: DayWindows = []
    fri: DayWindows = []
    sat: DayWindows = []

    def by_weekday(self) -> tuple[Spans, ...]:
        """Return the spans of the seven days, Monday first, as `date.weekday()` counts."""
        days = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        return tuple(spans(day) for day in days)


class Hours(Document):
    """What a calendar and a calling-hours document share: hours by weekday, and dates that are different."""

    weekly: Weekly = Weekly()
    days: dict[Day, Dated] = {}

    def dated(self) -> dict[date, Spans]:
        """Return the spans of the dates that are different; a closed date has none."""
        return {day: spans(windows) for day, windows in self.days.items()}
