"""Cases that wait because nobody is there: an agent who arrives, or is free again, wakes the one to be served next."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete
from sqlmodel import select

from orchestrator.escalations.states import PromiseState, State
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.arriving import change_presence
from orchestrator.queueing.desk_life import sign_of_life
from orchestrator.queueing.presence import Chosen
from orchestrator.queueing.queues import Arrangement, arrange_queue
from orchestrator.queueing.staffing import Abilities, change_agent
from orchestrator.queueing.tables import AgentRow, OfferRow, Presence, TaskRow, TaskState
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow
from tests.integration.engine import Engine, an_engine, eventually
from tests.integration.escalation_world import HandClock, World
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings
from tests.integration.test_escalation_races import awake_zone

MINUTE = timedelta(minutes=1)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url)


@pytest.fixture
async def queue(database: Database) -> str:
    async with database.transaction() as session:
        return await a_queue(session)


async def held(
    database: Database,
    number: int = 1,
    *,
    language: str = "en",
    priority: int = 50,
    waiting: timedelta = MINUTE,
    due_in: timedelta | None = None,
) -> list[UUID]:
    """Cases that wait for somebody on the queue `sales`, the first for `waiting`, the others a second less each."""
    now = datetime.now(UTC)
    customers = [CustomerRow(subject=uuid4().hex, created_at=now, attributes={"language": language}) for _ in range(number)]
    cases = [
        EscalationRow(
            customer_id=customer.id,
            state=State.WAITING,
            reasons=["staffing"],
            rule="angry",
            version=1,
            purpose="service",
            priority=priority,
            queue="sales",
            opened_at=now - waiting + timedelta(seconds=place),
            not_before=now,
            wait_until=now + timedelta(hours=1),
            has_words=due_in is not None,
        )
        for place, customer in enumerate(customers)
    ]
    async with database.transaction() as session:
        session.add_all(customers)
        await session.flush()
        session.add_all(cases)
        await session.flush()
        for case in cases if due_in is not None else ():
            due = now + (due_in or timedelta(0))
            session.add(
                PromiseRow(
                    escalation_id=case.id,
                    customer_id=case.customer_id,
                    state=PromiseState.OPEN,
                    words="w",
                    medium="sms",
                    due_at=due,
                    written_at=now,
                )
            )
    return [case.id for case in cases]


async def woken(database: Database) -> list[str]:
    async with database.transaction() as session:
        found = list((await session.exec(select(OutboxRow.workflow_id))).all())
        await session.exec(delete(OutboxRow))
        return found


def workflows(cases: list[UUID]) -> list[str]:
    return [f"escalation-{case}" for case in cases]


async def an_offline_agent(database: Database, *, languages: tuple[str, ...] = ("en",)) -> AgentRow:
    async with database.transaction() as session:
        return await an_agent(session, presence=Presence.OFFLINE, languages=languages)


async def arrives(
    database: Database,
    agent_id: UUID,
    settings: Settings,
    presence: Chosen = Presence.AVAILABLE,
    *,
    clock: Clock | None = None,
) -> None:
    change = partial(change_presence, agent_id=agent_id, presence=presence, pause_code=None, settings=settings)
    await database.run(partial(change, clock=clock or database.clock))


def showing(at: datetime) -> HandClock:
    clock = HandClock()
    clock.instant = at
    return clock


async def test_one_agent_wakes_one_of_five_hundred_and_each_free_hand_the_next(
    database: Database, settings: Settings, queue: str
) -> None:
    cases = await held(database, 500, waiting=timedelta(hours=1))
    agent = await an_offline_agent(database)

    await arrives(database, agent.id, settings)
    first = await woken(database)
    await arrives(database, agent.id, settings, Presence.OFFLINE)
    nobody = await woken(database)
    await arrives(database, agent.id, settings)

    assert (first, nobody, await woken(database)) == (workflows(cases[:1]), [], workflows(cases[1:2]))


async def test_agents_who_arrive_together_wake_a_case_each(database: Database, settings: Settings, queue: str) -> None:
    cases = await held(database, 30)
    agents = [await an_offline_agent(database) for _ in range(8)]

    await asyncio.gather(*(arrives(database, agent.id, settings) for agent in agents))

    found = await woken(database)
    assert len(found) == len(set(found)) == len(agents)
    assert set(found) <= set(workflows(cases))


async def test_an_agent_whose_clock_is_behind_wakes_nobody_who_was_woken(
    database: Database, settings: Settings, queue: str
) -> None:
    cases, now = await held(database, 2), datetime.now(UTC)
    first, second = await an_offline_agent(database), await an_offline_agent(database)

    await arrives(database, first.id, settings, clock=showing(now))
    await arrives(database, second.id, settings, clock=showing(now - timedelta(milliseconds=50)))

    assert await woken(database) == workflows(cases)


async def test_promises_soon_due_wake_first_by_due_time_then_who_waits_longest_by_priority(
    database: Database, settings: Settings, queue: str
) -> None:
    longest = await held(database, waiting=30 * MINUTE)
    urgent = await held(database, priority=90, waiting=MINUTE)
    later = await held(database, due_in=8 * MINUTE)
    sooner = await held(database, due_in=2 * MINUTE)
    agents = [await an_offline_agent(database) for _ in range(4)]

    order = []
    for agent in agents:
        await arrives(database, agent.id, settings)
        order += await woken(database)

    assert order == workflows([*sooner, *later, *urgent, *longest])


async def test_who_gets_a_task_that_waits_already_wakes_nobody(database: Database, settings: Settings, queue: str) -> None:
    await held(database)
    async with database.transaction() as session:
        task = await a_task(session)
    agent = await an_offline_agent(database)

    await arrives(database, agent.id, settings)

    assert await woken(database) == workflows([task.escalation_id])  # the offer's own hint
    assert (await reread(database, task.id)).state is TaskState.RESERVED


async def test_only_a_case_that_the_agent_can_serve_is_woken(database: Database, settings: Settings, queue: str) -> None:
    await held(database, language="he-IL", waiting=9 * MINUTE)
    suits = await held(database, language="en_US")
    agent = await an_offline_agent(database, languages=("en",))

    await arrives(database, agent.id, settings)
    first = await woken(database)
    async with database.transaction() as session:
        await arrange_queue(
            session, "sales", Arrangement(skills=("loans",)), who="test", now=datetime.now(UTC), settings=settings
        )

    assert first == workflows(suits)
    assert await woken(database) == []  # who has not the skill can serve none of those left


async def test_a_queue_out_of_pace_wakes_nobody(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session, pace_per_minute=1)
        task = await a_task(session)
        other = await an_agent(session)
        now = datetime.now(UTC)
        session.add(OfferRow(task_id=task.id, agent_id=other.id, queue="sales", fence=1, offered_at=now, until=now))
        task.state, task.ended_at = TaskState.DONE, now
        session.add(task)
    await held(database)
    agent = await an_offline_agent(database)

    await arrives(database, agent.id, settings)

    assert await woken(database) == []


async def test_new_skills_wake_as_many_as_can_be_served_now(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session, skills=["loans"])
        agent = await an_agent(session)
        await an_agent(session)
    cases = await held(database, 20)

    able = Abilities(queues=("sales",), languages=("en",), skills=("loans",))
    await database.run(
        lambda session: change_agent(session, agent.id, able, who="test", clock=database.clock, settings=settings)
    )
    by_agent = await woken(database)
    async with database.transaction() as session:
        await arrange_queue(session, "sales", Arrangement(), who="test", now=datetime.now(UTC), settings=settings)

    assert by_agent == workflows(cases[:1])
    assert set(await woken(database)) == set(workflows(cases[1:3]))  # two are free, and both can serve it now


async def test_a_silent_desk_that_comes_back_is_an_arrival(database: Database, settings: Settings, queue: str) -> None:
    cases = await held(database, 2)
    async with database.transaction() as session:
        agent = await an_agent(session, silent=5 * MINUTE)
        agent.presence_since -= timedelta(hours=1)
        session.add(agent)

    for _ in range(2):
        async with database.transaction() as session:
            await sign_of_life(session, agent.id, clock=database.clock, settings=settings)

    assert await woken(database) == workflows(cases[:1])


async def test_a_wrap_up_ended_by_the_server_brings_the_agent_the_next(database: Database) -> None:
    world = World(database, HandClock())
    await world.rule()
    await world.floor()
    customers = [await world.customer(phone=f"+97252765432{number}") for number in range(2)]
    cases = []
    for customer in customers:
        await world.moment(customer)
        cases.append(await world.escalation(customer))
        await world.run(cases[-1].id)
    [first], [second] = [await world.tasks(case.id) for case in cases]
    async with database.transaction() as session:
        task = await session.get_one(TaskRow, first.id)
        task.state, task.wrap_since, task.lease_until = TaskState.WRAPPING, world.clock.instant, None
        session.add(task)

    await world.pass_time(world.settings.wrap_up_limit)
    await world.run(cases[0].id)

    assert (first.state, second.state) == (TaskState.RESERVED, TaskState.QUEUED)
    assert [(await reread(database, task.id)).state for task in (first, second)] == [TaskState.DONE, TaskState.RESERVED]


@pytest.fixture
async def engine(database_url: str, temporal_address: str) -> AsyncIterator[Engine]:
    async with an_engine(database_url, temporal_address, staffing_relook=timedelta(hours=1)) as engine:
        yield engine


async def test_with_processes_an_arrival_brings_the_first_case_and_its_end_the_second(engine: Engine) -> None:
    await engine.rule()
    [agent_id] = await engine.floor(agents=1)
    await arrives(engine.database, agent_id, engine.settings, Presence.OFFLINE)
    customers = [await engine.customer(zone=awake_zone(), phone=f"+97252765432{number}") for number in range(3)]

    async with engine.working():
        cases = []
        for customer in customers:
            await engine.moment(customer)
            cases.append((await engine.escalation(customer)).id)
        for case in cases:
            await eventually(partial(engine.reread, case), lambda row: row.reasons == ["staffing"])
        await arrives(engine.database, agent_id, engine.settings)
        await eventually(lambda: engine.tasks(cases[0]), lambda tasks: tasks and tasks[0].state is TaskState.RESERVED)
        others = [await engine.tasks(case) for case in cases[1:]]
        hold = await engine.accept(cases[0])
        await engine.complete(hold, "solved")
        await eventually(lambda: engine.tasks(cases[1]), lambda tasks: tasks and tasks[0].state is TaskState.RESERVED)
        last = await engine.tasks(cases[2])

    assert (others, last) == ([[], []], [])  # nobody looked again who cannot be served yet
