"""Whether a rule has gone silent or explodes, judged from how many moments it found lately and in the weeks before."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from orchestrator.insights.usual import Stretch, Usual, at_least, at_most

_HALF = 2  # what is not under the half, or over the double, is no alarm however sure it is


class Trouble(StrEnum):
    SILENT = "silent"
    EXPLODING = "exploding"


@dataclass(frozen=True, slots=True)
class Levels:
    """How unlikely a number has to be; how many moments, and how many times the usual, an explosion has at least."""

    unlikely: float = 1e-6
    floor: int = 20
    times: float = 3.0


@dataclass(frozen=True, slots=True)
class Found:
    """How many moments a stretch has, how many of them led to a case, and what is usual there; None: too young to tell."""

    stretch: Stretch
    moments: int
    cases: int
    usual: Usual | None


@dataclass(frozen=True, slots=True)
class Unusual:
    """`calls` is how many the staff could make in the stretch, where more cases than that are the trouble."""

    trouble: Trouble
    found: Found
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Events of a type from a channel (by name) that stopped coming: when the last one came, and how many are usual an hour."""

    type: str
    channel: str
    last: datetime | None
    an_hour: int

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Stopped":  # JSON as `as_json` wrote it
        last = datetime.fromisoformat(kept["last"]) if kept["last"] else None
        return cls(kept["type"], kept["channel"], last, kept["an_hour"])

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"last": self.last.isoformat() if self.last else None}


def silence(lately: Sequence[Found], levels: Levels) -> Unusual | None:
    """Return the stretch that tells of a silence, or None. `lately` are stretches up to now, the shortest first.

    The shortest stretch in which nothing at all would be unlikely decides whether there may be one: a rule that has
    begun to find moments again is silent no more, however long it was.
    """
    telling = [each for each in lately if each.usual and at_most(0, each.usual.low, each.usual.spread) < levels.unlikely]
    if not telling or not _is_low(telling[0]):
        return None
    return next((Unusual(Trouble.SILENT, each) for each in telling if _is_low(each) and _is_silent(each, levels)), None)


def explosion(lately: Sequence[Found], levels: Levels, *, calls_an_hour: int | None) -> Unusual | None:
    """Return the stretch that tells of an explosion, or None: far over the usual, or over what all the staff could call.

    `calls_an_hour` are those of the whole staff; None where nobody serves the rule's queues.
    """
    for each in lately:
        if each.usual and each.moments >= levels.floor and _is_exploding(each, each.usual, levels):
            return Unusual(Trouble.EXPLODING, each, _beyond(each, calls_an_hour, levels))
    return next(
        (Unusual(Trouble.EXPLODING, each, calls) for each in lately if (calls := _beyond(each, calls_an_hour, levels))), None
    )


def _is_low(found: Found) -> bool:
    return found.usual is not None and found.moments * _HALF < found.usual.low


def _is_silent(found: Found, levels: Levels) -> bool:
    return found.usual is not None and at_most(found.moments, found.usual.low, found.usual.spread) < levels.unlikely


def _is_exploding(found: Found, usual: Usual, levels: Levels) -> bool:
    many = found.moments >= levels.times * usual.high
    return many and at_least(found.moments, max(usual.high, 1.0), usual.spread) < levels.unlikely


def _beyond(found: Found, calls_an_hour: int | None, levels: Levels) -> int | None:
    """Return how many calls the staff could make in the stretch, where more cases came than that."""
    if calls_an_hour is None or found.cases < levels.floor:
        return None
    calls = int(calls_an_hour * found.stretch.length.total_seconds() / 3600)
    return calls if found.cases > calls else None
