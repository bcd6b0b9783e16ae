"""The last day of a rule as a picture: an hour a bar, and over it a line for what is usual then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.insights.unusual import Found

_WIDE, _HIGH, _GAP = 10, 60, 2  # of an hour, of the picture, between two bars


@dataclass(frozen=True, slots=True)
class Bar:
    """`at` is where the hour begins; `x`, `y` and `height` are in the picture's own units."""

    at: datetime
    moments: int
    usual: float | None
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """`line` is the path of the usual, empty where nothing is known of it; `most` is what the full height stands for."""

    bars: Sequence[Bar]
    line: str
    most: float
    width: int
    high: int = _HIGH
    thick: int = _WIDE - _GAP

    @property
    def moments(self) -> int:
        return sum(bar.moments for bar in self.bars)

    @property
    def usual(self) -> float | None:
        """What is usual in these hours together; None where that is not known of all of them."""
        known = [bar.usual for bar in self.bars if bar.usual is not None]
        return sum(known) if known and len(known) == len(self.bars) else None


def picture(hours: Sequence[Found]) -> Picture | None:
    """Return the picture of the hours, the earliest first; None where there is nothing to show."""
    if not hours:
        return None
    most = max(1.0, *(max(each.moments, each.usual.expected if each.usual else 0) for each in hours))
    bars = [_bar(number, each, most) for number, each in enumerate(hours)]
    return Picture(bars, _line(bars, most), most, len(bars) * _WIDE)


def _bar(number: int, found: Found, most: float) -> Bar:
    height = round(found.moments / most * _HIGH, 1)
    usual = found.usual.expected if found.usual else None
    return Bar(found.stretch.since, found.moments, usual, number * _WIDE, _HIGH - height, height)


def _line(bars: Sequence[Bar], most: float) -> str:
    """A level stroke an hour, which breaks off where nothing is known."""
    path, before = [], False
    for bar in bars:
        if bar.usual is not None:
            y = round(_HIGH - bar.usual / most * _HIGH, 1)
            path.append(f"{'L' if before else 'M'}{bar.x} {y}H{bar.x + _WIDE}")
        before = bar.usual is not None
    return "".join(path)
