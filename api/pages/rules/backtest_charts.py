"""A back-test's hours as a picture: would-be calls beside the agents who are there, on the reader's clock. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SHORT = timedelta(days=3)  # up to here every hour has a bar of its own
_HOUR = timedelta(hours=1)
_ROOM = 3  # so many times the highest bar of calls is shown of the agents' at most: else nobody would see the calls


@dataclass(frozen=True, slots=True)
class Bar:
    """An hour, or the mean of all hours of that time of day. Heights are shares of the chart's."""

    at: datetime | None  # None: `hour` of every day
    hour: int
    calls: float
    agents: float
    calls_share: float = 0.0
    agents_share: float = 0.0

    @property
    def is_over(self) -> bool:
        """Whether there are more calls than agents."""
        return self.calls > self.agents


@dataclass(frozen=True, slots=True)
class Chart:
    """`top` is what the full height stands for."""

    bars: Sequence[Bar]
    top: float
    is_mean: bool

    @property
    def busiest(self) -> Bar | None:
        found = max(self.bars, key=lambda bar: bar.calls, default=None)
        return found if found is not None and found.calls else None

    @property
    def over(self) -> int:
        return sum(bar.is_over for bar in self.bars)

    @property
    def step(self) -> int:
        """Every how many bars one has its hour written under it."""
        return _step(len(self.bars))


@dataclass(frozen=True, slots=True)
class Cell:
    """All hours of one weekday at one time of day. `level` is 0 to 5."""

    calls: float
    agents: float
    level: int


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the result, in UTC."""

    at: datetime
    moments: int
    calls: int
    agents: float


def hours_of(result: Mapping[str, Any]) -> list[Hour]:
    return [Hour(datetime.fromisoformat(at), moments, calls, agents) for at, moments, calls, agents in result["hours"]]


def chart(hours: Iterable[Hour], *, since: datetime, until: datetime, zone: str) -> Chart:
    """Return a bar for each hour of a short period, and for each time of day of a long one."""
    place, by_start = ZoneInfo(zone), {hour.at: hour for hour in hours}
    starts = _starts(since, until)
    if until - since <= SHORT:
        starts += [starts[-1] + number * _HOUR for number in range(1, -len(starts) % _step(len(starts)) + 1)]
        bars = [_bar(start.astimezone(place), by_start.get(start)) for start in starts]
        return _scaled(bars, is_mean=False)
    counted, calls, agents = _added(starts, by_start, place, lambda at: at.hour)
    bars = [Bar(None, hour, calls[hour] / counted[hour], agents[hour] / counted[hour]) for hour in range(24)]
    return _scaled(bars, is_mean=True)


def week(hours: Iterable[Hour], *, since: datetime, until: datetime, zone: str) -> list[list[Cell]]:
    """Return seven days, Monday first, of 24 means each; nothing where the period is shorter than a week."""
    if until - since < timedelta(days=7):
        return []
    by_start = {hour.at: hour for hour in hours}
    added = _added(_starts(since, until), by_start, ZoneInfo(zone), lambda at: (at.weekday(), at.hour))
    counted, calls, agents = added
    keys = [[(day, hour) for hour in range(24)] for day in range(7)]
    most = max((calls[key] / counted[key] for row in keys for key in row if counted[key]), default=0.0)
    return [[_cell(key, counted, calls, agents, most) for key in row] for row in keys]


def _cell(key: Any, counted: Mapping[Any, int], calls: Mapping[Any, float], agents: Mapping[Any, float], most: float) -> Cell:
    number = counted[key] or 1
    mean = calls[key] / number
    return Cell(mean, agents[key] / number, 0 if not mean else 1 + min(4, int(mean / most * 4.999)))


def _starts(since: datetime, until: datetime) -> list[datetime]:
    first = since.replace(minute=0, second=0, microsecond=0)
    return [first + number * _HOUR for number in range(max(1, -int((first - until) // _HOUR)))]


def _added(starts: Iterable[datetime], hours: Mapping[datetime, Hour], place: ZoneInfo, key: Any) -> Any:
    counted: defaultdict[Any, int] = defaultdict(int)
    calls: defaultdict[Any, float] = defaultdict(float)
    agents: defaultdict[Any, float] = defaultdict(float)
    for start in starts:
        own = key(start.astimezone(place))
        counted[own] += 1
        if (hour := hours.get(start)) is not None:
            calls[own] += hour.calls
            agents[own] += hour.agents
    return counted, calls, agents


def _bar(at: datetime, hour: Hour | None) -> Bar:
    return Bar(at, at.hour, hour.calls if hour else 0, hour.agents if hour else 0)


def _step(bars: int) -> int:
    """Return a step at which hours under so many bars do not meet on a narrow screen."""
    return next((step for step in (1, 2, 3, 4, 6, 8, 12) if step * 9 >= bars), 24)


def _scaled(bars: Sequence[Bar], *, is_mean: bool) -> Chart:
    calls, agents = max(bar.calls for bar in bars), max(bar.agents for bar in bars)
    top = max(calls, min(agents, _ROOM * calls) if calls else agents) or 1.0
    scaled = [Bar(bar.at, bar.hour, bar.calls, bar.agents, bar.calls / top, min(1.0, bar.agents / top)) for bar in bars]
    return Chart(scaled, top, is_mean)
