"""The coming days as a contact's gates see them: when each is open, and when all of them are. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.availability.decisions import time_windows
from orchestrator.availability.intervals import Interval, Intervals, clip, intersection
from orchestrator.availability.situation import Situation
from orchestrator.availability.verdicts import GateCode, GateState, Verdict

DAYS = 14
WIDTH = 1440  # of a day, in a picture's own units


@dataclass(frozen=True, slots=True)
class Span:
    """One open stretch of a day: `begins` and `ends` on that day's clock (`24:00` is its end), `x` and `width` of `WIDTH`."""

    begins: str
    ends: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Day:
    """When something is open on one local day, the earliest first."""

    date: date
    spans: Sequence[Span]

    @property
    def is_open_throughout(self) -> bool:
        return [span.width for span in self.spans] == [WIDTH]


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate and its days; None is all of them together."""

    gate: GateCode | None
    days: Sequence[Day]


@dataclass(frozen=True, slots=True)
class Outlook:
    """`together` is when a contact may be made, as far as the clock decides; `gates` are those that apply."""

    zone: ZoneInfo
    together: GateRow
    gates: Sequence[GateRow]

    @property
    def open_days(self) -> list[Day]:
        return [day for day in self.together.days if day.spans]


def outlook(
    situation: Situation, verdicts: Sequence[Verdict], *, now: datetime, until: datetime | None, zone: ZoneInfo
) -> Outlook:
    """Return the next `DAYS` local days from `now` (aware UTC) on. `until` is when waiting ends; None: it does not.

    Where a gate among `verdicts` refuses, no time is allowed at all.
    """
    first = now.astimezone(zone).date()
    days = [first + timedelta(days=number) for number in range(DAYS)]
    begin, end = _midnight(days[0], zone), _midnight(days[-1] + timedelta(days=1), zone)
    open_times = {gate: windows.between(begin, end) for gate, windows in time_windows(situation, now).items()}
    together: Intervals = (Interval(now, min(end, until or end)),)
    for times in open_times.values():
        together = intersection(together, times)
    if any(verdict.state is GateState.REFUSED for verdict in verdicts):
        together = ()
    return Outlook(
        zone,
        GateRow(None, list(_by_day(together, days, zone))),
        [GateRow(gate, list(_by_day(times, days, zone))) for gate, times in open_times.items()],
    )


def _by_day(times: Intervals, days: Sequence[date], zone: ZoneInfo) -> Iterator[Day]:
    for day in days:
        begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        yield Day(day, [_span(each, begin, end, zone) for each in clip(times, begin, end)])


def _span(open_time: Interval, begin: datetime, end: datetime, zone: ZoneInfo) -> Span:
    unit = WIDTH / (end - begin).total_seconds()  # a day on which clocks change is no longer in the picture than another
    x, right = ((at - begin).total_seconds() * unit for at in open_time)
    ends = "24:00" if open_time.end == end else f"{open_time.end.astimezone(zone):%H:%M}"
    return Span(f"{open_time.start.astimezone(zone):%H:%M}", ends, round(x, 1), round(right - x, 1))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day, in UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
