"""What we ask of a carrier, and the three ways in which it does not do it.

The difference that matters is between a call that surely does not exist and one that perhaps does: the first may be asked
for again, the second never (docs/adr/003).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol

from orchestrator.errors import OrchestratorError


class CallStatus(StrEnum):
    """The carrier's words for where a call is. `INITIATED` (it left the queue) is told by callbacks only."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


class Refusal(StrEnum):
    """What a definite no is about, and so what helps."""

    LATER = "later"  # a limit of the account: the same request may be made again after a pause
    NUMBER = "number"  # nobody can be reached at this number, ever
    OPTED_OUT = "opted_out"  # the person has told the carrier to stop messages from this sender
    SETUP = "setup"  # our account, sender or request: a person must mend it
    MISSING = "missing"  # no such call or message
    OVER = "over"  # the call is in no state for this: it usually just ended


class CarrierRefused(OrchestratorError):
    """The carrier said no, and nothing was created. `number` is its error code; texts are left out, they hold phones."""

    code: ClassVar[str] = "carrier_refused"

    def __init__(self, number: int, refusal: Refusal) -> None:
        super().__init__(f"{refusal} {number}")
        self.number, self.refusal = number, refusal


class CarrierUnavailable(OrchestratorError):
    """The request was surely not carried out, or repeating it does no harm. `number` is the code, where there was one."""

    code: ClassVar[str] = "carrier_unavailable"
    retryable: ClassVar[bool] = True

    def __init__(self, reason: str, number: int | None = None) -> None:
        super().__init__(reason)
        self.number = number


class CarrierUnclear(OrchestratorError):
    """Nobody can say whether it was created: the answer was lost, late or a server's fault. Never to be repeated."""

    code: ClassVar[str] = "carrier_unclear"

    def __init__(self, reason: str, number: int | None = None) -> None:
        super().__init__(reason)
        self.number = number


@dataclass(frozen=True, slots=True)
class CallOrder:
    """A call to place. `machine_url` asks for machine detection beside the call; `ring` is how long the phone may ring."""

    to: str = field(repr=False)
    from_: str = field(repr=False)
    answer_url: str
    status_url: str
    ring: timedelta
    machine_url: str | None = None


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """A call as the carrier has it. `created_at` has whole seconds; `duration` is in seconds."""

    sid: str
    status: CallStatus
    created_at: datetime | None = None
    duration: int | None = None
    answered_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageOrder:
    """A text message to send. `validity` is how long the carrier may keep trying."""

    to: str = field(repr=False)
    from_: str = field(repr=False)
    body: str = field(repr=False)
    status_url: str
    validity: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class CarrierMessage:
    """A message as the carrier has it; `status` is its own word."""

    sid: str
    status: str
    created_at: datetime | None = None
    error: int | None = None
    body: str = field(default="", repr=False)


class Carrier(Protocol):
    """A telephone carrier. No method repeats a request that creates something."""

    async def place(self, order: CallOrder) -> CarrierCall:
        """Create the call. Raises `CarrierRefused`, `CarrierUnavailable` (surely not created) or `CarrierUnclear`."""
        ...

    async def fetch(self, sid: str) -> CarrierCall:
        """Return the call. Raises `CarrierRefused` (`MISSING`) or `CarrierUnavailable`."""
        ...

    async def find(self, *, to: str, from_: str, since: datetime) -> Sequence[CarrierCall]:
        """Return our calls from `from_` to `to` created at or after `since`, oldest first. Raises `CarrierUnavailable`."""
        ...

    async def end(self, sid: str) -> CarrierCall:
        """End the call: cancel it while it is queued or rings, hang it up when it is live.

        Raises `CarrierRefused` (`OVER`: it has ended by itself) or `CarrierUnavailable`.
        """
        ...

    async def cancel(self, sid: str) -> CarrierCall:
        """End the call only while it is queued or rings; an answered one goes on. Raises as `end` does."""
        ...

    async def redirect(self, sid: str, url: str) -> CarrierCall:
        """Make a live call follow the document at `url`. Raises as `end` does."""
        ...

    async def send(self, order: MessageOrder) -> CarrierMessage:
        """Create the message. Raises as `place` does."""
        ...

    async def find_messages(self, *, to: str, from_: str, since: datetime) -> Sequence[CarrierMessage]:
        """Return our messages from `from_` to `to` created at or after `since`, oldest first. Raises `CarrierUnavailable`."""
        ...
