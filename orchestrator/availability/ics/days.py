"""From the events of an .ics file to the dates of a calendar that become different."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from orchestrator.availability.calendars import Calendar
from orchestrator.availability.ics.reading import Stretch
from orchestrator.availability.windows import Span, Spans

_DAY, _MINUTE, _WHOLE = timedelta(days=1), timedelta(minutes=1), 24 * 60


def days_of(calendar: Calendar, stretches: Sequence[Stretch], *, first: date, last: date) -> dict[date, Spans]:
    """Return the dates of `[first, last)` that the events make different from what the calendar has there.

    What opens states the hours of the date it begins on, all of it together. What closes takes away: whole dates their own
    windows, hours whatever they meet, the night's tail too. Raises `BadIcs` for an opening of over a day.
    """
    opening, closed, cuts = _opening(stretches), _closed(stretches), _cuts(stretches)
    known: dict[date, Spans] = {}
    tails: list[Span] = []  # what begins after a cut in the night belongs to the next date
    day = first - _DAY
    while day < last:
        spans = () if day in closed else opening.get(day) or calendar.spans_on(day)
        left = _without(spans, cuts.get(day, ()))
        own = [Span(start, end) for start, end in left if start < _WHOLE]
        known[day] = _joined([*own, *tails])
        tails = [Span(start - _WHOLE, end - _WHOLE) for start, end in left if start >= _WHOLE]
        day += _DAY
    return {day: spans for day, spans in known.items() if day >= first and spans != calendar.spans_on(day)}


def _opening(stretches: Iterable[Stretch]) -> Mapping[date, Spans]:
    found: dict[date, list[Span]] = defaultdict(list)
    for each in stretches:
        if not each.opens:
            continue
        if each.whole:
            for day in _dates(each):
                found[day].append(Span(0, _WHOLE))
            continue
        start, end = _minutes(each.start, each.start.date(), up=True), _minutes(each.end, each.start.date(), up=False)
        if end - start >= _WHOLE and (start, end) != (0, _WHOLE):
            raise each.place.refusal("opens for a day or longer", part="DTEND", fix="give each day an event of its own")
        if start < end:
            found[each.start.date()].append(Span(start, end))
    return {day: _joined(spans) for day, spans in found.items()}


def _closed(stretches: Iterable[Stretch]) -> frozenset[date]:
    return frozenset(day for each in stretches if each.whole and not each.opens for day in _dates(each))


def _cuts(stretches: Iterable[Stretch]) -> Mapping[date, list[Span]]:
    """Return what is taken away, by each date whose windows it may meet, in minutes after that date's midnight."""
    found: dict[date, list[Span]] = defaultdict(list)
    for each in stretches:
        if each.whole or each.opens:
            continue
        day = each.start.date() - _DAY
        while day <= each.end.date():
            found[day].append(Span(_minutes(each.start, day, up=False), _minutes(each.end, day, up=True)))
            day += _DAY
    return found


def _dates(stretch: Stretch) -> Iterable[date]:
    day = stretch.start.date()
    while datetime.combine(day, time.min) < stretch.end:
        yield day
        day += _DAY


def _minutes(moment: datetime, day: date, *, up: bool) -> int:
    """Return whole minutes after the midnight `day` begins with; a fraction is rounded `up` or down."""
    whole, rest = divmod(moment - datetime.combine(day, time.min), _MINUTE)
    return whole + (1 if up and rest else 0)


def _without(spans: Spans, cuts: Sequence[Span]) -> Spans:
    left = list(spans)
    for cut in cuts:
        pieces = ((Span(start, min(end, cut.start)), Span(max(start, cut.end), end)) for start, end in left)
        left = [piece for pair in pieces for piece in pair if piece.start < piece.end]
    return tuple(sorted(left))


def _joined(spans: Sequence[Span]) -> Spans:
    joined: list[Span] = []
    for each in sorted(spans):
        if joined and each.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return tuple(joined)
