"""Sets of instants as sorted, disjoint, half-open intervals. All instants are aware and in UTC."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from orchestrator.errors import BadInput

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
TICK = timedelta(microseconds=1)
REACH = range(1900, 2200)  # the years that the zone and holiday databases speak of


class NaiveTime(BadInput):
    """A time without an offset means different instants to different readers, so it is refused."""

    code = "naive_time"


class Interval(NamedTuple):
    """`[start, end)`, both aware UTC."""

    start: datetime
    end: datetime


Intervals = tuple[Interval, ...]


def utc(instant: datetime) -> datetime:
    """Return the same instant in UTC. Raises `NaiveTime`."""
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise NaiveTime("a time has no offset", fix="write it with Z or an offset such as +02:00")
    return instant.astimezone(UTC)


def check_reach(when: date, *, field: str) -> None:
    """Raise `BadInput` for a day or an instant in a year nobody means: near the ends of time not even storage gives it back."""
    if when.year not in REACH:
        raise BadInput("this time is out of reach", field=field, fix=f"give a time from {REACH.start} to {REACH.stop - 1}")


def normalise(intervals: Iterable[Interval]) -> Intervals:
    """Sort, drop what is empty, and merge what overlaps or touches."""
    merged: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval.start < interval.end):
        if merged and start <= merged[-1].end:
            if end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, end)
        else:
            merged.append(Interval(start, end))
    return tuple(merged)


def union(*sets: Intervals) -> Intervals:
    """Return the instants that are in any of `sets`."""
    return normalise(interval for one in sets for interval in one)


def intersection(left: Intervals, right: Intervals) -> Intervals:
    """Return the instants that are in both sets."""
    common: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        (a, b), (c, d) = left[i], right[j]
        start, end = (a if a > c else c), (b if b < d else d)
        if start < end:
            common.append(Interval(start, end))
        if b < d:
            i += 1
        else:
            j += 1
    return tuple(common)


def difference(left: Intervals, right: Intervals) -> Intervals:
    """Return the instants of `left` that are not in `right`."""
    rest: list[Interval] = []
    for start, end in left:
        for cut_start, cut_end in right:
            if cut_end <= start or cut_start >= end:
                continue
            if cut_start > start:
                rest.append(Interval(start, cut_start))
            start = cut_end
            if start >= end:
                break
        if start < end:
            rest.append(Interval(start, end))
    return tuple(rest)


def clip(intervals: Intervals, after: datetime, before: datetime) -> Intervals:
    """Return what lies in `[after, before)`."""
    return intersection(intervals, (Interval(after, before),)) if after < before else ()


def narrow(intervals: Intervals, margin: timedelta) -> Intervals:
    """Take `margin` of elapsed time away at both ends of every interval; what is shorter than both margins is gone."""
    smaller = (Interval(start + margin, end - margin) for start, end in intervals)
    return tuple(interval for interval in smaller if interval.start < interval.end)
