"""What is usual at an hour of the week, and how unlikely a number is beside it: arithmetic alone, no clock, no tables.

The usual number of a stretch of time is the median of the same stretch in the weeks before. Chance alone scatters it as
it scatters calls (Poisson); weeks differ by themselves on top, by a quarter or by as much as they were seen to. Both
together are a negative binomial distribution, whose tails say how often a number comes about by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import median
from zoneinfo import ZoneInfo

QUARTER = timedelta(minutes=15)
WINDOWS = tuple(timedelta(minutes=minutes) for minutes in (30, 60, 180, 720, 1440, 4320))
WEEKS = 8  # looked back on, at most

_WEEK = timedelta(days=7)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FEW = 4  # weeks: with fewer, the least and the most of them stand for the usual
_FEWEST = 2
_SPREAD = 0.25  # by how much weeks differ at least
_WIDE = 0.5  # the same where few weeks are known
_SCALED = 2000.0  # above this chance is nothing beside the weeks' own spread
_LIKE_NORMAL = 1.4826  # times the median distance from the median: the standard deviation, where it is a bell


@dataclass(frozen=True, slots=True)
class Stretch:
    """`[since, until)`, aware UTC."""

    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        return self.until - self.since


@dataclass(frozen=True, slots=True)
class Usual:
    """`expected` in such a stretch; it is hardly ever under `low` or over `high`, which are the same where enough is known."""

    expected: float
    low: float
    high: float
    spread: float
    weeks: int


def quarter_of(at: datetime) -> datetime:
    """Return the beginning of the quarter of an hour that an instant lies in."""
    return at - (at - _EPOCH) % QUARTER


def same_before(stretch: Stretch, zone: ZoneInfo) -> list[Stretch]:
    """Return the same stretch in each of the weeks before, the latest first: as clocks in the zone show its end."""
    end = stretch.until.astimezone(zone).replace(tzinfo=None)
    ends = ((end - week * _WEEK).replace(tzinfo=zone).astimezone(UTC) for week in range(1, WEEKS + 1))
    return [Stretch(until - stretch.length, until) for until in ends]


def usual_of(counts: Sequence[int]) -> Usual | None:
    """Return what is usual, from the numbers of the weeks that count; None where they are too few to tell."""
    if len(counts) < _FEWEST:
        return None
    middle = float(median(counts))
    if len(counts) < _FEW:
        return Usual(middle, min(counts), max(counts), _WIDE, len(counts))
    apart = _LIKE_NORMAL * median(abs(count - middle) for count in counts)
    beyond = sqrt(max(0.0, apart**2 - middle)) / middle if middle else 0.0
    return Usual(middle, middle, middle, max(_SPREAD, beyond), len(counts))


def at_most(count: int, mean: float, spread: float) -> float:
    """Return how likely it is that no more than `count` come where `mean` is expected."""
    if mean <= 0:
        return 1.0
    scale = min(1.0, _SCALED / mean)
    mean, count = mean * scale, int(count * scale)
    shape = 1 / spread**2
    step = mean / (shape + mean)
    term = total = float((shape / (shape + mean)) ** shape)
    for number in range(1, count + 1):
        term *= (shape + number - 1) / number * step
        total += term
        if number > mean and term < total * 1e-17:
            break
    return min(total, 1.0)


def at_least(count: int, mean: float, spread: float) -> float:
    """Return how likely it is that `count` or more come where `mean` is expected."""
    return 1.0 if count <= 0 else max(0.0, 1.0 - at_most(count - 1, mean, spread))
