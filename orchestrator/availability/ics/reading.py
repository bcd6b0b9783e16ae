"""What an .ics file says of a calendar: when it is closed, and when it is open (docs/adr/033)."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component, Event

from orchestrator.availability.ics.scanning import BadIcs, Place, scan

MAX_OCCURRENCES = 10_000
_BUDGET = 5.0  # seconds for all events together
_DAY = timedelta(days=1)
_OPENING = frozenset({"OPEN", "OPENING", "פתוח"})


@dataclass(frozen=True, slots=True)
class Stretch:
    """One occurrence of an event on the calendar's own wall clock, `[start, end)`, naive.

    `opens`: these are the hours of the date it begins on; otherwise it closes. `whole`: it speaks of dates, not of hours.
    """

    start: datetime
    end: datetime
    opens: bool
    whole: bool
    place: Place


def read_ics(raw: bytes, *, zone: ZoneInfo, first: date, last: date, opens: bool = False) -> list[Stretch]:
    """Return what the file's events say of the dates `[first, last)`, in order of their start.

    An event closes, unless its category or its summary is OPEN, or `opens` says that all of them open. A cancelled one says
    nothing. Takes at most some seconds, so run it beside others. Raises `BadIcs`.
    """
    places = scan(raw)
    file = _parsed(raw)
    events = [each for each in file.walk("VEVENT") if isinstance(each, Event)]
    if len(events) != len(places):
        raise Place("VCALENDAR", 1).refusal("is not well-formed", fix="export it again from the program it comes from")
    for event, place in zip(events, places, strict=True):
        _check(event, place)
    told = _stretches(_series(events, places), zone, (first, last), opens)
    found = [stretch for stretch in told if _meets(stretch, first, last)]
    return sorted(found, key=lambda each: (each.start, each.end))


def _parsed(raw: bytes) -> Component:
    try:
        file = Calendar.from_ical(raw)
    except Exception as error:  # the parser raises whatever its parts do, on whatever somebody sends
        told = "is not an .ics file" if isinstance(error, ValueError) else "cannot be read"
        raise Place("VCALENDAR", 1).refusal(told, fix="export it again from the program it comes from") from None
    if isinstance(file, list) or file.name != "VCALENDAR":
        raise Place("VCALENDAR", 1).refusal("is not a calendar", fix="give a file that begins with BEGIN:VCALENDAR")
    return file


def _check(event: Event, place: Place) -> None:
    """Refuse an event without a start, in an unknown zone or in none, or which ends before it begins."""
    try:
        start, end = event.start, event.end
    except Exception:  # as above: each property is read as it is asked for
        fix = "give DTSTART and DTEND, both as dates or both as times"
        raise place.refusal("has a start or an end that nobody can read", part="DTSTART", fix=fix) from None
    for name, value in (("DTSTART", start), ("DTEND", end)):
        if isinstance(value, datetime) and value.tzinfo is None:
            raise _unplaced(event, place, name)
    if end <= start:
        raise place.refusal("ends before it begins", part="DTEND", fix="let it end later than it begins")


def _unplaced(event: Event, place: Place, name: str) -> BadIcs:
    given: Any = event.get(name)  # Any: the library's properties have no common type
    named = None if given is None else given.params.get("TZID")
    if named is not None:
        return place.refusal("is in a zone that nobody knows", part=name, fix="use an IANA zone such as TZID=Asia/Jerusalem")
    return place.refusal("has a time without a zone", part=name, fix="end it with Z, or add TZID=Asia/Jerusalem")


def _stretches(
    series: Iterable[tuple[Place, list[Event]]], zone: ZoneInfo, span: tuple[date, date], opens: bool
) -> Iterator[Stretch]:
    ends, count = time.monotonic() + _BUDGET, 0
    after, before = _instant(span[0] - 2 * _DAY), _instant(span[1] + 2 * _DAY)
    for place, events in series:
        for event in _occurrences(place, events, after, before):
            count += 1
            if str(event.get("STATUS", "")).upper() != "CANCELLED":
                whole = not isinstance(event.start, datetime)
                yield Stretch(_local(event.start, zone), _local(event.end, zone), opens or _opens(event), whole, place)
        if count > MAX_OCCURRENCES or time.monotonic() > ends:
            raise place.refusal("repeats more often than a calendar can hold", part="RRULE", fix="import fewer events")


def _series(events: list[Event], places: tuple[Place, ...]) -> list[tuple[Place, list[Event]]]:
    """Return events with those that change single occurrences of them: one UID, one series."""
    found: dict[str, tuple[Place, list[Event]]] = {}
    for number, (event, place) in enumerate(zip(events, places, strict=True)):
        found.setdefault(place.uid or f" {number}", (place, []))[1].append(event)
    return list(found.values())


def _occurrences(place: Place, events: list[Event], after: datetime, before: datetime) -> list[Event]:
    alone = Calendar()
    for event in events:
        alone.add_component(event)
    try:
        return list(recurring_ical_events.of(alone).between(after, before))
    except Exception:  # as above
        raise place.refusal("has a repetition that nobody can read", part="RRULE", fix="export it again") from None


def _opens(event: Event) -> bool:
    words = [str(event.get("SUMMARY", ""))]
    categories: Any = event.get("CATEGORIES") or []  # Any: one property, or a list of several
    for each in categories if isinstance(categories, list) else [categories]:
        words.extend(str(word) for word in each.cats)
    return any(word.strip().upper() in _OPENING for word in words)


def _local(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, clock_time.min)
    if getattr(value.tzinfo, "key", None) == zone.key:
        return value.replace(tzinfo=None)  # as it is written, also where the clock skips that hour
    return value.astimezone(zone).replace(tzinfo=None)


def _instant(day: date) -> datetime:
    return datetime.combine(day, clock_time.min, UTC)


def _meets(stretch: Stretch, first: date, last: date) -> bool:
    return stretch.end.date() >= first and stretch.start.date() < last
