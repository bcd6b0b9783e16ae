"""Resolving and preparing at the same time, a thousand times over: whoever is second finds what the first has done."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest_asyncio
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow, MomentStatus, RuleVersionRow
from orchestrator.escalations.moments import gone
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.insights.audit import DIALS_AFTER_RESOLUTION, count
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import AgentRow, Presence, QueueRow, TaskKind, TaskRow, TaskState
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg
from tests.integration.simulated_carrier import Carrier
from tests.integration.telephony_stage import CALL, Stage, a_moment, a_phone, a_rule, a_stage, where_it_is_noon

CASES = 1000
AT_ONCE = 8


@pytest_asyncio.fixture
async def stage(database: Database, database_url: str, carrier: Carrier) -> AsyncIterator[Stage]:
    async with a_stage(database, database_url, carrier) as stage:
        yield stage


@dataclass(frozen=True, slots=True)
class Ready:
    """A customer whose phone is to ring next: an agent is held for the call."""

    customer_id: UUID
    escalation_id: UUID
    task_id: UUID


async def many_ready(session: AsyncSession) -> list[Ready]:
    now = datetime.now(UTC)
    document = a_rule("rule-race", CALL)
    session.add(RuleVersionRow(rule="rule-race", version=1, document=document, digest="-", author="test", created_at=now))
    session.add(QueueRow(name="sales"))
    await session.flush()
    return [await ready(session, number, now) for number in range(CASES)]


async def ready(session: AsyncSession, number: int, now: datetime) -> Ready:
    given = {"phone": a_phone(), "zone": where_it_is_noon(), "consent": {"voice_recorded": True}}
    customer = CustomerRow(subject=f"racer-{number}", created_at=now, attributes=given)
    agent = AgentRow(name=f"agent-{number}", presence=Presence.AVAILABLE, presence_since=now, idle_since=now, created_at=now)
    session.add_all([customer, agent])
    await session.flush()
    escalation = EscalationRow(
        customer_id=customer.id,
        state=State.RESERVED,
        rule="rule-race",
        version=1,
        purpose="service",
        priority=50,
        queue="sales",
        opened_at=now,
        not_before=now,
    )
    session.add(escalation)
    await session.flush()
    task = TaskRow(
        escalation_id=escalation.id,
        customer_id=customer.id,
        queue="sales",
        kind=TaskKind.CALL,
        state=TaskState.RESERVED,
        step=0,
        priority=50,
        queued_at=now,
        rank=now,
        agent_id=agent.id,
        lease_until=now + timedelta(hours=1),
    )
    moment = a_moment(customer, "rule-race", now)
    moment.escalation_id = escalation.id
    session.add_all([task, moment])
    await session.flush()
    return Ready(customer.id, escalation.id, task.id)


async def resolve(stage: Stage, case: Ready) -> None:
    async def work(session: AsyncSession) -> None:
        customer = await lock_customer(session, case.customer_id)
        moments = (await session.exec(select(MomentRow).where(MomentRow.customer_id == customer.id))).all()
        await gone(session, customer, moments, MomentStatus.RESOLVED, now=await stage.database.clock.now(session))

    await stage.in_session(work)


async def test_a_thousand_races_of_resolve_and_dial_ring_nobody_in_vain(stage: Stage) -> None:
    cases = await stage.in_session(many_ready)
    die, gate = random.Random(11), asyncio.Semaphore(AT_ONCE)

    async def dial(case: Ready) -> None:
        request = DialRequest(case.escalation_id, f"{case.task_id}:0:customer", Leg.CUSTOMER, case.task_id)
        await stage.dialer.prepare(request)

    async def race(case: Ready) -> None:
        async with gate:
            acts = [resolve(stage, case), dial(case)]
            die.shuffle(acts)
            await asyncio.gather(*acts)

    await asyncio.gather(*(race(case) for case in cases))

    attempts = await stage.rows(AttemptRow)
    for attempt in random.Random(12).sample(attempts, min(20, len(attempts))):
        await stage.dialer.submit(attempt.id)  # late: the case has closed meanwhile
    escalations = await stage.rows(EscalationRow)
    assert 0 < len(attempts) < CASES
    assert {attempt.state for attempt in attempts} == {AttemptState.ENDED}
    assert {attempt.ending for attempt in attempts} == {Ending.CANCELED}
    assert {escalation.outcome for escalation in escalations} == {Outcome.RESOLVED_BY_CUSTOMER}
    assert await stage.in_session(lambda session: count(session, DIALS_AFTER_RESOLUTION)) == 0
    assert stage.sim.ledger() == []
