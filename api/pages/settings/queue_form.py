"""A queue's form: what is typed, and what it asks for."""

from dataclasses import dataclass

from api.pages.settings.words import listed
from orchestrator.queueing.queues import Arrangement, QueueStanding


@dataclass(frozen=True, slots=True)
class QueueForm:
    """A queue's form as it was sent."""

    name: str = ""
    calendar: str = ""
    skills: str = ""
    caller_id: str = ""
    pace: str = ""
    outcomes: tuple[str, ...] = ()

    @classmethod
    def of(cls, standing: QueueStanding) -> "QueueForm":
        queue = standing.queue
        pace = "" if queue.pace_per_minute is None else str(queue.pace_per_minute)
        skills, caller_id, outcomes = ", ".join(queue.skills), queue.caller_id or "", tuple(queue.outcomes)
        return cls(queue.name, queue.calendar or "", skills, caller_id, pace, outcomes)

    def arrangement(self) -> Arrangement:
        """Return what was asked for, unchecked: a pace that is no number is 0, which fits nowhere either."""
        pace = self.pace.strip()
        caller_id = self.caller_id.replace(" ", "").replace("-", "")
        per_minute = (int(pace) if pace.isascii() and pace.isdigit() else 0) if pace else None
        return Arrangement(self.calendar or None, listed(self.skills), caller_id or None, per_minute, self.outcomes)
