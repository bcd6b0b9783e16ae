"""The meaning of hours, minute by minute, written without any of the code it is compared with."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Where each zone's clock does something unusual: the nearest midnight UTC.
EDGES = {
    "Asia/Jerusalem": ("2026-03-27", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Europe/London": ("2026-03-29", "2026-10-25"),
    "Australia/Lord_Howe": ("2026-04-04", "2026-10-03"),  # half an hour
    "Pacific/Apia": ("2011-12-30", "2011-09-24"),  # a date is skipped
    "America/Sao_Paulo": ("2018-02-18", "2018-11-04"),  # at midnight
    "Africa/Casablanca": ("2026-02-15", "2026-03-22"),  # set back for Ramadan
    "Pacific/Chatham": ("2026-04-04", "2026-09-26"),  # 12:45 from UTC
}


def edge(zone: str, which: int) -> datetime:
    return datetime.fromisoformat(EDGES[zone][which]).replace(tzinfo=UTC)


def minutes(after: datetime, before: datetime) -> Iterator[datetime]:
    while after < before:
        yield after
        after += MINUTE


def weekly_on(weekly: Mapping[str, Sequence[str]], day: date) -> Sequence[str]:
    return weekly.get(DAYS[day.weekday()], ())


def is_open(weekly: Mapping[str, Sequence[str]], zone: ZoneInfo, instant: datetime) -> bool:
    """Look at the wall clock: does it show a time inside a window of this date, or of the one before?"""
    shown = instant.astimezone(zone).replace(tzinfo=None)
    for day in (shown.date(), shown.date() - DAY):
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a wall clock has no offset
        for window in weekly_on(weekly, day):
            start, end = (timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in window.split("-"))
            if midnight + start <= shown < midnight + (end if end > start else end + DAY):
                return True
    return False
