"""From the events of an .ics file to the dates of a calendar that become different."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from orchestrator.availability.calendars import Calendar
from orchestrator.availability.ics.reading import Stretch
from orchestrator.availability.windows import Span, Spans

_Around = tuple[datetime, datetime]
_DAY, _MINUTE, _WHOLE = timedelta(days=1), timedelta(minutes=1), 24 * 60


def days_of(calendar: Calendar, stretches: Sequence[Stretch], *, first: date, last: date) -> dict[date, Spans]:
    """Return the dates of `[first, last)` that the events make different from what the calendar has there.

    What opens states the hours of the date it begins on, all of it together. What closes takes away: whole dates their own
    windows, hours whatever they meet, the night's tail too. Raises `BadIcs` for an opening of over a day.
    """
    around = (datetime.combine(first - _DAY, time.min), datetime.combine(last + _DAY, time.min))
    opening, closed, cuts = _opening(stretches, around), _closed(stretches, around), _cuts(stretches, around)
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


def _opening(stretches: Sequence[Stretch], around: _Around) -> Mapping[date, Spans]:
    found: dict[date, list[Span]] = defaultdict(list)
    for day in _dates((each for each in stretches if each.whole and each.opens), around=around):
        found[day].append(Span(0, _WHOLE))
    for each in stretches:
        if each.whole or not each.opens:
            continue
        start, end = _minutes(each.start, each.start.date(), up=True), _minutes(each.end, each.start.date(), up=False)
        if end - start >= _WHOLE and (start, end) != (0, _WHOLE):
            raise each.place.refusal("opens for a day or longer", part="DTEND", fix="give each day an event of its own")
        if start < end:
            found[each.start.date()].append(Span(start, end))
    return {day: _joined(spans) for day, spans in found.items()}


def _closed(stretches: Iterable[Stretch], around: _Around) -> frozenset[date]:
    return frozenset(_dates((each for each in stretches if each.whole and not each.opens), around=around))


def _cuts(stretches: Iterable[Stretch], around: _Around) -> Mapping[date, list[Span]]:
    """Return what is taken away, by each date whose windows it may meet, in minutes after that date's midnight."""
    found: dict[date, list[Span]] = defaultdict(list)
    for start, end in _merged((each for each in stretches if not each.whole and not each.opens), around):
        day = start.date() - _DAY
        while day <= end.date():
            found[day].append(Span(_minutes(start, day, up=False), _minutes(end, day, up=True)))
            day += _DAY
    return found


def _dates(stretches: Iterable[Stretch], *, around: _Around) -> Iterable[date]:
    for start, end in _merged(stretches, around):
        day = start.date()
        while datetime.combine(day, time.min) < end:
            yield day
            day += _DAY


def _merged(stretches: Iterable[Stretch], around: _Around) -> list[_Around]:
    """Return what any of the stretches covers `around` the dates that matter: events last for ages, and meet by thousands."""
    merged: list[_Around] = []
    for start, end in sorted((max(each.start, around[0]), min(each.end, around[1])) for each in stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


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
