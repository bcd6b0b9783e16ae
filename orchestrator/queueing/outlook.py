"""What a crew can do in the hours ahead: callbacks by quarter hour, and how long a new one would wait. Pure.

Times are aware UTC. The arithmetic of waiting is that of a crew in which nobody is idle while work waits: with `n` agents and
`open` tasks, a new one begins when `open - n + 1` of them are finished. Where nothing waits, chance alone makes people
wait, and Erlang C says for how long.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.availability.intervals import Interval, Intervals, intersection
from orchestrator.queueing.erlang import Load, agents_needed, mean_wait

QUARTER = timedelta(minutes=15)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """What agents are asked for: `share` of the callbacks begin `within` so long, where their queue says nothing else."""

    share: float = 0.8
    within: timedelta = timedelta(minutes=5)


USUAL = ServiceLevel()


@dataclass(frozen=True, slots=True)
class Shift:
    """When an agent works while the queue is open. `share` of their time is the queue's: who serves two gives each half."""

    times: Intervals
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter hour, or the part of it that is asked about. `planned` agents are there in it for some of the time;

    `agents` is their time for this queue, as if all were there throughout; `capacity` is how many callbacks they finish.
    """

    start: datetime
    end: datetime
    planned: int
    agents: float
    capacity: float


@dataclass(frozen=True, slots=True)
class Prospect:
    """What is expected of a quarter: `arrivals`, tasks `open` at its start, and the `wait` of one that comes then.

    `wait` None: it would not be begun in the time looked at. `needed` agents would keep the service level.
    """

    quarter: Quarter
    arrivals: float
    open: float
    wait: timedelta | None
    needed: int


def quarters(shifts: Sequence[Shift], opening: Intervals, *, handling: timedelta) -> list[Quarter]:
    """Return the quarters of the hours in which the queue is `opening`, cut where those begin and end."""
    found: list[Quarter] = []
    working = [(intersection(shift.times, opening), shift.share) for shift in shifts]
    for start, end in _cut(opening):
        part = (Interval(start, end),)
        times = [(_length(intersection(known, part)), share) for known, share in working]
        given = sum((length * share for length, share in times), timedelta(0))
        planned = sum(length > timedelta(0) for length, _ in times)
        found.append(Quarter(start, end, planned, given / (end - start), given / handling))
    return found


def prospects(
    known: Sequence[Quarter],
    arrivals: Mapping[datetime, float],
    *,
    open_tasks: int,
    handling: timedelta,
    level: ServiceLevel = USUAL,
) -> list[Prospect]:
    """Return what to expect of each quarter. `arrivals` are those of whole quarters, by their start; none where absent."""
    found: list[Prospect] = []
    now_open, left = float(open_tasks), sum((each.end - each.start for each in known), timedelta(0))
    for place, quarter in enumerate(known):
        length = quarter.end - quarter.start
        coming = arrivals.get(quarter_of(quarter.start), 0.0) * (length / QUARTER)
        # What waits now, worked off evenly until the end, and what comes.
        load = Load(coming + open_tasks * (length / left), length, handling)
        wait = _wait(known[place:], now_open, Load(coming, length, handling))
        if wait is not None and quarter.start + wait >= known[-1].end:
            wait = None
        found.append(Prospect(quarter, coming, now_open, wait, agents_needed(load, share=level.share, patience=level.within)))
        now_open = max(0.0, now_open + coming - quarter.capacity)
    return found


def fits(known: Iterable[Quarter]) -> int:
    """Return how many callbacks are finished in these quarters, those open already among them."""
    return math.floor(sum(each.capacity for each in known) + 1e-9)


def time_to_finish(known: Sequence[Quarter], tasks: float) -> timedelta | None:
    """Return after how long, from the first quarter's start, so many tasks are finished; None: not within these quarters."""
    if tasks <= 0:
        return timedelta(0)
    for quarter in known:
        if quarter.capacity >= tasks:
            return quarter.start + (quarter.end - quarter.start) * (tasks / quarter.capacity) - known[0].start
        tasks -= quarter.capacity
    return None


def quarter_of(instant: datetime) -> datetime:
    """Return the start of the quarter hour (UTC, which every zone of today shares) that `instant` is in."""
    return _EPOCH + (instant - _EPOCH) // QUARTER * QUARTER


def _wait(known: Sequence[Quarter], open_tasks: float, load: Load) -> timedelta | None:
    staffed = next((place for place, each in enumerate(known) if each.agents > 0), None)
    if staffed is None:
        return None
    until_then, agents = known[staffed].start - known[0].start, known[staffed].agents
    if open_tasks < agents:
        return until_then + (mean_wait(math.floor(agents), load) or timedelta(0))
    finished = time_to_finish(known[staffed:], open_tasks - agents + 1)
    return None if finished is None else until_then + finished


def _cut(opening: Intervals) -> list[Interval]:
    found: list[Interval] = []
    for start, end in opening:
        while start < end:
            until = min(quarter_of(start) + QUARTER, end)
            found.append(Interval(start, until))
            start = until
    return found


def _length(intervals: Intervals) -> timedelta:
    return sum((end - start for start, end in intervals), timedelta(0))
