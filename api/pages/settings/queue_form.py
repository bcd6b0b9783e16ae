"""A queue's form: what is typed, and what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from api.pages.settings.words import listed
from orchestrator.detection.durations import format_duration, parse_duration, parse_pause
from orchestrator.queueing.queues import Arrangement, QueueStanding

_FITS_NOWHERE = timedelta(seconds=-1)


@dataclass(frozen=True, slots=True)
class QueueForm:
    """A queue's form as it was sent."""

    name: str = ""
    calendar: str = ""
    skills: str = ""
    caller_id: str = ""
    pace: str = ""
    outcomes: tuple[str, ...] = ()
    within: str = ""
    cutoff: str = ""
    percent: str = ""
    begun: str = ""

    @classmethod
    def of(cls, standing: QueueStanding) -> "QueueForm":
        queue = standing.queue
        pace = "" if queue.pace_per_minute is None else str(queue.pace_per_minute)
        skills, caller_id, outcomes = ", ".join(queue.skills), queue.caller_id or "", tuple(queue.outcomes)
        within, cutoff = _written(queue.callback_within), _written(queue.callback_cutoff)
        percent = "" if queue.service_percent is None else str(queue.service_percent)
        begun = _written(queue.service_within)
        return cls(queue.name, queue.calendar or "", skills, caller_id, pace, outcomes, within, cutoff, percent, begun)

    def arrangement(self) -> Arrangement:
        """Return what was asked for, unchecked: what is no number or no length of time becomes one that fits nowhere."""
        caller_id = self.caller_id.replace(" ", "").replace("-", "")
        return Arrangement(
            calendar=self.calendar or None,
            skills=listed(self.skills),
            caller_id=caller_id or None,
            pace_per_minute=_number(self.pace),
            callback_within=_read(self.within, parse_duration),
            callback_cutoff=_read(self.cutoff, parse_pause),
            service_percent=_number(self.percent),
            service_within=_read(self.begun, parse_duration),
            outcomes=self.outcomes,
        )


def _number(typed: str) -> int | None:
    typed = typed.strip()
    return (int(typed) if typed.isascii() and typed.isdigit() else 0) if typed else None


def _written(length: timedelta | None) -> str:
    return "" if length is None else format_duration(length)


def _read(typed: str, parse: Callable[[str], timedelta]) -> timedelta | None:
    if not typed.strip():
        return None
    try:
        return parse("".join(typed.split()))
    except ValueError:
        return _FITS_NOWHERE
