"""What a benchmark found: a figure, the floor taken beside it in the same run, and the goal the ratio is held against."""

from collections.abc import Sequence
from dataclasses import dataclass

_HEADS = ("what", "measured", "floor", "ratio", "goal", "met")


@dataclass(frozen=True, slots=True)
class Figure:
    """`measured` and `floor` are in `unit`. The goal: a ratio to the floor of at least `ratio_goal`, or else `enough`;
    without a floor, at most `limit`."""

    what: str
    unit: str
    measured: float
    floor: float | None = None
    ratio_goal: float | None = None
    enough: float | None = None
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.floor is None else self.measured / self.floor

    @property
    def is_met(self) -> bool:
        by_ratio = self.ratio is not None and self.ratio_goal is not None and self.ratio >= self.ratio_goal
        by_itself = self.enough is not None and self.measured >= self.enough
        return by_ratio or by_itself or (self.limit is not None and self.measured <= self.limit)

    @property
    def goal(self) -> str:
        asked = (("≥ {:g}", self.ratio_goal), (f"≥ {{:,.0f}} {self.unit}", self.enough), (f"≤ {{:g}} {self.unit}", self.limit))
        return " or ".join(words.format(value) for words, value in asked if value is not None)

    def cells(self) -> tuple[str, ...]:
        measured = f"{_shown(self.measured)} {self.unit}"
        floor = "–" if self.floor is None else f"{_shown(self.floor)} {self.unit}"
        ratio = "–" if self.ratio is None else f"{self.ratio:.2f}"
        return self.what, measured, floor, ratio, self.goal, "yes" if self.is_met else "no"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as aligned lines under a head."""
    lines = [_HEADS, *(figure.cells() for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
