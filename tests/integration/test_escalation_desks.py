"""What becomes of a case whose agents do not answer, fall silent or never end their wrap-up."""

from datetime import timedelta

import pytest

from orchestrator.escalations.instructions import Closed, Wait
from orchestrator.escalations.states import Outcome, State
from orchestrator.queueing import wrapping
from orchestrator.queueing.tables import TaskState
from tests.integration.escalation_world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_an_offer_nobody_answers_goes_to_the_next_agent(world: World) -> None:
    await world.rule()
    first, second = await world.floor(agents=2)
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)

    await world.pass_time(20 * timedelta(seconds=1))
    await world.run(case.id)

    (task,) = await world.tasks(case.id)
    assert (task.agent_id, task.fence, first != second) == (second, 2, True)


async def test_a_desk_that_falls_silent_loses_its_task(world: World) -> None:
    await world.rule()
    _, second = await world.floor(agents=2)
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    await world.accept(case.id)

    await world.pass_time(MINUTE)
    await world.run(case.id)

    (task,) = await world.tasks(case.id)
    assert (task.agent_id, task.state) == (second, TaskState.RESERVED)
    assert (await world.reread(case.id)).state is State.QUEUED


async def test_a_wrap_up_left_open_is_closed_by_the_server(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.talk(case.id)

    await world.pass_time(10 * MINUTE)

    assert await world.run(case.id) == Closed(Outcome.NOT_SOLVED)
    assert (await world.tasks(case.id))[-1].disposition == "not_stated"


async def test_an_agent_has_more_time_to_wrap_up_twice_and_then_the_server_ends_it(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.talk(case.id)
    hold = await world.hold(case.id)

    for _ in range(2):
        await world.database.run(lambda session: wrapping.more_time(session, hold, clock=world.clock))
    with pytest.raises(wrapping.NoMoreTime):
        await world.database.run(lambda session: wrapping.more_time(session, hold, clock=world.clock))
    await world.pass_time(19 * MINUTE)
    still = await world.run(case.id)
    await world.pass_time(MINUTE)

    assert isinstance(still, Wait)
    assert await world.run(case.id) == Closed(Outcome.NOT_SOLVED)
