"""Calls of two versions hour by hour or day by day, as bars that a page draws: only numbers leave here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.insights.comparing.comparison import Load

WIDTH, HEIGHT = 960, 200
_MARKS = 5  # at most so many times are written below, evenly spread


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one version; what is highest reaches the top."""

    x: float
    y: float
    width: float
    height: float
    is_shadow: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """`staff` are the points of the line of what the agents can take, empty where that is not known or beyond the top."""

    bars: Sequence[Bar]
    marks: Sequence[datetime]
    staff: str
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(load: Sequence[Load], *, alone: bool) -> Chart:
    """Return the bars: one beside the other where two versions ran, one where the shadow was `alone`."""
    top = max((max(each.bucket.live, each.bucket.shadow) for each in load), default=0)
    slot = WIDTH / max(len(load), 1)
    own = slot * 0.8 / (1 if alone else 2)
    bars = []
    for index, each in enumerate(load):
        counts = [(each.bucket.shadow, True)] if alone else [(each.bucket.live, False), (each.bucket.shadow, True)]
        for place, (count, is_shadow) in enumerate(counts):
            if count:
                height = HEIGHT * count / max(top, 1)
                x = index * slot + slot * 0.1 + place * own
                bars.append(Bar(round(x, 2), round(HEIGHT - height, 2), round(own * 0.92, 2), round(height, 2), is_shadow))
    spread = min(len(load), _MARKS)
    marks = [load[round(place * (len(load) - 1) / max(spread - 1, 1))].bucket.at for place in range(spread)]
    return Chart(bars, marks, _line(load, slot, top), top)


def _line(load: Sequence[Load], slot: float, top: int) -> str:
    if not top or any(each.staff is None for each in load):
        return ""
    points = []
    for index, each in enumerate(load):
        y = round(HEIGHT - HEIGHT * min((each.staff or 0) / top, 1), 2)
        points += [f"{index * slot:.2f},{y}", f"{(index + 1) * slot:.2f},{y}"]
    return " ".join(points)
