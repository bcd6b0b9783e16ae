"""Everything a call needs, for real but Temporal: our API on a port, PostgreSQL, the simulated carrier, the acts of dialing.

`Process` does what the workflow does, in the test's own event loop: it asks `advance` what is next and does that.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import uvicorn
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.app import create_app
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import Mode, MomentRow, RuleVersionRow
from orchestrator.escalations import instructions
from orchestrator.escalations.advance import advance
from orchestrator.escalations.moments import found
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.leases import accept, request_call
from orchestrator.queueing.supervising import cancel_escalation
from orchestrator.queueing.tables import AgentRow, TaskRow
from orchestrator.queueing.tasks import lock_task
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer, lock_escalation
from orchestrator.telephony.dialing import Dialer
from orchestrator.telephony.posting import Posting
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import AttemptRow, Leg, MessageRow
from orchestrator.telephony.twilio import TwilioCarrier
from tests.integration.floor import a_queue, an_agent
from tests.integration.simulated_carrier import ACCOUNT_SID, AUTH_TOKEN, OURS, PATIENCE, Carrier, a_free_port

RULE = "incomplete-checkout"
CALLBACK = "{callback: {queue: sales, due: 30m, script: checkout}}"
PROMISED_CALLBACK = "{callback: {queue: sales, due: 30m, tell: sms}}"
CALL = "{call: {queue: sales, script: checkout, attempts: {max: 2, no_answer: 1h, busy: 1h, machine: 1h}}}"
_DOCUMENT = """
rule: {rule}
title: {{en: Checkout left unfinished, he: הקנייה לא הושלמה}}
moment: incomplete_checkout
purpose: service
detect: {{occurrence: {{on: [{{type: checkout.abandoned}}]}}}}
steps: [{steps}]
expires: 24h
"""
_KEY = "k1:" + "A" * 43 + "="

Row = TypeVar("Row", bound=SQLModel)
Seen = TypeVar("Seen")
_numbers = iter(range(1_000_000))


def a_phone() -> str:
    """Return a valid number nobody has had before in this run."""
    return f"+97252{7_000_000 + next(_numbers)}"


def where_it_is_noon() -> str:
    """Return a zone in which it is about noon now: an hour at which everybody may be called."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"


async def eventually(look: Callable[[], Awaitable[Seen]], fits: Callable[[Seen], Any] = bool) -> Seen:
    """Look again and again until what is seen fits, and return it."""
    async with asyncio.timeout(PATIENCE):
        while not fits(seen := await look()):  # noqa: ASYNC110  # what is waited for happens in other processes
            await asyncio.sleep(0.02)
    return seen


@dataclass(slots=True)
class Stage:
    """The parts, and what a test says about them."""

    database: Database
    settings: Settings
    sim: Carrier
    carrier: TwilioCarrier
    library: RuleLibrary = field(default_factory=RuleLibrary)

    @property
    def dialer(self) -> Dialer:
        return Dialer(self.database, self.carrier, self.library, self.settings)

    @property
    def posting(self) -> Posting:
        return Posting(self.database, self.carrier, self.settings)

    async def in_session(self, work: Callable[[AsyncSession], Awaitable[Seen]]) -> Seen:
        return await self.database.run(work)

    async def a_case(self, *steps: str, phone: str | None = None, **attributes: Any) -> EscalationRow:
        """Open an escalation of a customer of its own, in whose place it is noon; `steps` are the rule's."""
        given = {"phone": phone or a_phone(), "zone": where_it_is_noon(), "language": "en"}
        attributes = {**given, "consent": {"voice_recorded": True}, **attributes}

        async def work(session: AsyncSession) -> EscalationRow:
            now = datetime.now(UTC)
            rule = f"rule-{uuid4().hex[:12]}"
            document = a_rule(rule, *(steps or (CALLBACK,)))
            session.add(RuleVersionRow(rule=rule, version=1, document=document, digest="-", author="test", created_at=now))
            customer = CustomerRow(subject=f"customer-{uuid4().hex}", created_at=now, attributes=attributes)
            session.add(customer)
            await session.flush()
            moment = a_moment(customer, rule, now)
            session.add(moment)
            await session.flush()
            await found(session, await lock_customer(session, customer.id), [moment], now=now)
            return (await session.exec(select(EscalationRow).where(EscalationRow.customer_id == customer.id))).one()

        return await self.in_session(work)

    async def an_agent(self, phone: str | None = "client:dana", **given: Any) -> AgentRow:
        """Let an agent be available on the queue `sales`, which is made when it is not there."""

        async def work(session: AsyncSession) -> AgentRow:
            if not (await session.exec(select(AgentRow.id))).all():
                await a_queue(session)
            agent = await an_agent(session, **given)
            agent.phone = phone
            session.add(agent)
            return agent

        return await self.in_session(work)

    async def row(self, model: type[Row], row_id: Any) -> Row:
        async with self.database.transaction() as session:
            found_row = await session.get(model, row_id)
            assert found_row is not None
            return found_row

    async def rows(self, model: type[Row], **fields: Any) -> list[Row]:
        async with self.database.transaction() as session:
            query = select(model).where(*(getattr(model, name) == value for name, value in fields.items()))
            return list((await session.exec(query)).all())

    async def attempts(self, escalation: EscalationRow, leg: Leg | None = None) -> list[AttemptRow]:
        async with self.database.transaction() as session:
            query = select(AttemptRow).where(AttemptRow.escalation_id == escalation.id).order_by(col(AttemptRow.prepared_at))
            return [row for row in (await session.exec(query)).all() if leg in (None, row.leg)]

    async def task(self, escalation: EscalationRow) -> TaskRow | None:
        tasks = await self.rows(TaskRow, escalation_id=escalation.id)
        return max(tasks, key=lambda task: task.queued_at, default=None)

    async def messages(self, escalation: EscalationRow) -> list[MessageRow]:
        return await self.rows(MessageRow, escalation_id=escalation.id)

    async def cancel(self, session: AsyncSession, escalation_id: UUID) -> None:
        """Cancel a case as a supervisor does."""
        clock, settings = self.database.clock, self.settings
        await cancel_escalation(session, escalation_id, reason="test", who="test", clock=clock, settings=settings)

    async def look_once(self, escalation: EscalationRow) -> instructions.Instruction:
        """Let the escalation go on by one look, and return what its process is asked to do."""
        return await self.in_session(
            lambda session: advance(
                session, escalation.id, clock=self.database.clock, rules=self.library, settings=self.settings
            )
        )

    async def a_leg(self, escalation: EscalationRow) -> DialRequest:
        """Bring the escalation to where a leg is to be dialed, and return the request."""

        async def look() -> instructions.Instruction:
            await self.agents_work(escalation)
            return await self.look_once(escalation)

        leg = await eventually(look, lambda seen: isinstance(seen, instructions.DialLeg))
        assert isinstance(leg, instructions.DialLeg)
        return DialRequest(escalation.id, leg.request, leg.leg, leg.task_id)

    async def prepared(self, escalation: EscalationRow) -> UUID:
        """Bring the escalation to where its first leg is prepared, and return that attempt."""
        attempt_id = await self.dialer.prepare(await self.a_leg(escalation))
        assert attempt_id is not None
        return attempt_id

    async def agents_work(self, escalation: EscalationRow) -> None:
        """Whoever is offered the task accepts it and asks to be connected."""

        async def work(session: AsyncSession) -> None:
            await lock_escalation(session, escalation.id)
            known = (await session.exec(select(TaskRow.id).where(TaskRow.escalation_id == escalation.id))).all()
            for task_id in known:
                task = await lock_task(session, task_id)
                now = await self.database.clock.now(session)
                if task.kind == "callback" and task.state == "reserved":
                    await accept(session, task, now=now, settings=self.settings)
                if task.kind == "callback" and task.state == "assigned" and task.call_requested_at is None:
                    await request_call(session, task, now=now, settings=self.settings)

        await self.in_session(work)

    @asynccontextmanager
    async def process(self, escalation: EscalationRow) -> AsyncIterator[None]:
        """See the escalation through beside the test, as its workflow would, its agents at work."""
        running = asyncio.create_task(self._see_through(escalation))
        try:
            yield
        finally:
            running.cancel()
            await asyncio.wait({running})
            if not running.cancelled():
                running.result()

    async def _see_through(self, escalation: EscalationRow) -> None:
        while True:
            await self.agents_work(escalation)
            instruction = await self.look_once(escalation)
            if isinstance(instruction, instructions.Closed):
                return
            await self._do(escalation, instruction)

    async def _do(self, escalation: EscalationRow, instruction: instructions.Instruction) -> None:
        match instruction:
            case instructions.DialLeg(request, leg, task_id):
                attempt_id = await self.dialer.prepare(DialRequest(escalation.id, request, leg, task_id))
                await asyncio.gather(*(self.dialer.submit(each) for each in [attempt_id] if each is not None))
            case instructions.Settle(attempts, messages):
                await asyncio.gather(*map(self.dialer.settle, attempts), *map(self.posting.settle, messages))
            case instructions.Send(messages):
                await asyncio.gather(*map(self.posting.send, messages))
            case instructions.Stop(attempts):
                await asyncio.gather(*map(self.dialer.stop, attempts))
            case _:
                await asyncio.sleep(0.03)

    async def update(self, escalation: EscalationRow, **attributes: Any) -> None:
        """Let the customer have changed meanwhile."""

        async def work(session: AsyncSession) -> None:
            customer = await lock_customer(session, escalation.customer_id)
            customer.attributes = {**customer.attributes, **attributes}
            session.add(customer)

        await self.in_session(work)

    async def customer(self, escalation: EscalationRow) -> CustomerRow:
        return await self.row(CustomerRow, escalation.customer_id)

    async def hurry(self, escalation: EscalationRow) -> None:
        """Let the pause before the next try be over."""

        async def work(session: AsyncSession) -> None:
            locked = await lock_escalation(session, escalation.id)
            assert locked is not None
            locked[1].not_before = await self.database.clock.now(session)
            session.add(locked[1])

        await eventually(lambda: self.row(EscalationRow, escalation.id), lambda row: row.state == "waiting" and not row.result)
        await self.in_session(work)


def a_rule(name: str, *steps: str) -> str:
    """Return a rule's document with these steps."""
    return _DOCUMENT.format(rule=name, steps=", ".join(steps))


def a_moment(customer: CustomerRow, rule: str, now: datetime) -> MomentRow:
    return MomentRow(
        rule=rule,
        version=1,
        mode=Mode.LIVE,
        customer_id=customer.id,
        key=str(customer.id),
        at=now,
        found_at=now,
        moment="incomplete_checkout",
        stage="purchase",
        purpose="service",
        priority=50,
        verdict="escalate",
        expires_at=now + timedelta(hours=24),
    )


def some_settings(database_url: str, port: int, carrier: Carrier, **given: Any) -> Settings:
    quick = {
        "ring_timeout": timedelta(seconds=20),
        "quiet_period": timedelta(seconds=3),
        "queued_at_carrier": timedelta(seconds=1),
        "carrier_poll": timedelta(milliseconds=300),
    }
    return Settings(
        database_url=database_url,
        public_url=f"http://127.0.0.1:{port}",
        carrier_url=carrier.base,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_from_numbers=(OURS,),
        payload_keys=_KEY,
        organisation="Acme",
    ).changed(**quick | given)


@asynccontextmanager
async def a_stage(database: Database, database_url: str, carrier: Carrier, **given: Any) -> AsyncIterator[Stage]:
    """Serve our API where the simulated carrier finds it, and yield the parts."""
    port = a_free_port()
    settings = some_settings(database_url, port, carrier, **given)
    server = uvicorn.Server(
        uvicorn.Config(create_app(settings), port=port, log_config=None, access_log=False, lifespan="on", ws="none")
    )
    serving = asyncio.create_task(server.serve())
    await eventually(_started(server))
    client = TwilioCarrier(ACCOUNT_SID, AUTH_TOKEN, base_url=carrier.base, read=2.0)
    try:
        yield Stage(database, settings, carrier, client)
    finally:
        client.close()
        await asyncio.to_thread(carrier.control.post, "/_sim/reset")
        server.should_exit = True
        await serving


def _started(server: uvicorn.Server) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return server.started

    return look
