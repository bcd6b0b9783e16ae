"""How far a long run has come, told to whoever wants to know."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import TypeAlias, TypeVar

Item = TypeVar("Item")

_EVERY = 256  # to ask the clock for each of millions would cost more than it tells


class Phase(StrEnum):
    """Printed: never renamed."""

    READING = "reading"
    SORTING = "sorting"
    RUNNING = "running"


# Told now and then with the phase, what is done of it, and of how much (None where nobody knows); at last with the whole.
Progress: TypeAlias = Callable[[Phase, int, int | None], None]


def untold(phase: Phase, done: int, of: int | None) -> None:
    """Tell nobody."""


def told(items: Iterable[Item], phase: Phase, of: int | None, progress: Progress) -> Iterator[Item]:
    """Yield the items, telling how many went by."""
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        if not done % _EVERY:
            progress(phase, done, of)
    progress(phase, done, of)
