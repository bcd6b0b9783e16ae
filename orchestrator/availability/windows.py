"""When something is open, told lazily: any stretch of time can be asked for, none is ever stepped through."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from typing import NamedTuple
from zoneinfo import ZoneInfo

from orchestrator.availability.intervals import (
    FOREVER,
    TICK,
    Interval,
    Intervals,
    clip,
    difference,
    intersection,
    narrow,
    normalise,
    utc,
)
from orchestrator.availability.local_time import LocalClock

DAY = timedelta(days=1)
_FIRST_LOOK = timedelta(days=1)
_LONGEST_LOOK = timedelta(days=64)
_KEPT_DAYS = 4000


class Windows(ABC):
    """A set of instants of any extent."""

    @abstractmethod
    def between(self, after: datetime, before: datetime) -> Intervals:
        """Return what is open in `[after, before)`, both aware UTC, cut at both ends."""

    def open_at(self, instant: datetime) -> bool:
        """Say whether `instant` (aware) is inside. Raises `NaiveTime`."""
        instant = utc(instant)
        return bool(self.between(instant, instant + TICK))


class Fixed(Windows):
    """A set that is known whole."""

    def __init__(self, *intervals: Interval) -> None:
        self._intervals = normalise(Interval(utc(start), utc(end)) for start, end in intervals)

    def between(self, after: datetime, before: datetime) -> Intervals:
        return clip(self._intervals, after, before)


def starting(instant: datetime) -> Windows:
    """Return what is closed before `instant` (aware) and open from then on."""
    return Fixed(Interval(utc(instant), FOREVER))


class Always(Windows):
    def between(self, after: datetime, before: datetime) -> Intervals:
        return (Interval(after, before),) if after < before else ()


class Span(NamedTuple):
    """A window of one local day, in minutes after its midnight; `end` may lie up to a day past the next midnight."""

    start: int
    end: int


Spans = tuple[Span, ...]


class LocalWindows(Windows):
    """The instants at which the wall clock of `zone` shows a time inside a span of the date the span begins on.

    So a start in an hour that is skipped begins at the first instant after it, a span wholly inside that hour is
    skipped, and a repeated hour is open twice. Dates are computed when first asked for and kept.
    """

    def __init__(self, zone: ZoneInfo, spans_on: Callable[[date], Spans]) -> None:
        self._zone, self._clock, self._spans_on = zone, LocalClock(zone), spans_on
        self._days: dict[date, Intervals] = {}

    def on(self, day: date) -> Intervals:
        """Return what begins on the local date `day`: it may run past its midnight."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            known = self._days[day] = self._compute(day)
        return known

    def date_at(self, instant: datetime) -> date:
        """Return the local date at `instant` (aware)."""
        return instant.astimezone(self._zone).date()

    def between(self, after: datetime, before: datetime) -> Intervals:
        # Two days before: a span may run past midnight, and a clock set back over midnight shows a date again.
        day, last = self.date_at(after) - 2 * DAY, self.date_at(before) + DAY
        found: list[Interval] = []
        while day <= last:
            found.extend(interval for interval in self.on(day) if interval.end > after and interval.start < before)
            day += DAY
        return clip(normalise(found), after, before)

    def _compute(self, day: date) -> Intervals:
        midnight = datetime.combine(day, time.min)
        return normalise(
            interval
            for start, end in self._spans_on(day)
            for interval in self._clock.instants(midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
        )


class Intersection(Windows):
    """What is open in all of `parts`."""

    def __init__(self, *parts: Windows) -> None:
        self._parts = parts

    def between(self, after: datetime, before: datetime) -> Intervals:
        return reduce(intersection, (part.between(after, before) for part in self._parts))


class Difference(Windows):
    """What is open in `base` and not in `cut`."""

    def __init__(self, base: Windows, cut: Windows) -> None:
        self._base, self._cut = base, cut

    def between(self, after: datetime, before: datetime) -> Intervals:
        return difference(self._base.between(after, before), self._cut.between(after, before))


class Narrowed(Windows):
    """`base` without `margin` of elapsed time at both ends of every unbroken stretch."""

    def __init__(self, base: Windows, margin: timedelta) -> None:
        self._base, self._margin = base, margin

    def between(self, after: datetime, before: datetime) -> Intervals:
        # A stretch cut by the edges of the question must not be narrowed at the cut, so ask for more than the margin.
        wide = self._base.between(after - 2 * self._margin, before + 2 * self._margin)
        return clip(narrow(wide, self._margin), after, before)


class Remembered(Windows):
    """`base`, each day of which (UTC) is computed once: for a set that many decisions ask."""

    def __init__(self, base: Windows) -> None:
        self._base = base
        self._days: dict[date, Intervals] = {}

    def open_at(self, instant: datetime) -> bool:
        instant = utc(instant)
        return any(start <= instant < end for start, end in self._on(instant.date()))

    def between(self, after: datetime, before: datetime) -> Intervals:
        day, last = after.date(), before.date()
        found: list[Interval] = []
        while day <= last:
            for interval in self._on(day):
                if found and found[-1].end == interval.start:
                    found[-1] = Interval(found[-1].start, interval.end)
                else:
                    found.append(interval)
            day += DAY
        return clip(tuple(found), after, before)

    def _on(self, day: date) -> Intervals:
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            midnight = datetime.combine(day, time.min, UTC)
            known = self._days[day] = self._base.between(midnight, midnight + DAY)
        return known


def earliest(gates: Sequence[Windows], *, after: datetime, before: datetime) -> datetime | None:
    """Return the first instant in `[after, before)` at which every gate is open, or None.

    Times are aware UTC. Windows are half-open: a call may start as they open, not as they close.
    Found by intersecting ever longer stretches, never by stepping. Raises `NaiveTime`.
    """
    after, before = utc(after), utc(before)
    length = _FIRST_LOOK
    while after < before:
        until = min(after + length, before)
        if common := _common(gates, after, until):
            return common[0].start
        after, length = until, min(2 * length, _LONGEST_LOOK)
    return None


def _common(gates: Sequence[Windows], after: datetime, before: datetime) -> Intervals:
    if not gates:
        return (Interval(after, before),)
    common = gates[0].between(after, before)
    for gate in gates[1:]:
        if not common:
            break
        common = intersection(common, gate.between(after, before))
    return common
