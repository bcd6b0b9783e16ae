"""Activities that do as a test tells them, and keep what they were asked: workflows are proved against these alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.sandbox import sandbox
from workflows.backtest import Backtest
from workflows.contracts import (
    DIALING,
    ESCALATIONS,
    HOUSEKEEPING,
    WATCHES,
    AttemptRef,
    BacktestActivities,
    Dial,
    DialingActivities,
    EscalationActivities,
    Instruction,
    LegKind,
    LookedOut,
    LookoutActivities,
    MessageRef,
    MessagingActivities,
    Next,
    Prepared,
    Ran,
    Settled,
    StartBacktest,
    StartEscalation,
    StartWatch,
    SweepActivities,
    Swept,
    WatchActivities,
)
from workflows.escalation import Escalation
from workflows.lookout import Lookout
from workflows.moment_watch import MomentWatch
from workflows.sweep import Sweep

CLOSED = Instruction(next=Next.CLOSED, outcome="solved")


def trouble(text: str = "the row is locked", *, for_good: bool = False) -> ApplicationError:
    return ApplicationError(text, type="trouble", non_retryable=for_good)


def a_dial(escalation_id: UUID | None = None) -> Dial:
    return Dial(escalation_id=escalation_id or uuid4(), request=uuid4().hex, leg=LegKind.AGENT, task_id=uuid4())


@dataclass(slots=True)
class FakeEscalations(EscalationActivities):
    """Gives the instructions in order and then says that it is closed; an exception among them is raised."""

    instructions: list[Instruction | Exception]
    looks: int = 0
    failing: list[Exception] = field(default_factory=list)
    failed: list[UUID] = field(default_factory=list)
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="escalations.advance")
    async def advance(self, escalation: StartEscalation) -> Instruction:
        self.looks += 1
        self.looked.set()
        told = self.instructions.pop(0) if self.instructions else CLOSED
        if isinstance(told, Exception):
            raise told
        return told

    @activity.defn(name="escalations.fail")
    async def fail(self, escalation: StartEscalation) -> None:
        if self.failing:
            raise self.failing.pop(0)
        self.failed.append(escalation.escalation_id)


@dataclass(slots=True)
class FakeDialing(DialingActivities):
    """Prepares the attempt it was given, or none, and keeps what was asked for."""

    attempt_id: UUID | None = field(default_factory=uuid4)
    submitting: Exception | None = None
    asked: list[str] = field(default_factory=list)

    @activity.defn(name="dialing.prepare")
    async def prepare(self, dial: Dial) -> Prepared:
        self.asked.append(f"prepare {dial.request}")
        return Prepared(attempt_id=self.attempt_id)

    @activity.defn(name="dialing.submit")
    async def submit(self, attempt: AttemptRef) -> None:
        self.asked.append(f"submit {attempt.attempt_id}")
        if self.submitting is not None:
            raise self.submitting

    @activity.defn(name="dialing.settle")
    async def settle(self, attempt: AttemptRef) -> None:
        self.asked.append(f"settle {attempt.attempt_id}")

    @activity.defn(name="dialing.stop")
    async def stop(self, attempt: AttemptRef) -> None:
        self.asked.append(f"stop {attempt.attempt_id}")


@dataclass(slots=True)
class FakeMessaging(MessagingActivities):
    sending: Exception | None = None
    asked: list[str] = field(default_factory=list)

    @activity.defn(name="messages.send")
    async def send(self, message: MessageRef) -> None:
        self.asked.append(f"send {message.message_id}")
        if self.sending is not None:
            raise self.sending

    @activity.defn(name="messages.settle")
    async def settle(self, message: MessageRef) -> None:
        self.asked.append(f"settle {message.message_id}")


@dataclass(slots=True)
class FakeWatches(WatchActivities):
    """Answers with these deadlines in order, and then that nothing is left; keeps when it was asked."""

    answers: list[Settled | Exception]
    asked: int = 0

    @activity.defn(name="watches.settle")
    async def settle(self, watch: StartWatch) -> Settled:
        self.asked += 1
        told = self.answers.pop(0) if self.answers else Settled()
        if isinstance(told, Exception):
            raise told
        return told


@dataclass(slots=True)
class FakeSweeping(SweepActivities):
    rounds: int = 0
    swept: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="housekeeping.sweep")
    async def sweep(self) -> Swept:
        self.rounds += 1
        self.swept.set()
        return Swept(started=0)


@dataclass(slots=True)
class FakeBacktests(BacktestActivities):
    """Says `waits` times that it is not its turn yet, and then that it is over."""

    waits: int = 0
    asked: int = 0
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="backtests.run")
    async def run(self, backtest: StartBacktest) -> Ran:
        self.asked += 1
        self.looked.set()
        return Ran(is_over=self.asked > self.waits)


@dataclass(slots=True)
class FakeLookingOut(LookoutActivities):
    rounds: int = 0
    looked: asyncio.Event = field(default_factory=asyncio.Event)

    @activity.defn(name="housekeeping.look-out")
    async def look_out(self) -> LookedOut:
        self.rounds += 1
        self.looked.set()
        return LookedOut()


@dataclass(slots=True)
class Fakes:
    escalations: FakeEscalations = field(default_factory=lambda: FakeEscalations([]))
    dialing: FakeDialing = field(default_factory=FakeDialing)
    messaging: FakeMessaging = field(default_factory=FakeMessaging)
    watches: FakeWatches = field(default_factory=lambda: FakeWatches([]))
    sweeping: FakeSweeping = field(default_factory=FakeSweeping)
    backtests: FakeBacktests = field(default_factory=FakeBacktests)
    looking_out: FakeLookingOut = field(default_factory=FakeLookingOut)


@asynccontextmanager
async def working(client: Client, fakes: Fakes) -> AsyncIterator[None]:
    """Run the workflows on their own task queues with these activities."""
    escalations, dialing, messaging = fakes.escalations, fakes.dialing, fakes.messaging
    quick: list[Callable[..., Any]] = [escalations.advance, escalations.fail, dialing.prepare, dialing.settle, dialing.stop]
    workers: Sequence[Worker] = (
        Worker(
            client,
            task_queue=ESCALATIONS,
            workflows=[Escalation],
            activities=[*quick, messaging.send, messaging.settle],
            workflow_runner=sandbox(),
        ),
        Worker(client, task_queue=DIALING, activities=[dialing.submit]),
        Worker(
            client,
            task_queue=WATCHES,
            workflows=[MomentWatch],
            activities=[fakes.watches.settle],
            max_cached_workflows=0,
            workflow_runner=sandbox(),
        ),
        Worker(
            client,
            task_queue=HOUSEKEEPING,
            workflows=[Sweep, Backtest, Lookout],
            activities=[fakes.sweeping.sweep, fakes.backtests.run, fakes.looking_out.look_out],
            workflow_runner=sandbox(),
        ),
    )
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield
