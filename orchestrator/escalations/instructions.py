"""What an escalation's process is to do next. Pure values; activities turn them into the workflow's contracts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orchestrator.escalations.states import Outcome
from orchestrator.telephony.tables import Leg


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until` (aware UTC) or a hint; None: only a hint can change anything."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class DialLeg:
    """Prepare and submit one leg. The same `request` always means the same attempt.

    A call says by webhooks what becomes of it: without a hint there is no need to look again before `quiet_until`.
    """

    request: str
    leg: Leg
    task_id: UUID
    quiet_until: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """Ask the carrier what became of these attempts and messages."""

    attempts: tuple[UUID, ...] = ()
    messages: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    messages: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """End or redirect these attempts' calls at the carrier, as their rows say."""

    attempts: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """It is over, and nothing of it is left at the carrier. `outcome` is None for an escalation that does not exist."""

    outcome: Outcome | None


Instruction = Wait | DialLeg | Settle | Send | Stop | Closed
