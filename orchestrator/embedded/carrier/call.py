"""One call: what was ordered, and what has become of it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from orchestrator.embedded.carrier.callbacks import Lane
from orchestrator.embedded.carrier.phones import Phone
from orchestrator.embedded.carrier.webhooks import Hook

if TYPE_CHECKING:
    from orchestrator.embedded.carrier.rooms import Participant

MAX_RING = 600
DEFAULT_RING = 60
LONGEST_CALL = 14_400
CALL_EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})


class CallStatus(StrEnum):
    """A call's states in callbacks; in REST answers `initiated` still reads `queued`."""

    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


BEFORE_ANSWER = frozenset({CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING})


class Direction(StrEnum):
    """Who placed a call: a phone, the REST API, or a Dial verb."""

    INBOUND = "inbound"
    API = "outbound-api"
    DIAL = "outbound-dial"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where call progress is told, and which events."""

    hook: Hook
    events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class Fetch:
    """TwiML to be asked for."""

    hook: Hook
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inline:
    """TwiML that was given with the request."""

    twiml: str


@dataclass(frozen=True, slots=True)
class Enter:
    """A participant made by REST: there is no TwiML, the leg enters its room."""

    participant: Participant


Source = Fetch | Inline | Enter


@dataclass(frozen=True, slots=True)
class Detection:
    """Machine detection: until the greeting's end or not, verdict limit in seconds, and the hook if asynchronous."""

    message_end: bool
    limit: int = 30
    asynchronous: bool = False
    hook: Hook | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A call as it was asked for. `ring` and `limit` are seconds."""

    to: str
    from_: str
    source: Source | None
    fallback: Hook | None = None
    subscription: Subscription | None = None
    ring: int = DEFAULT_RING
    limit: int = LONGEST_CALL
    detection: Detection | None = None
    attempt: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: its final status, and the SIP code told with it."""

    status: CallStatus
    sip: int
    by_api: bool = False


HUNG_UP = Ending(CallStatus.COMPLETED, 200)
CANCELED = Ending(CallStatus.CANCELED, 487)
NOBODY = Ending(CallStatus.NO_ANSWER, 487)
BUSY = Ending(CallStatus.BUSY, 486)
FAILED = Ending(CallStatus.FAILED, 404)


@dataclass(slots=True, eq=False)
class Call:
    """A call's state. `ended` and `redirected` are what interrupts whatever the call is doing.

    A dialled leg is `bridgeable` once it has heard its whisper, and `released` when it is over or was redirected.
    """

    sid: str
    order: Order
    direction: Direction
    phone: Phone
    created_at: datetime
    parent: Call | None = None
    status: CallStatus = CallStatus.QUEUED
    updated_at: datetime | None = None
    dialed_at: datetime | None = None
    rang_at: datetime | None = None
    ended_at: datetime | None = None
    answered: float | None = None  # the loop's clock at the answer
    seconds: int = 0
    queue_ms: int = 0
    answered_by: str | None = None
    sequence: int = 0
    gathers: int = 0
    connected: bool = False
    participant: Participant | None = None
    errors: list[int] = field(default_factory=list)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    lane: Lane = field(default_factory=Lane)
    ended: asyncio.Future[Ending] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    redirected: asyncio.Future[Source] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    bridgeable: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    released: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def final(self) -> bool:
        return self.ended_at is not None

    @property
    def minutes(self) -> int:
        """Billed minutes: begun ones count whole."""
        return math.ceil(self.seconds / 60)

    def end(self, ending: Ending) -> None:
        """Ask the call to end so; the first asker decides."""
        if not self.ended.done():
            self.ended.set_result(ending)

    def redirect(self, source: Source) -> None:
        """Ask the call to drop what it does and follow `source`; the last asker before it does so decides."""
        if self.redirected.done():
            self.redirected = asyncio.get_running_loop().create_future()
        self.redirected.set_result(source)
