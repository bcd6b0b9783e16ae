"""The order of a queue, as a pure rule.

Pressing tasks come first: those whose promise is broken or soon due, by due time, and those that have waited out the
patience of the place. Then come all others by rank: the time they were first queued, moved earlier by their priority.

**Every task is reached.** Let a task be queued at `q` with priority `p`. Before it is pressing, only tasks of a lower rank
go first: those were queued before `q + (100 - p) * PRIORITY_WORTH`. At `q - p * PRIORITY_WORTH + PATIENCE` it becomes
pressing itself, and from then on only promises due before that instant plus `SOON`, and tasks pressing since earlier, go first.
A promise is due after it is made, so none made later than that overtakes it. What is ahead of a task is thus a fixed, finite
set from then on, whatever arrives: with agents at work, it is offered. Requeueing keeps a task's times, and so its place.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

PRIORITY_WORTH = timedelta(minutes=1)  # one point of priority (0 to 100) counts as so much waiting
SOON = timedelta(minutes=10)  # a promise due within this is pressing
PATIENCE = timedelta(hours=4)  # so long after its rank, a task presses like a promise does

_PRESSING, _WAITING = 0, 1


class Placed(Protocol):
    """What decides a task's place. `due_at` counts only where it was `promised` to the customer."""

    @property
    def rank(self) -> datetime: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def promised(self) -> bool: ...


Task = TypeVar("Task", bound=Placed)


def rank(queued_at: datetime, *, priority: int) -> datetime:
    """Return the instant that places a task among those not pressing; the earliest is first."""
    return queued_at - priority * PRIORITY_WORTH


def let_go(at: datetime, *, since: datetime) -> datetime:
    """Return when a case counts as queued that hours let go `at` one instant together with others; it waited `since` then.

    Whoever waited longer goes first. An hour counts as a second only: a night before an opening presses nobody ahead of a
    promise, nor of a higher priority.
    """
    return at - max(at - since, timedelta(0)) / 3600


def place(task: Placed, *, now: datetime) -> tuple[int, datetime]:
    """Return the sort key of a task at `now`; the smallest is next."""
    pressing = [since for since in (_promise_presses(task), task.rank + PATIENCE) if since is not None and since <= now]
    return (_PRESSING, min(pressing)) if pressing else (_WAITING, task.rank)


def in_order(tasks: Sequence[Task], *, now: datetime) -> list[Task]:
    """Return tasks as they are offered, the most urgent first; equal ones in the order given."""
    return sorted(tasks, key=lambda task: place(task, now=now))


def _promise_presses(task: Placed) -> datetime | None:
    return task.due_at - SOON if task.promised and task.due_at is not None else None
