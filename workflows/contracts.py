"""What workflows and activities say to each other: one frozen model in, one out. Ids only, never personal data.

The names given to `@activity.defn` and the fields here are wire format: fields are added with defaults, never renamed.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio import activity

ESCALATIONS = "escalations"  # task queues, each with a worker of its own
WATCHES = "watches"
DIALING = "dialing"
HOUSEKEEPING = "housekeeping"

ESCALATION_WORKFLOW = "escalation"
WATCH_WORKFLOW = "moment-watch"
SWEEP_WORKFLOW = "sweep"
BACKTEST_WORKFLOW = "backtest"
LOOKOUT_WORKFLOW = "lookout"
HINT_SIGNAL = "hint"


class Contract(BaseModel):
    model_config = ConfigDict(frozen=True)


class StartWatch(Contract):
    watch_id: UUID
    deadline: datetime  # aware UTC; what the workflow sleeps until first


class Settled(Contract):
    """What an open watch turned out to be at its deadline. `deadline` is set when it moved: sleep again until then."""

    deadline: datetime | None = None


class WatchActivities(ABC):
    @activity.defn(name="watches.settle")
    @abstractmethod
    async def settle(self, watch: StartWatch) -> Settled: ...


class StartEscalation(Contract):
    escalation_id: UUID


class Next(StrEnum):
    """What an escalation's process does next, after the row was looked at under the customer's lock."""

    WAIT = "wait"  # until a hint, or `until`
    DIAL = "dial"  # prepare, submit and settle the leg that `dial` names
    SETTLE = "settle"  # ask the carrier about the attempts listed, then look again
    SEND = "send"  # send the messages listed, then look again
    STOP = "stop"  # cancel or redirect the carrier's calls listed, then look again
    CLOSED = "closed"


class LegKind(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"


class Dial(Contract):
    """One leg to dial. `request` makes preparing it repeatable: one request, one attempt row."""

    escalation_id: UUID
    request: str
    leg: LegKind
    task_id: UUID | None = None


class Instruction(Contract):
    next: Next
    until: datetime | None = None  # aware UTC; none: only a hint wakes it
    dial: Dial | None = None
    messages: list[UUID] = []  # to be sent
    unclear: list[UUID] = []  # messages to be asked about at the carrier
    settle: list[UUID] = []  # attempts to be asked about at the carrier
    stops: list[UUID] = []  # attempts whose call is to be ended or redirected at the carrier
    outcome: str | None = None


class EscalationActivities(ABC):
    @activity.defn(name="escalations.advance")
    @abstractmethod
    async def advance(self, escalation: StartEscalation) -> Instruction: ...

    @activity.defn(name="escalations.fail")
    @abstractmethod
    async def fail(self, escalation: StartEscalation) -> None: ...


class Prepared(Contract):
    """`attempt_id` is none when the gates, a lost race or a missing number said no: the row already tells why."""

    attempt_id: UUID | None = None


class AttemptRef(Contract):
    attempt_id: UUID


class DialingActivities(ABC):
    @activity.defn(name="dialing.prepare")
    @abstractmethod
    async def prepare(self, dial: Dial) -> Prepared: ...

    @activity.defn(name="dialing.submit")
    @abstractmethod
    async def submit(self, attempt: AttemptRef) -> None: ...

    @activity.defn(name="dialing.settle")
    @abstractmethod
    async def settle(self, attempt: AttemptRef) -> None: ...

    @activity.defn(name="dialing.stop")
    @abstractmethod
    async def stop(self, attempt: AttemptRef) -> None: ...


class MessageRef(Contract):
    message_id: UUID


class MessagingActivities(ABC):
    @activity.defn(name="messages.send")
    @abstractmethod
    async def send(self, message: MessageRef) -> None: ...

    @activity.defn(name="messages.settle")
    @abstractmethod
    async def settle(self, message: MessageRef) -> None: ...


class Swept(Contract):
    started: int = 0


class SweepActivities(ABC):
    @activity.defn(name="housekeeping.sweep")
    @abstractmethod
    async def sweep(self) -> Swept: ...


class StartBacktest(Contract):
    backtest_id: UUID


class Ran(Contract):
    """`is_over` is false while another back-test runs: look again when there is a hint, or after a while."""

    is_over: bool


class BacktestActivities(ABC):
    @activity.defn(name="backtests.run")
    @abstractmethod
    async def run(self, backtest: StartBacktest) -> Ran: ...


class LookedOut(Contract):
    """How many alarms of rules were raised, and how many are over."""

    raised: int = 0
    over: int = 0


class LookoutActivities(ABC):
    @activity.defn(name="housekeeping.look-out")
    @abstractmethod
    async def look_out(self) -> LookedOut: ...
