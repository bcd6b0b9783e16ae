"""Changes of a calendar's text that leave all else as somebody wrote it: dates of their own, hours of the week."""

from collections.abc import Mapping, Sequence
from datetime import date

from orchestrator.availability.calendars import CalendarDocument
from orchestrator.availability.windows import Span, Spans
from orchestrator.detection.editing.splices import NotEditable, drop, put, put_lines
from orchestrator.documents import read_document

CLOSED = "closed"
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MIDNIGHT = 24 * 60


def window(span: Span) -> str:
    """Return a span as people write it: `HH:MM-HH:MM`; what runs past midnight ends before it starts."""
    end = span.end if span.end <= _MIDNIGHT else span.end - _MIDNIGHT
    return f"{span.start // 60:02}:{span.start % 60:02}-{end // 60:02}:{end % 60:02}"


def windows(spans: Spans) -> list[str]:
    """Return the windows of one day as people write them."""
    return [window(span) for span in spans]


def with_day(text: str, day: date, value: Sequence[str] | None) -> str:
    """Return the calendar's text with a date that has these windows (none: it is closed). Raises `NotEditable`."""
    return put(text, ("days", day.isoformat()), list(value) if value else CLOSED)


def without_day(text: str, day: date) -> str:
    """Return the calendar's text without a date of its own: it is again as the week and the holidays make it."""
    return drop(text, ("days", day.isoformat()))


def with_days(text: str, changed: Mapping[date, Spans]) -> str:
    """Return the calendar's text with many dates: `days` is written anew, what is around it stays."""
    known = read_document(text.encode(), CalendarDocument, name="calendar").days
    days = {**known, **{day: windows(spans) for day, spans in changed.items()}}
    lines = [f"{day.isoformat()}: {_written(days[day])}" for day in sorted(days)]
    try:
        return put_lines(text, ("days",), lines)
    except NotEditable:  # all of it in braces, as JSON is: then the whole of `days` goes between them
        rest = drop(text, ("days",))
        inner = ", ".join(f'"{day.isoformat()}": {_written(days[day], quoted=True)}' for day in sorted(days))
        return rest.rstrip().removesuffix("}").rstrip() + f', "days": {{{inner}}}}}\n'


def with_week(text: str, week: Mapping[str, Sequence[str]]) -> str:
    """Return the calendar's text with these hours by weekday (`sun` to `sat`); a day without windows is left out."""
    known = read_document(text.encode(), CalendarDocument, name="calendar").weekly
    for day, hours in week.items():
        if list(hours) == list(getattr(known, day)):
            continue
        text = put(text, ("weekly", day), list(hours), order=WEEKDAYS) if hours else drop(text, ("weekly", day))
    return text


def with_holidays(text: str, holidays: Mapping[str, object] | None) -> str:
    """Return the calendar's text with these `holidays`, None: without any. Raises `NotEditable`."""
    known = read_document(text.encode(), CalendarDocument, name="calendar").holidays
    if holidays is None:
        return text if known is None or not known.closed else drop(text, ("holidays",))
    if known is not None and known.model_dump(exclude_none=True) == holidays:
        return text
    inner = ", ".join(f"{key}: {_value(value)}" for key, value in holidays.items())
    return put_lines(drop(text, ("holidays",)), ("holidays",), [f"{{{inner}}}"])


def _value(value: object) -> str:
    if isinstance(value, list):
        return _written(value)
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _written(hours: Sequence[str], *, quoted: bool = False) -> str:
    if not hours:
        return f'"{CLOSED}"' if quoted else CLOSED
    return "[" + ", ".join(f'"{each}"' for each in hours) + "]"
