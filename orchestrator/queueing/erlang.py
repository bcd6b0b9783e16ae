"""How long people wait for agents, by Erlang's two models. Pure arithmetic, stable for any number of agents.

**C**: calls come at random, handling times scatter, nobody gives up (A. K. Erlang, 1917). **A**: the same, and who waits gives
up after a patience of random length (C. Palm, 1946). Real waits lie above both where calls come in bursts.
"""

import math
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

_NEGLIGIBLE = 1e-12
_MOST_AGENTS = 100_000


@dataclass(frozen=True, slots=True)
class Load:
    """So many `calls` come in every stretch of `within`, each of them keeps an agent busy for `handling` on average."""

    calls: float
    within: timedelta
    handling: timedelta

    @property
    def agents_busy(self) -> float:
        """The load in erlangs: how many agents it keeps busy on average, were there enough of them."""
        return self.calls * (self.handling / self.within)


def chance_of_waiting(agents: int, load: Load) -> float:
    """Return the share of calls that find all `agents` busy, 0 to 1; 1 where the load is more than they can do."""
    busy = load.agents_busy
    if busy <= 0:
        return 0.0
    if agents <= busy:
        return 1.0
    blocked = 1.0
    for number in range(1, agents + 1):  # Erlang B by its recursion: no factorial, so nothing overflows
        blocked = busy * blocked / (number + busy * blocked)
    return agents * blocked / (agents - busy * (1 - blocked))


def answered_within(agents: int, load: Load, patience: timedelta) -> float:
    """Return the share of calls whose wait is at most `patience`, 0 to 1."""
    spare = agents - load.agents_busy
    if spare <= 0:
        return 0.0 if load.calls > 0 else 1.0
    return 1 - chance_of_waiting(agents, load) * math.exp(-spare * (patience / load.handling))


def mean_wait(agents: int, load: Load) -> timedelta | None:
    """Return how long a call waits on average, those that do not wait counted; None where the wait only grows."""
    spare = agents - load.agents_busy
    if load.calls <= 0:
        return timedelta(0)
    return chance_of_waiting(agents, load) * load.handling / spare if spare > 0 else None


def agents_needed(load: Load, *, share: float, patience: timedelta) -> int:
    """Return the fewest agents who answer `share` (0 up to, not including, 1) of calls within `patience`."""
    if load.calls <= 0:
        return 0
    for agents in range(math.floor(load.agents_busy) + 1, _MOST_AGENTS):
        if answered_within(agents, load, patience) >= share:
            return agents
    raise OverflowError("no number of agents within reach answers this share")


def abandoned(agents: int, load: Load, patience: timedelta) -> float:
    """Return the share of calls given up while waiting, 0 to 1, where callers wait for `patience` on average."""
    busy = load.agents_busy
    if busy <= 0:
        return 0.0
    leaving = load.handling / patience  # how fast one who waits leaves, measured in handling times
    weight, total, waiting = 1.0, 1.0, 0.0
    for state in count(1):
        ahead = max(0, state - agents)
        weight *= busy / (min(state, agents) + ahead * leaving)
        total, waiting = total + weight, waiting + ahead * weight
        if weight > 1e200:  # only their proportions matter
            weight, total, waiting = weight / 1e200, total / 1e200, waiting / 1e200
        if state > max(agents, busy) and weight < total * _NEGLIGIBLE:
            break
    return waiting / total * leaving / busy
