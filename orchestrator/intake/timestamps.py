"""RFC 3339 date-times: read strictly, kept in UTC with microseconds, written in UTC."""

import re
from datetime import UTC, datetime, timedelta

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_is_date_time = _DATE_TIME.fullmatch
_from_iso = datetime.fromisoformat


def parse_time(text: str) -> datetime | None:
    """Return the instant that `text` names, in UTC and cut to microseconds; None unless it is RFC 3339 with an offset."""
    match = _is_date_time(text)
    if match is None:
        return None
    try:
        if match[2] == "60":
            return _leap_second(text)
        time = _from_iso(text if text[-1] == "Z" else text.upper())
        return time if time.tzinfo is UTC else time.astimezone(UTC)
    except (ValueError, OverflowError):  # 30 February, or an offset that leads out of the years 1 to 9999
        return None


def _leap_second(text: str) -> datetime | None:
    """Read 23:59:60 UTC as the instant that follows, as POSIX clocks do; any other second 60 does not exist."""
    before = parse_time(text[:17] + "59" + _offset(text))
    if before is None or (before.hour, before.minute) != (23, 59):
        return None
    return before + timedelta(seconds=1)


def _offset(text: str) -> str:
    return "Z" if text[-1] in "Zz" else text[-6:]


def format_time(time: datetime) -> str:
    """Write an aware UTC instant as RFC 3339 `Z` with as many of 0, 3 or 6 fraction digits as it needs."""
    text = time.isoformat()[:-6]  # without +00:00
    return (text if time.microsecond % 1000 or not time.microsecond else text[:-3]) + "Z"


def format_milliseconds(time: datetime) -> str:
    """Write an aware UTC instant as RFC 3339 `Z`, cut to milliseconds."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
