"""A calendar's dates as an .ics file, which says the same when it is read again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar as File
from icalendar import Event

from orchestrator.availability.calendar_days import CalendarDay, days_between
from orchestrator.availability.calendars import Calendar
from orchestrator.availability.zones import zone
from orchestrator.errors import BadInput

LONGEST = timedelta(days=732)
_DAY = timedelta(days=1)


def write_ics(calendar: Calendar, *, first: date, last: date, now: datetime) -> bytes:
    """Return the dates `[first, last)` as events: opening hours of category OPEN, and whole days that are closed.

    `now` (aware) is when it was written. Raises `BadInput` for no dates, or for more than two years of them.
    """
    if not timedelta(0) < last - first <= LONGEST:
        raise BadInput("no such range of dates", field="until", fix="give a later date, at most two years after from")
    file = File()
    file.add("prodid", "-//Ringback//calendars//EN")
    file.add("version", "2.0")
    file.add("x-wr-calname", calendar.name)
    for day in days_between(calendar, first, last):
        for event in _events(calendar.name, day, zone(calendar.document.zone)):
            event.add("dtstamp", now.astimezone(UTC))
            file.add_component(event)
    return bytes(file.to_ical())


def _events(name: str, day: CalendarDay, where: ZoneInfo) -> Iterator[Event]:
    if not day.spans:
        event = _event(f"{name}-{day.date}", day.holiday.english if day.holiday else "Closed", "CLOSED")
        event.add("dtstart", day.date)
        event.add("dtend", day.date + _DAY)
        yield event
    midnight = datetime.combine(day.date, time.min)
    for number, (start, end) in enumerate(day.spans, 1):
        event = _event(f"{name}-{day.date}-{number}", "Open", "OPEN")
        event.add("dtstart", (midnight + timedelta(minutes=start)).replace(tzinfo=where))
        event.add("dtend", (midnight + timedelta(minutes=end)).replace(tzinfo=where))
        yield event


def _event(uid: str, summary: str, category: str) -> Event:
    event = Event()
    event.add("uid", f"{uid}@ringback")
    event.add("summary", summary)
    event.add("categories", [category])
    return event
