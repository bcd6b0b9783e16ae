"""Customer-first calls, unclear answers and lost agents: what an escalation makes of them, on a real database."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from orchestrator.escalations.instructions import Closed, DialLeg, Settle, Wait
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskKind, TaskState
from orchestrator.storage.database import Database
from orchestrator.telephony import attempts as rules_of_attempts
from orchestrator.telephony.ports import CallStatus, CarrierRefused, CarrierUnavailable, CarrierUnclear, Refusal
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Farewell, Leg
from tests.integration.escalation_world import HandClock, World, some_settings

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RINGS_AND_ANSWERS = (CallStatus.RINGING, CallStatus.IN_PROGRESS)
CALL = "[{call: {queue: sales, attempts: {max: 2, no_answer: 10m, machine: 1h}}}, {message: {template: finish-link}}]"


async def a_call(world: World, *, steps: str = CALL) -> UUID:
    """A case whose customer's phone is being rung first; return its id."""
    await world.rule(steps=steps)
    await world.floor()
    customer = await world.customer(consent={"voice_recorded": True})
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    return case.id


async def customer_leg(world: World, case_id: UUID) -> AttemptRow:
    return (await world.attempts(case_id, Leg.CUSTOMER))[-1]


async def press(world: World, attempt: AttemptRow, digit: str) -> None:
    await world.moves(attempt, lambda row, now: rules_of_attempts.press(row, digit))


async def test_an_agent_is_held_before_the_customers_phone_rings(world: World) -> None:
    case_id = await a_call(world)

    (task,) = await world.tasks(case_id)
    leg = await customer_leg(world, case_id)
    assert (task.kind, task.state) == (TaskKind.CALL, TaskState.DIALING)
    assert task.agent_id is not None
    assert (leg.flow, leg.medium, leg.agent_id) == ("customer_first", "voice_recorded", task.agent_id)
    assert (await world.reread(case_id)).state is State.DIALING


async def test_without_a_free_agent_nobody_is_called(world: World) -> None:
    await world.rule("first")
    case_id = await _busy_floor(world)

    await world.rule(steps=CALL)
    customer = await world.customer(phone="+972527654322", consent={"voice_recorded": True})
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)

    (task,) = await world.tasks(case.id)
    assert (task.state, world.carrier.placed) == (TaskState.QUEUED, [])
    await world.complete(await world.hold(case_id), "solved")
    await world.run(case.id)
    assert len(world.carrier.placed) == 1


async def test_pressing_one_brings_the_held_agent_into_the_call(world: World) -> None:
    case_id = await a_call(world)
    leg = await customer_leg(world, case_id)
    await world.reports(leg, *RINGS_AND_ANSWERS)
    await press(world, leg, "1")
    await world.run(case_id)
    (agent_leg,) = await world.attempts(case_id, Leg.AGENT)

    await world.reports(agent_leg, *RINGS_AND_ANSWERS)
    await world.join(agent_leg, leg)

    assert agent_leg.conference == leg.conference
    assert (await world.reread(case_id)).state is State.CONNECTED
    for each in (leg, agent_leg):
        await world.reports(each, CallStatus.COMPLETED)
    await world.complete(await world.hold(case_id), "solved")
    assert await world.run(case_id) == Closed(Outcome.SOLVED)


async def test_who_owes_an_answer_at_every_look_keeps_nobody_waiting(database_url: str) -> None:
    clock = HandClock()
    database = Database(database_url, pool_size=5, clock=clock)
    world = World(database, clock, some_settings(carrier_poll=timedelta(milliseconds=1)))
    case_id = await a_call(world)
    leg = await customer_leg(world, case_id)
    await world.reports(leg, *RINGS_AND_ANSWERS)
    await press(world, leg, "1")

    told = []
    for passing in (SECOND, MINUTE):
        await world.pass_time(passing)
        told.append(await world.advance(case_id))

    await database.close()
    assert isinstance(told[0], DialLeg)
    assert isinstance(told[1], Settle)  # what was heard so long ago is asked about before anybody is called on it


async def test_pressing_two_is_promised_a_callback_that_comes_before_the_rest_of_the_plan(world: World) -> None:
    case_id = await a_call(world)
    leg = await customer_leg(world, case_id)
    await world.reports(leg, *RINGS_AND_ANSWERS)
    await press(world, leg, "2")
    spoken = (await customer_leg(world, case_id)).say
    await world.reports(leg, CallStatus.COMPLETED)
    await world.run(case_id)
    early = await world.tasks(case_id)

    await world.pass_time(HOUR)
    await world.run(case_id)

    (promise,) = await world.promises(case_id)
    assert (promise.medium, promise.state, promise.words) == ("voice", PromiseState.OPEN, spoken)
    assert [task.state for task in early] == [TaskState.DONE]
    callback = (await world.tasks(case_id))[-1]
    assert (callback.kind, callback.promised, callback.due_at) == (TaskKind.CALLBACK, True, promise.due_at)
    assert world.carrier.sent == []


async def test_pressing_nine_ends_everything_for_good(world: World) -> None:
    case_id = await a_call(world)
    leg = await customer_leg(world, case_id)
    await world.reports(leg, *RINGS_AND_ANSWERS)

    await press(world, leg, "9")
    closed = await world.reread(case_id)
    await world.reports(leg, CallStatus.COMPLETED)

    async with world.database.transaction() as session:
        customer = await session.get_one(CustomerRow, closed.customer_id)
    assert (closed.outcome, customer.attributes["do_not_call"]) == (Outcome.OPTED_OUT, True)
    assert world.carrier.stopped == []  # its goodbye is not cut off
    assert await world.run(case_id) == Closed(Outcome.OPTED_OUT)


async def test_a_machine_hears_a_message_and_the_plan_tries_again_later(world: World) -> None:
    case_id = await a_call(world)
    leg = await customer_leg(world, case_id)
    await world.reports(leg, *RINGS_AND_ANSWERS)

    await world.moves(leg, lambda row, now: rules_of_attempts.hear(row, "machine_start", now))
    await world.run(case_id)
    redirected = await customer_leg(world, case_id)
    await world.reports(leg, CallStatus.COMPLETED)
    await world.run(case_id)
    waiting = await world.reread(case_id)
    await world.pass_time(HOUR)
    await world.run(case_id)

    assert (redirected.farewell, world.carrier.stopped) == (Farewell.MACHINE, [redirected.call_sid])
    assert (waiting.state, waiting.reasons, waiting.tries) == (State.WAITING, ["pause"], 1)
    assert len(await world.attempts(case_id, Leg.CUSTOMER)) == 2


async def test_after_the_last_try_comes_the_next_step(world: World) -> None:
    case_id = await a_call(world)
    for _ in range(2):
        await world.reports(await customer_leg(world, case_id), CallStatus.RINGING, CallStatus.NO_ANSWER)
        last = await world.run(case_id)
        await world.pass_time(10 * MINUTE)
        last = await world.run(case_id)

    assert last == Closed(Outcome.UNREACHABLE)
    assert len(world.carrier.placed) == 2
    assert len(world.carrier.sent) == 1


async def test_an_agent_lost_after_key_one_leaves_an_apology_and_a_promise(world: World) -> None:
    case_id = await a_call(world)
    leg = await customer_leg(world, case_id)
    await world.reports(leg, *RINGS_AND_ANSWERS)
    await press(world, leg, "1")
    await world.run(case_id)
    (agent_leg,) = await world.attempts(case_id, Leg.AGENT)

    await world.reports(agent_leg, CallStatus.RINGING, CallStatus.NO_ANSWER)
    await world.run(case_id)
    sorry = await customer_leg(world, case_id)
    await world.reports(leg, CallStatus.COMPLETED)
    await world.run(case_id)

    (promise,) = await world.promises(case_id)
    assert (sorry.farewell, sorry.say) == (Farewell.APOLOGY, promise.words)
    assert (await customer_leg(world, case_id)).ending is Ending.ABANDONED
    assert promise.state is PromiseState.OPEN
    callback = (await world.tasks(case_id))[-1]
    assert (callback.kind, callback.promised) == (TaskKind.CALLBACK, True)


async def test_what_settles_itself_during_the_greeting_ends_the_call(world: World) -> None:
    await world.rule(steps=CALL)
    await world.floor()
    customer = await world.customer(consent={"voice_recorded": True})
    moment = await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    leg = await customer_leg(world, case.id)
    await world.reports(leg, *RINGS_AND_ANSWERS)

    await world.resolve(moment)
    await world.run(case.id)

    assert (await world.reread(case.id)).outcome is Outcome.RESOLVED_BY_CUSTOMER
    assert (await customer_leg(world, case.id)).farewell is Farewell.SETTLED
    assert world.carrier.stopped == [(await customer_leg(world, case.id)).call_sid]


async def test_an_unclear_answer_lets_the_agent_go_and_blocks_the_number(world: World) -> None:
    world.carrier.failing = CarrierUnclear("timeout")
    case_id = await a_call(world)
    world.carrier.failing = None

    await world.pass_time(46 * SECOND)
    await world.run(case_id)
    waiting, blocked = await world.reread(case_id), await customer_leg(world, case_id)
    await world.pass_time(10 * MINUTE)
    await world.run(case_id)
    during = len(world.carrier.placed)
    await world.pass_time(5 * MINUTE)
    await world.run(case_id)

    assert (waiting.state, blocked.state) == (State.WAITING, AttemptState.UNKNOWN)
    assert (await world.tasks(case_id))[0].state is TaskState.DONE
    assert during == 1
    first = (await world.attempts(case_id, Leg.CUSTOMER))[0]
    assert first.ending is Ending.UNKNOWN
    assert len(world.carrier.placed) == 2  # the number is free again, and a try was left


async def test_an_agent_is_let_go_from_an_unclear_call_in_time_also_between_two_questions(world: World) -> None:
    world.carrier.failing = CarrierUnclear("timeout")
    case_id = await a_call(world)
    await world.pass_time(33 * SECOND)
    told = await world.run(case_id)
    asked = await customer_leg(world, case_id)

    await world.pass_time(13 * SECOND)
    await world.run(case_id)

    assert asked.looked_at is not None
    assert isinstance(told, Wait)
    assert told.until is not None
    assert told.until > asked.looked_at + 5 * SECOND  # it does not look all the time meanwhile
    assert (await world.reread(case_id)).state is State.WAITING


async def test_an_unclear_call_that_is_answered_after_all_gets_an_apology(world: World) -> None:
    world.carrier.failing = CarrierUnclear("timeout")
    case_id = await a_call(world)
    world.carrier.failing = None
    await world.pass_time(46 * SECOND)
    await world.run(case_id)
    leg = await customer_leg(world, case_id)

    await world.moves(leg, partial(_bind, "CA1"))
    await world.reports(leg, CallStatus.IN_PROGRESS)
    await world.run(case_id)

    answered = await customer_leg(world, case_id)
    (promise,) = await world.promises(case_id)
    assert (answered.farewell, answered.say, promise.state) == (Farewell.APOLOGY, promise.words, PromiseState.OPEN)
    assert len(world.carrier.placed) == 1


@pytest.mark.parametrize("failing", [CarrierUnavailable("connection refused"), CarrierRefused(20429, Refusal.LATER)])
async def test_a_call_that_was_surely_not_placed_uses_up_no_try(world: World, failing: Exception) -> None:
    world.carrier.failing = failing
    case_id = await a_call(world)
    waiting = await world.reread(case_id)

    world.carrier.failing = None
    await world.pass_time(30 * SECOND)
    await world.run(case_id)

    assert (waiting.state, waiting.tries) == (State.WAITING, 0)
    assert (await world.attempts(case_id))[-1].state is AttemptState.SUBMITTED


async def test_a_number_nobody_can_reach_is_not_dialed_again(world: World) -> None:
    world.carrier.failing = CarrierRefused(21211, Refusal.NUMBER)
    case_id = await a_call(world)

    assert len(await world.attempts(case_id)) == 1
    assert (await world.attempts(case_id))[0].ending is Ending.INVALID_NUMBER
    assert await world.run(case_id) == Closed(Outcome.UNREACHABLE)


async def test_an_agent_whose_phone_is_not_answered_keeps_the_task(world: World) -> None:
    case_id = await _busy_floor(world, rule=True)
    hold = await world.accept(case_id) if (await world.reread(case_id)).state is State.QUEUED else await world.hold(case_id)
    await world.ask_for_call(hold)
    await world.run(case_id)

    await world.reports((await world.attempts(case_id))[0], CallStatus.RINGING, CallStatus.NO_ANSWER)
    await world.run(case_id)
    again = (await world.tasks(case_id))[0]
    await world.ask_for_call(hold)
    await world.run(case_id)

    assert (again.state, again.call_requested_at) == (TaskState.ASSIGNED, None)
    assert [each.leg for each in await world.attempts(case_id)] == [Leg.AGENT, Leg.AGENT]


async def test_gates_that_close_before_dialing_free_the_agent(world: World) -> None:
    case_id = await _busy_floor(world, rule=True)
    hold = await world.hold(case_id)

    await world.pass_time(8 * HOUR)  # eight in the evening: nobody is called any more
    await world.database.run(lambda session: _renew(session, hold.task_id, world))
    await world.ask_for_call(hold)
    await world.run(case_id)

    row = await world.reread(case_id)
    assert (row.state, row.reasons) == (State.WAITING, ["calling_hours"])
    assert (await world.tasks(case_id))[0].state is TaskState.WITHDRAWN
    assert world.carrier.placed == []


async def test_gates_that_close_while_the_agents_phone_rings_end_it(world: World) -> None:
    case_id = await _busy_floor(world, rule=True)
    hold = await world.hold(case_id)
    await world.ask_for_call(hold)
    await world.run(case_id)
    (agent_leg,) = await world.attempts(case_id)

    await world.pass_time(8 * HOUR)
    await world.reports(agent_leg, *RINGS_AND_ANSWERS)
    await world.run(case_id)

    assert (await world.reread(case_id)).reasons == ["calling_hours"]
    assert [each.leg for each in await world.attempts(case_id)] == [Leg.AGENT]
    assert len(world.carrier.stopped) == 1


async def _busy_floor(world: World, *, rule: bool = False) -> UUID:
    """A case whose callback the only agent has accepted."""
    if rule:
        await world.rule("first")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer, "first")
    case = await world.escalation(customer)
    await world.run(case.id)
    await world.accept(case.id)
    return case.id


async def _renew(session: object, task_id: UUID, world: World) -> None:
    from orchestrator.queueing.tasks import lock_task

    task = await lock_task(session, task_id)  # type: ignore[arg-type]
    task.lease_until = world.clock.instant + MINUTE


def _bind(sid: str, attempt: AttemptRow, now: object) -> bool:
    attempt.call_sid = sid
    return False
