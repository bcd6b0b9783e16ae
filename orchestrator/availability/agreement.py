"""When all time gates agree, and which of them never do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from orchestrator.availability.intervals import TICK
from orchestrator.availability.verdicts import GateCode
from orchestrator.availability.windows import Windows, earliest

HORIZON = timedelta(days=400)
# An expiry further away than this is searched no further: nothing that opens once in ten years is worth waiting for.
_FURTHEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Agreed:
    """All gates are open at `at`, the first such instant from now on. `closed` are those closed now, sorted."""

    at: datetime
    closed: tuple[GateCode, ...]


@dataclass(frozen=True, slots=True)
class NeverAgreed:
    """No instant before the limit suits all gates. `gates`, sorted, are those to blame: that never open, else the fewest
    that never open together. `expiry_decided` tells that an instant would come, but not before the expiry."""

    gates: tuple[GateCode, ...]
    expiry_decided: bool


def agree(gates: Mapping[GateCode, Windows], *, now: datetime, expires: datetime | None) -> Agreed | NeverAgreed:
    """Return the earliest instant ≥ `now` and < `expires` (without one: within 400 days) at which all gates are open.

    Times are aware UTC.
    """
    closed = tuple(sorted(code for code, windows in gates.items() if not windows.open_at(now)))
    if not closed and (expires is None or now < expires):
        return Agreed(now, ())
    if expires is not None and expires <= now:
        return NeverAgreed(closed, expiry_decided=True)
    limit = now + HORIZON + TICK if expires is None else min(expires, now + _FURTHEST)
    if (at := earliest(list(gates.values()), after=now, before=limit)) is not None:
        return Agreed(at, closed)
    later = expires is not None and earliest(list(gates.values()), after=limit, before=now + HORIZON + TICK) is not None
    return NeverAgreed(_to_blame(gates, now, limit), expiry_decided=later)


def _to_blame(gates: Mapping[GateCode, Windows], now: datetime, limit: datetime) -> tuple[GateCode, ...]:
    for size in range(1, len(gates) + 1):
        blamed = {
            code
            for group in combinations(gates, size)
            if earliest([gates[code] for code in group], after=now, before=limit) is None
            for code in group
        }
        if blamed:
            return tuple(sorted(blamed))
    return ()
