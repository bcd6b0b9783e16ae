"""Races about one customer: whoever comes first under the customer's lock, nobody is called for nothing or twice."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlmodel import col, func, select

from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.insights.audit import DIALS_AFTER_RESOLUTION, DOUBLE_ESCALATIONS, count
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import AgentRow, Presence, QueueRow, TaskKind, TaskRow, TaskState
from orchestrator.storage.clock import DatabaseClock
from orchestrator.storage.database import Database
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg
from tests.integration.escalation_world import RealClock, World

CASES = 1000
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ready:
    """A case whose agent is on the line: the customer's leg is what comes next."""

    customer_id: UUID
    escalation_id: UUID
    task_id: UUID
    agent_leg: UUID
    moment: MomentRow


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=12)
    yield database
    await database.close()


def awake_zone() -> str:
    """A zone in which it is the middle of the day now, so that calls are allowed for hours."""
    return f"Etc/GMT{datetime.now(UTC).hour - 13:+d}" if datetime.now(UTC).hour != 13 else "Etc/GMT"


def rows_of(number: int, now: datetime) -> tuple[Ready, list[list[object]]]:
    """Rows of one case, in the order in which tables depend on each other."""
    customer = CustomerRow(
        subject=f"race-{number}",
        attributes={"phone": f"+97252{7000000 + number:07}", "zone": awake_zone(), "language": "en"},
        created_at=now,
    )
    agent = AgentRow(
        name=f"race-{number}", phone=f"+1415555{number:04}", languages=["en"], presence=Presence.AVAILABLE,
        presence_since=now, idle_since=now, seen_at=now, created_at=now,
    )  # fmt: skip
    escalation = EscalationRow(
        customer_id=customer.id, state=State.DIALING, rule="angry", version=1, purpose="service", priority=50,
        queue="sales", opened_at=now, not_before=now,
    )  # fmt: skip
    moment = MomentRow(
        rule="angry", version=1, mode=Mode.LIVE, customer_id=customer.id, key="k", at=now, found_at=now, moment="angry",
        stage="service", purpose="service", priority=50, verdict="escalate", expires_at=now + _HOUR,
        escalation_id=escalation.id,
    )  # fmt: skip
    task = TaskRow(
        escalation_id=escalation.id, customer_id=customer.id, queue="sales", kind=TaskKind.CALLBACK,
        state=TaskState.DIALING, step=0, priority=50, queued_at=now, rank=now, agent_id=agent.id, fence=1,
        call_requested_at=now,
    )  # fmt: skip
    leg = AttemptRow(
        token=uuid4().hex, request=f"{task.id}:0:agent", escalation_id=escalation.id, customer_id=customer.id,
        task_id=task.id, agent_id=agent.id, rule="angry", leg=Leg.AGENT, flow="agent_first", medium="voice_person",
        step=0, language="en", to_number=agent.phone or "", from_number="+14155550100", state=AttemptState.CONNECTED,
        call_sid=f"CA{uuid4().hex}", prepared_at=now, submitted_at=now, answered_at=now, conference=f"room-{number}",
    )  # fmt: skip
    ready = Ready(customer.id, escalation.id, task.id, leg.id, moment)
    return ready, [[customer, agent], [escalation], [moment, task], [leg]]


async def ready_cases(world: World, number: int) -> list[Ready]:
    await world.rule()
    async with world.database.transaction() as session:
        now = await DatabaseClock().now(session)
        session.add(QueueRow(name="sales"))
        made = [rows_of(each, now) for each in range(number)]
        for layer in range(4):
            session.add_all([row for _, layers in made for row in layers[layer]])
            await session.flush()
    return [ready for ready, _ in made]


@pytest.mark.timeout(600)
async def test_in_a_thousand_races_nobody_is_dialed_after_a_resolution(database: Database) -> None:
    chance = random.Random(20261118)
    world = World(database, RealClock())
    ready = await ready_cases(world, CASES)
    slots = asyncio.Semaphore(5)

    async def prepare(case: Ready, pause: float) -> None:
        await asyncio.sleep(pause)
        request = DialRequest(case.escalation_id, f"{case.agent_leg}:customer:0", Leg.CUSTOMER, case.task_id)
        attempt_id = await world.dialer.prepare(request)
        if attempt_id is not None:
            await world.dialer.submit(attempt_id)

    async def resolve(case: Ready, pause: float) -> None:
        await asyncio.sleep(pause)
        await world.resolve(case.moment)

    async def race(case: Ready) -> None:
        async with slots:
            await asyncio.gather(prepare(case, chance.random() / 50), resolve(case, chance.random() / 50))

    await asyncio.gather(*(race(case) for case in ready))

    async with database.transaction() as session:
        late = await count(session, DIALS_AFTER_RESOLUTION)
        legs = (await session.exec(select(AttemptRow).where(AttemptRow.leg == Leg.CUSTOMER))).all()
        closed = select(func.count()).where(
            EscalationRow.outcome == Outcome.RESOLVED_BY_CUSTOMER, col(EscalationRow.closed_at).is_not(None)
        )
        resolved = (await session.exec(closed)).one()
    placed = len(world.carrier.placed)
    assert (late, resolved) == (0, CASES)
    assert placed == sum(leg.submitted_at is not None for leg in legs)
    # Whatever rang before the resolution is asked to stop: no phone goes on ringing for nothing.
    assert all(leg.state is AttemptState.ENDED or leg.cancel_requested_at is not None for leg in legs)
    assert 0 < len(legs) < CASES  # both orders were seen


async def test_a_hundred_moments_at_once_open_one_escalation(database: Database) -> None:
    world = World(database, RealClock())
    await world.rule()
    customer = await world.customer()

    moments = await asyncio.gather(*(world.moment(customer) for _ in range(100)))

    case = await world.escalation(customer)
    assert {moment.escalation_id for moment in moments} == {case.id}
    async with database.transaction() as session:
        assert await count(session, DOUBLE_ESCALATIONS) == 0


async def test_looks_resolutions_and_agents_at_once_end_in_one_outcome(database: Database) -> None:
    world = World(database, RealClock())
    await world.rule()
    await world.floor(agents=4)
    customers = [await world.customer(phone=f"+9725276543{number:02}", zone=awake_zone()) for number in range(8)]
    moments = [await world.moment(customer) for customer in customers]
    cases = [await world.escalation(customer) for customer in customers]

    async def look(case: EscalationRow) -> None:
        for _ in range(5):
            await world.advance(case.id)

    await asyncio.gather(
        *(look(case) for case in cases for _ in range(2)),
        *(world.resolve(moment) for moment in moments),
        *(world.resolve(moment, status=MomentStatus.ENDED) for moment in moments),
    )

    assert {(await world.reread(case.id)).outcome for case in cases} == {Outcome.RESOLVED_BY_CUSTOMER}
    active = [task.state for case in cases for task in await world.tasks(case.id)]
    assert set(active) <= {TaskState.WITHDRAWN}
