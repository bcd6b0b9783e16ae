"""A deployment in miniature for tests of escalations: real rows and rules, a clock that is set by hand, a carrier that obeys.

`World.run` does what an escalation's process does, instruction by instruction, until it waits or is closed.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.splits import Plan
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus, RuleVersionRow
from orchestrator.escalations.advance import advance
from orchestrator.escalations.instructions import Closed, DialLeg, Instruction, Send, Settle, Stop, Wait
from orchestrator.escalations.moments import found, gone
from orchestrator.escalations.tables import DecisionRow, EscalationEventRow, EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing import working
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, Presence, QueueRow, TaskRow
from orchestrator.queueing.working import Hold
from orchestrator.settings import Settings
from orchestrator.storage.clock import DatabaseClock
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer
from orchestrator.telephony import attempts as rules_of_attempts
from orchestrator.telephony.attempts import Report
from orchestrator.telephony.changes import Changes
from orchestrator.telephony.dialing import Dialer
from orchestrator.telephony.ports import (
    CallOrder,
    CallStatus,
    CarrierCall,
    CarrierMessage,
    MessageOrder,
)
from orchestrator.telephony.posting import Posting
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg, MessageRow

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
KEY = base64.b64encode(bytes(32)).decode()

CALLBACK = """
rule: {name}
moment: {moment}
purpose: {purpose}
priority: {priority}
detect: {{occurrence: {{on: [{{type: x}}]}}}}
steps: {steps}
expires: {expires}
"""


class HandClock:
    """A clock that stands until a test moves it; a microsecond passes at each look, so that instants differ."""

    def __init__(self) -> None:
        self.instant = NOON

    async def now(self, session: AsyncSession) -> datetime:
        self.instant += timedelta(microseconds=1)
        return self.instant


class RealClock(DatabaseClock):
    """The database's own clock, for tests of what happens first."""

    @property
    def instant(self) -> datetime:
        return datetime.now(UTC)

    @instant.setter
    def instant(self, value: datetime) -> None:
        raise AssertionError("real time passes by itself")


@dataclass(slots=True)
class ObedientCarrier:
    """Takes every order, or fails as it is told to."""

    placed: list[CallOrder] = field(default_factory=list)
    sent: list[MessageOrder] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    failing: Exception | None = None

    async def place(self, order: CallOrder) -> CarrierCall:
        self.placed.append(order)
        if self.failing is not None:
            raise self.failing
        return CarrierCall(sid=f"CA{uuid4().hex}", status=CallStatus.QUEUED)

    async def fetch(self, sid: str) -> CarrierCall:
        return CarrierCall(sid=sid, status=CallStatus.RINGING)

    async def find(self, *, to: str, from_: str, since: datetime) -> Sequence[CarrierCall]:
        return []

    async def end(self, sid: str) -> CarrierCall:
        self.stopped.append(sid)
        return CarrierCall(sid=sid, status=CallStatus.COMPLETED)

    async def cancel(self, sid: str) -> CarrierCall:
        self.stopped.append(sid)
        return CarrierCall(sid=sid, status=CallStatus.CANCELED)

    async def redirect(self, sid: str, url: str) -> CarrierCall:
        self.stopped.append(sid)
        return CarrierCall(sid=sid, status=CallStatus.IN_PROGRESS)

    async def send(self, order: MessageOrder) -> CarrierMessage:
        self.sent.append(order)
        if self.failing is not None:
            raise self.failing
        return CarrierMessage(sid=f"SM{uuid4().hex}", status="queued")

    async def find_messages(self, *, to: str, from_: str, since: datetime) -> Sequence[CarrierMessage]:
        return []


def some_settings(**values: object) -> Settings:
    secrets = {"twilio_account_sid": "AC" + "0" * 32, "twilio_auth_token": "t", "payload_keys": f"a:{KEY}"}
    fixed = {"twilio_from_numbers": ("+14155550100",), "contact_caps": "6/24h"}
    return Settings(**{**secrets, **fixed, **values})  # type: ignore[arg-type]  # of each field's own type


class World:
    def __init__(self, database: Database, clock: HandClock | RealClock, settings: Settings | None = None) -> None:
        self.database, self.clock = database, clock
        self.settings = settings or some_settings()
        self.library, self.carrier = RuleLibrary(), ObedientCarrier()
        self.dialer = Dialer(database, self.carrier, self.library, self.settings)
        self.posting = Posting(database, self.carrier, self.settings)
        self.changes = Changes(database, self.settings)

    async def rule(
        self,
        name: str = "angry",
        *,
        steps: str = "[{callback: {queue: sales, due: 30m}}]",
        purpose: str = "service",
        priority: int = 50,
        expires: str = "24h",
        version: int = 1,
        more: str = "",
    ) -> str:
        """Keep a version of a rule; `more` are further lines of its document."""
        document = CALLBACK.format(
            name=name, moment=name.replace("-", "_"), steps=steps, purpose=purpose, priority=priority, expires=expires
        )
        document += more
        async with self.database.transaction() as session:
            row = RuleVersionRow(
                rule=name, version=version, document=document, digest="d", author="a", created_at=self.clock.instant
            )
            session.add(row)
        return name

    async def floor(self, *, agents: int = 1, queue: str = "sales") -> list[UUID]:
        """A queue that is always open and its agents, ids longest idle first."""
        made = []
        async with self.database.transaction() as session:
            session.add(QueueRow(name=queue))
            await session.flush()
            for number in range(agents):
                agent = AgentRow(
                    name=f"{queue}-{number}-{uuid4().hex[:6]}",
                    phone=f"+1415555{number + 110:04}",
                    languages=["en", "he"],
                    presence=Presence.AVAILABLE,
                    presence_since=self.clock.instant,
                    idle_since=self.clock.instant + timedelta(seconds=number),
                    seen_at=self.clock.instant,
                    created_at=self.clock.instant,
                )
                session.add(agent)
                await session.flush()
                session.add(AgentQueueRow(agent_id=agent.id, queue=queue))
                made.append(agent.id)
        return made

    async def customer(self, **attributes: object) -> UUID:
        known = {"phone": "+972527654321", "zone": "Etc/UTC", "language": "en", **attributes}
        async with self.database.transaction() as session:
            row = CustomerRow(subject=uuid4().hex, attributes=known, created_at=self.clock.instant)
            session.add(row)
        return row.id

    async def moment(
        self,
        customer_id: UUID,
        rule: str = "angry",
        *,
        verdict: str = "escalate",
        purpose: str = "service",
        priority: int = 50,
        expires: timedelta = timedelta(hours=24),
        grace: timedelta = timedelta(0),
        version: int = 1,
        plan: Plan | None = None,
        status: MomentStatus = MomentStatus.LIVE,
        not_before: datetime | None = None,
    ) -> MomentRow:
        """Find a moment, as intake does, and return its row."""

        async def work(session: AsyncSession) -> MomentRow:
            customer = await lock_customer(session, customer_id)
            now = await self.clock.now(session)
            row = MomentRow(
                rule=rule,
                version=version,
                plan=plan,
                status=status,
                not_before=not_before,
                mode=Mode.LIVE,
                customer_id=customer_id,
                key=uuid4().hex,
                at=now,
                found_at=now,
                moment=rule.replace("-", "_"),
                stage="service",
                purpose=purpose,
                priority=priority,
                verdict=verdict,
                expires_at=now + expires,
                grace=grace,
            )
            session.add(row)
            await session.flush()
            await found(session, customer, [row], now=now)
            return row

        return await self.database.run(work)

    async def resolve(self, *moments: MomentRow, status: MomentStatus = MomentStatus.RESOLVED) -> None:
        async def work(session: AsyncSession) -> None:
            customer = await lock_customer(session, moments[0].customer_id)
            rows = [await session.get_one(MomentRow, moment.id) for moment in moments]
            await gone(session, customer, rows, status, now=await self.clock.now(session))

        await self.database.run(work)

    async def advance(self, escalation_id: UUID) -> Instruction:
        return await self.database.run(
            lambda session: advance(session, escalation_id, clock=self.clock, rules=self.library, settings=self.settings)
        )

    async def run(self, escalation_id: UUID, *, repeat: bool = True) -> Wait | Closed:
        """Do what the process does until it waits or ends; with `repeat`, everything is done twice."""
        for _ in range(30):
            told = await self.advance(escalation_id)
            if repeat:
                again = await self.advance(escalation_id)
                if not isinstance(again, Wait) or not isinstance(told, (Stop, Settle)):
                    told = again
            match told:
                case Wait() | Closed():
                    return told
                case _:
                    for _ in range(2 if repeat else 1):
                        await self.do(escalation_id, told)
        raise AssertionError("the escalation never comes to rest")

    async def do(self, escalation_id: UUID, told: Instruction) -> None:
        match told:
            case DialLeg():
                await self._dial(escalation_id, told)
            case Send(messages=messages):
                for message_id in messages:
                    await self.posting.send(message_id)
            case Settle():
                await self._settle(told)
            case Stop(attempts=attempts):
                for attempt_id in attempts:
                    await self.dialer.stop(attempt_id)
            case Wait() | Closed():
                pass

    async def _dial(self, escalation_id: UUID, told: DialLeg) -> None:
        request = DialRequest(escalation_id, told.request, told.leg, told.task_id)
        prepared = await self.dialer.prepare(request)
        if prepared is not None:
            await self.dialer.submit(prepared)

    async def _settle(self, told: Settle) -> None:
        for attempt_id in told.attempts:
            await self.dialer.settle(attempt_id)
        for message_id in told.messages:
            await self.posting.settle(message_id)

    async def ring_customer(self, case_id: UUID) -> None:
        """Let the agent take the task and answer, until the customer's phone rings."""
        await self.run(case_id)
        hold = await self.accept(case_id)
        await self.ask_for_call(hold)
        await self.run(case_id)
        (agent_leg,) = await self.open_attempts(case_id)
        await self.reports(agent_leg, CallStatus.RINGING, CallStatus.IN_PROGRESS)
        await self.run(case_id)
        customer_leg = (await self.open_attempts(case_id))[1]
        await self.reports(customer_leg, CallStatus.RINGING)

    async def connect(self, case_id: UUID) -> None:
        """Let the two speak with each other."""
        await self.ring_customer(case_id)
        agent_leg, customer_leg = await self.open_attempts(case_id)
        await self.reports(customer_leg, CallStatus.IN_PROGRESS)
        await self.join(agent_leg, customer_leg)

    async def talk(self, case_id: UUID) -> None:
        """Let them speak and hang up."""
        await self.connect(case_id)
        for leg in await self.open_attempts(case_id):
            await self.reports(leg, CallStatus.COMPLETED)

    async def prepare_dial(self, case_id: UUID) -> UUID:
        """Bring the case on until a call is to be placed, and return what was prepared."""
        told = await self.advance(case_id)
        while not isinstance(told, DialLeg):
            await self.do(case_id, told)
            told = await self.advance(case_id)
        prepared = await self.dialer.prepare(DialRequest(case_id, told.request, told.leg, told.task_id))
        assert prepared is not None
        return prepared

    async def pass_time(self, length: timedelta) -> None:
        """Let time pass; desks go on showing signs of life."""
        self.clock.instant += length
        async with self.database.transaction() as session:
            for agent in (await session.exec(select(AgentRow))).all():
                agent.seen_at = self.clock.instant
                session.add(agent)

    async def escalation(self, customer_id: UUID) -> EscalationRow:
        """The customer's newest escalation."""
        async with self.database.transaction() as session:
            query = select(EscalationRow).where(EscalationRow.customer_id == customer_id)
            return (await session.exec(query.order_by(col(EscalationRow.opened_at).desc()))).all()[0]

    async def reread(self, escalation_id: UUID) -> EscalationRow:
        async with self.database.transaction() as session:
            return await session.get_one(EscalationRow, escalation_id)

    async def tasks(self, escalation_id: UUID) -> list[TaskRow]:
        async with self.database.transaction() as session:
            query = select(TaskRow).where(TaskRow.escalation_id == escalation_id).order_by(col(TaskRow.queued_at))
            return list((await session.exec(query)).all())

    async def attempts(self, escalation_id: UUID, leg: Leg | None = None) -> list[AttemptRow]:
        async with self.database.transaction() as session:
            query = select(AttemptRow).where(AttemptRow.escalation_id == escalation_id)
            found = (await session.exec(query.order_by(col(AttemptRow.prepared_at)))).all()
        return [each for each in found if leg is None or each.leg is leg]

    async def promises(self, escalation_id: UUID) -> list[PromiseRow]:
        async with self.database.transaction() as session:
            query = select(PromiseRow).where(PromiseRow.escalation_id == escalation_id)
            return list((await session.exec(query.order_by(col(PromiseRow.written_at)))).all())

    async def messages(self, escalation_id: UUID) -> list[MessageRow]:
        async with self.database.transaction() as session:
            query = select(MessageRow).where(MessageRow.escalation_id == escalation_id)
            return list((await session.exec(query.order_by(col(MessageRow.prepared_at)))).all())

    async def decisions(self, escalation_id: UUID) -> list[DecisionRow]:
        async with self.database.transaction() as session:
            query = select(DecisionRow).where(DecisionRow.escalation_id == escalation_id)
            return list((await session.exec(query.order_by(col(DecisionRow.at)))).all())

    async def story(self, escalation_id: UUID) -> list[str]:
        async with self.database.transaction() as session:
            query = select(EscalationEventRow).where(EscalationEventRow.escalation_id == escalation_id)
            rows = (await session.exec(query.order_by(col(EscalationEventRow.at)))).all()
        return [row.what for row in rows]

    async def hold(self, escalation_id: UUID) -> Hold:
        """By what the agent who has the task in hand holds it."""
        task = (await self.tasks(escalation_id))[-1]
        assert task.agent_id is not None
        return Hold(task.id, task.agent_id, task.fence)

    async def accept(self, escalation_id: UUID) -> Hold:
        hold = await self.hold(escalation_id)
        await self.database.run(lambda session: working.accept(session, hold, clock=self.clock, settings=self.settings))
        return hold

    async def ask_for_call(self, hold: Hold) -> None:
        await self.database.run(lambda session: working.call(session, hold, clock=self.clock, settings=self.settings))

    async def complete(self, hold: Hold, disposition: str) -> None:
        await self.database.run(
            lambda session: working.complete(
                session, hold, disposition=disposition, notes=None, clock=self.clock, settings=self.settings
            )
        )

    async def reports(self, attempt: AttemptRow, *statuses: CallStatus) -> None:
        """Let the carrier tell these statuses of an attempt's call, one after the other."""
        for status in statuses:
            await self.moves(attempt, partial(_report, status))

    async def moves(self, attempt: AttemptRow, move: Callable[[AttemptRow, datetime], bool]) -> None:
        await self.changes.apply(attempt.id, move)

    async def join(self, *legs: AttemptRow) -> None:
        for leg in legs:
            await self.moves(leg, rules_of_attempts.join)

    async def open_attempts(self, escalation_id: UUID) -> list[AttemptRow]:
        return [each for each in await self.attempts(escalation_id) if each.state is not AttemptState.ENDED]


def _report(status: CallStatus, attempt: AttemptRow, now: datetime) -> bool:
    return rules_of_attempts.apply(attempt, Report(status, now))
