"""Escalations with their processes: the worker, the relay and the sweep on real PostgreSQL and real Temporal."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest_asyncio
from sqlalchemy import text
from temporalio.client import WorkflowExecutionStatus

from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.queueing.tables import TaskState
from orchestrator.storage.outbox import escalation_workflow_id
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg
from tests.integration.engine import Engine, an_engine, eventually
from tests.integration.test_escalation_races import awake_zone

RINGS_AND_ANSWERS = (CallStatus.RINGING, CallStatus.IN_PROGRESS)


@pytest_asyncio.fixture
async def engine(database_url: str, temporal_address: str) -> AsyncIterator[Engine]:
    async with an_engine(database_url, temporal_address) as engine:
        yield engine


async def task_state(engine: Engine, case_id: UUID) -> TaskState | None:
    tasks = await engine.tasks(case_id)
    return tasks[-1].state if tasks else None


async def a_leg(engine: Engine, case_id: UUID, leg: Leg) -> AttemptRow:
    """The case's newest leg of this kind, once the carrier has it."""
    found = await eventually(
        lambda: engine.attempts(case_id, leg), lambda legs: legs and legs[-1].state is AttemptState.SUBMITTED
    )
    return found[-1]


async def outcome(engine: Engine, case_id: UUID) -> str | None:
    """What the process returns; it has ended well."""
    await eventually(lambda: engine.reread(case_id), lambda row: row.state is State.CLOSED)
    handle = engine.client.get_workflow_handle(escalation_workflow_id(case_id), result_type=str)
    result: str | None = await handle.result()
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
    return result


async def test_a_moment_is_offered_called_and_solved(engine: Engine) -> None:
    await engine.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await engine.floor()
    customer = await engine.customer(zone=awake_zone())

    async with engine.working():
        await engine.moment(customer)
        case = await engine.escalation(customer)
        await eventually(lambda: task_state(engine, case.id), lambda state: state is TaskState.RESERVED)
        hold = await engine.accept(case.id)
        await engine.ask_for_call(hold)
        agent_leg = await a_leg(engine, case.id, Leg.AGENT)
        await engine.reports(agent_leg, *RINGS_AND_ANSWERS)
        customer_leg = await a_leg(engine, case.id, Leg.CUSTOMER)
        await engine.reports(customer_leg, *RINGS_AND_ANSWERS)
        await engine.join(agent_leg, customer_leg)
        for leg in (customer_leg, agent_leg):
            await engine.reports(leg, CallStatus.COMPLETED)
        await engine.complete(hold, "solved")
        result = await outcome(engine, case.id)

    assert result == "solved"
    assert (len(engine.carrier.placed), len(engine.carrier.sent)) == (2, 1)
    assert [each.state for each in await engine.promises(case.id)] == [PromiseState.KEPT]


async def test_a_resolution_ends_the_process(engine: Engine) -> None:
    await engine.rule()
    await engine.floor()
    customer = await engine.customer(zone=awake_zone())

    async with engine.working():
        moment = await engine.moment(customer)
        case = await engine.escalation(customer)
        await eventually(lambda: task_state(engine, case.id), lambda state: state is TaskState.RESERVED)
        await engine.resolve(moment)
        result = await outcome(engine, case.id)

    assert (result, await task_state(engine, case.id)) == ("resolved_by_customer", TaskState.WITHDRAWN)


async def test_a_case_whose_start_was_lost_is_found_by_the_sweep(engine: Engine) -> None:
    await engine.rule()
    await engine.floor()
    customer = await engine.customer(zone=awake_zone())
    await engine.moment(customer)
    case = await engine.escalation(customer)
    await lose_outbox(engine)

    async with engine.working():
        state = await eventually(lambda: task_state(engine, case.id))

    assert state is TaskState.RESERVED


async def test_a_hint_that_was_lost_is_made_good_by_the_timer(engine: Engine) -> None:
    await engine.rule()
    await engine.floor(agents=0)
    customer = await engine.customer(zone=awake_zone())

    async with engine.working():
        await engine.moment(customer)
        case = await engine.escalation(customer)
        await eventually(lambda: engine.reread(case.id), lambda row: row.reasons == ["staffing"])
        await engine.floor(agents=1, queue="others")
        await _staff(engine)
        state = await eventually(lambda: task_state(engine, case.id))

    assert state is not None  # nobody hinted: it looked again by itself


async def test_cases_go_on_where_they_were_after_the_worker_was_replaced(engine: Engine) -> None:
    await engine.rule()
    await engine.floor()
    customer = await engine.customer(zone=awake_zone())
    async with engine.working():
        await engine.moment(customer)
        case = await engine.escalation(customer)
        await eventually(lambda: task_state(engine, case.id), lambda state: state is TaskState.RESERVED)
        hold = await engine.accept(case.id)

    await engine.ask_for_call(hold)
    async with engine.working():
        agent_leg = await a_leg(engine, case.id, Leg.AGENT)

    assert agent_leg.agent_id == hold.agent_id
    assert (await engine.reread(case.id)).state is State.DIALING


async def test_a_case_that_cannot_be_looked_at_is_closed_as_failed(engine: Engine) -> None:
    await engine.floor()
    customer = await engine.customer(zone=awake_zone())

    async with engine.working():
        await engine.moment(customer, "no-such-rule")
        case = await engine.escalation(customer)
        result = await outcome(engine, case.id)

    assert result == "failed"
    assert (await engine.reread(case.id)).outcome is Outcome.FAILED


async def test_a_promise_is_renewed_and_broken_by_its_own_timers(database_url: str, temporal_address: str) -> None:
    async with an_engine(database_url, temporal_address, reservation=timedelta(seconds=1)) as engine:
        await engine.rule(steps="[{callback: {queue: sales, due: 8s, tell: sms}}]")
        await engine.floor()
        customer = await engine.customer(zone=awake_zone())

        async with engine.working():
            await engine.moment(customer)
            case = await engine.escalation(customer)
            both = await eventually(
                lambda: engine.promises(case.id),
                lambda rows: [row.state for row in rows] == [PromiseState.RENEWED, PromiseState.BROKEN],
            )

    assert both[1].renews == both[0].id
    assert len(engine.carrier.sent) == 2


async def lose_outbox(engine: Engine) -> None:
    async with engine.database.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM outbox"))


async def _staff(engine: Engine) -> None:
    """Let the agents of `others` serve `sales` too, without telling anybody."""
    async with engine.database.transaction() as session:
        statement = "INSERT INTO agent_queues (agent_id, queue) SELECT agent_id, 'sales' FROM agent_queues"
        await (await session.connection()).execute(text(statement))
