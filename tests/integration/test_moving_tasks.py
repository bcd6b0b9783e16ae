"""Tasks that supervisors give to another queue or keep for one agent, on a real database."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from orchestrator.errors import BadInput
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.leases import WrongState
from orchestrator.queueing.moving import OWN_FOR, move_task, reassign_task
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings

SETTINGS = some_settings("postgresql://nowhere")


async def moved(database: Database, task: TaskRow, queue: str) -> TaskRow:
    async with database.transaction() as session:
        await move_task(session, task.id, queue=queue, reason="too many", who="test", clock=database.clock, settings=SETTINGS)
    return await reread(database, task.id)


async def reassigned(database: Database, task: TaskRow, agent_id: UUID) -> TaskRow:
    async with database.transaction() as session:
        await reassign_task(
            session, task.id, agent_id=agent_id, reason="knows them", who="test", clock=database.clock, settings=SETTINGS
        )
    return await reread(database, task.id)


async def test_a_moved_task_keeps_its_age_and_takes_on_the_new_queues_skills(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, skills=["cards"])
        await a_queue(session, "service", skills=["loans"])
        task = await a_task(session, skills=["vip"], waiting=timedelta(minutes=9))

    after = await moved(database, task, "service")

    assert (after.queue, after.skills) == ("service", ["loans", "vip"])
    assert (after.queued_at, after.rank, after.state) == (task.queued_at, task.rank, TaskState.QUEUED)
    async with database.transaction() as session:
        case = await session.get(EscalationRow, task.escalation_id)
    assert case is not None
    assert (case.queue, case.state) == ("service", State.QUEUED)


async def test_a_moved_task_is_offered_to_an_agent_of_its_new_queue_at_once(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        agent = await an_agent(session, queues=["service"])
        task = await a_task(session)

    after = await moved(database, task, "service")

    assert (after.state, after.agent_id) == (TaskState.RESERVED, agent.id)


async def test_a_task_cannot_go_to_a_queue_that_is_not_there_or_its_own(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)

    for queue in ("nowhere", "sales"):
        with pytest.raises(BadInput) as refused:
            await moved(database, task, queue)
        assert (refused.value.field, (await reread(database, task.id)).queue) == ("queue", "sales")


async def test_a_task_is_not_taken_from_a_call(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        agent = await an_agent(session)
        task = await a_task(session)
        task.state, task.agent_id = TaskState.CONNECTED, agent.id
        session.add(task)

    with pytest.raises(WrongState):
        await moved(database, task, "service")
    with pytest.raises(WrongState):
        await reassigned(database, task, agent.id)


async def test_a_reassigned_task_goes_to_its_agent_and_not_to_who_is_idle_longest(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, idle=timedelta(hours=2))
        wanted = await an_agent(session)
        task = await a_task(session)

    after = await reassigned(database, task, wanted.id)

    assert (after.state, after.agent_id) == (TaskState.RESERVED, wanted.id)


async def test_a_reassigned_task_waits_for_its_agent_for_a_while(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session)
        away = await an_agent(session, silent=timedelta(hours=1))
        task = await a_task(session)

    after = await reassigned(database, task, away.id)

    assert (after.state, after.preferred_agent) == (TaskState.QUEUED, away.id)
    assert after.preferred_until is not None
    assert after.preferred_until - after.queued_at >= OWN_FOR


async def test_a_task_is_not_reassigned_to_who_could_not_take_it(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        elsewhere = await an_agent(session, queues=["service"])
        wordless = await an_agent(session, languages=["he"])
        task = await a_task(session)

    for agent_id in (elsewhere.id, wordless.id, uuid4()):
        with pytest.raises(BadInput) as refused:
            await reassigned(database, task, agent_id)
        assert refused.value.field == "agent"
