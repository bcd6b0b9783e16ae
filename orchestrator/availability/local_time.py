"""What a zone's wall clock shows, turned round: from a stretch of local time to the instants that show it."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from orchestrator.availability.intervals import Interval, Intervals

# Every known offset from UTC lies within 16 hours.
_REACH = timedelta(hours=16)
# No two changes of one zone's offset lie within a day: the closest pair since 1970 is a week apart (Brazil, 2000).
_SAMPLE = 86_400


class Stretch(NamedTuple):
    """Between `start` and `end` (naive UTC) the zone keeps `offset`."""

    start: datetime
    end: datetime
    offset: timedelta


class LocalClock:
    """The wall clock of one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def instants(self, start: datetime, end: datetime) -> Intervals:
        """Return the instants at which the clock shows a time in `[start, end)` (naive local times).

        More than one interval where the clock is set back inside it, none where it skips it whole.
        """
        found: list[Interval] = []
        for stretch in self._stretches(start - _REACH, end + _REACH):
            first = max(start - stretch.offset, stretch.start)
            last = min(end - stretch.offset, stretch.end)
            if first < last:
                found.append(Interval(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)))
        return tuple(found)

    def _stretches(self, start: datetime, end: datetime) -> list[Stretch]:
        found: list[Stretch] = []
        for year in range(start.year, end.year + 1):
            stretches = _stretches_of(self._zone, year)
            first = bisect_right(stretches, start, key=lambda stretch: stretch.end)
            for stretch in stretches[first:]:
                if stretch.start >= end:
                    break
                found.append(stretch)
        return found


@lru_cache(maxsize=4096)
def _stretches_of(zone: ZoneInfo, year: int) -> list[Stretch]:
    begin, finish = _seconds(datetime(year, 1, 1)), _seconds(datetime(year + 1, 1, 1))  # noqa: DTZ001  # naive UTC
    cuts = [begin, *_changes(zone, begin, finish), finish]
    return [Stretch(_naive(start), _naive(end), _offset(zone, start)) for start, end in pairwise(cuts)]


def _changes(zone: ZoneInfo, begin: int, finish: int) -> list[int]:
    """Return the seconds in `(begin, finish)` at which the offset becomes another one."""
    found: list[int] = []
    before = _offset(zone, begin)
    for start in range(begin, finish, _SAMPLE):
        end = min(start + _SAMPLE, finish)
        after = _offset(zone, end)
        if after != before:
            found.extend(second for second in _bisect(zone, (start, before), (end, after)) if second < finish)
        before = after
    return found


def _bisect(zone: ZoneInfo, left: tuple[int, timedelta], right: tuple[int, timedelta]) -> list[int]:
    if left[1] == right[1]:
        return []
    if right[0] - left[0] == 1:
        return [right[0]]
    second = (left[0] + right[0]) // 2
    middle = (second, _offset(zone, second))
    return _bisect(zone, left, middle) + _bisect(zone, middle, right)


def _offset(zone: ZoneInfo, second: int) -> timedelta:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return offset if offset is not None else timedelta(0)


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())


def _naive(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
