"""Agents planned against agents needed, quarter by quarter: as a chart, and in which stretches there are too few. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from orchestrator.queueing.outlook import Prospect

HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Short:
    """A stretch in which fewer agents are planned than needed: `missing` at most."""

    start: datetime
    end: datetime
    missing: int


@dataclass(frozen=True, slots=True)
class StaffingChart:
    """Bars are the agents planned, `needed` the points of a line; `marks` name times below, `top` is the height in agents."""

    width: int
    top: int
    bars: tuple[Bar, ...]
    needed: str
    marks: tuple[datetime, ...]
    short: tuple[Short, ...]


def staffing_chart(prospects: Sequence[Prospect]) -> StaffingChart:
    top = max((max(math.ceil(each.quarter.agents), each.needed) for each in prospects), default=0) or 1
    bars = tuple(_bar(place, each.quarter.agents / top) for place, each in enumerate(prospects))
    line = (f"{x},{HEIGHT - HEIGHT * each.needed / top:.1f}" for p, each in enumerate(prospects) for x in (10 * p, 10 * p + 10))
    step = max(1, math.ceil(len(prospects) / 6))
    marks = tuple(each.quarter.start for each in prospects[::step])
    return StaffingChart(10 * len(prospects), top, bars, " ".join(line), marks, _short(prospects))


def _bar(place: int, share: float) -> Bar:
    return Bar(10 * place + 1, round(HEIGHT - HEIGHT * share, 1), round(HEIGHT * share, 1))


def _missing(each: Prospect) -> int:
    return each.needed - math.floor(each.quarter.agents + 1e-9)


def _short(prospects: Sequence[Prospect]) -> tuple[Short, ...]:
    found = []
    for is_short, group in groupby(prospects, key=lambda each: _missing(each) > 0):
        run = list(group)
        if is_short:
            found.append(Short(run[0].quarter.start, run[-1].quarter.end, max(_missing(each) for each in run)))
    return tuple(found)
