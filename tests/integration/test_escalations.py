"""Escalations from the moment that opens them to the outcome that closes them, on a real database."""

from datetime import timedelta

from orchestrator.detection.tables import MomentStatus
from orchestrator.escalations.instructions import Closed, Wait
from orchestrator.escalations.states import Outcome, State
from orchestrator.queueing.tables import TaskState
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptState, Ending, Leg
from tests.integration.escalation_world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RINGS_AND_ANSWERS = (CallStatus.RINGING, CallStatus.IN_PROGRESS)


async def test_a_moment_becomes_a_task_offered_to_an_idle_agent(world: World) -> None:
    await world.rule()
    (agent,) = await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    escalation = await world.escalation(customer)

    told = await world.run(escalation.id)

    (task,) = await world.tasks(escalation.id)
    assert (task.state, task.agent_id, task.queue) == (TaskState.RESERVED, agent, "sales")
    assert isinstance(told, Wait)
    assert told.until == task.lease_until
    assert (await world.reread(escalation.id)).state is State.QUEUED


async def test_an_agent_calls_the_customer_and_solves_it(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    hold = await world.accept(case.id)

    await world.ask_for_call(hold)
    await world.run(case.id)
    (agent_leg,) = await world.attempts(case.id)
    await world.reports(agent_leg, *RINGS_AND_ANSWERS)
    await world.run(case.id)
    (customer_leg,) = await world.attempts(case.id, Leg.CUSTOMER)
    await world.reports(customer_leg, *RINGS_AND_ANSWERS)
    await world.join(agent_leg, customer_leg)
    talking = await world.reread(case.id)
    await world.reports(customer_leg, CallStatus.COMPLETED)
    await world.reports(agent_leg, CallStatus.COMPLETED)
    wrapping = await world.reread(case.id)
    await world.complete(hold, "solved")

    assert (talking.state, wrapping.state) == (State.CONNECTED, State.WRAPPING)
    assert await world.run(case.id) == Closed(Outcome.SOLVED)
    assert len(world.carrier.placed) == 2
    story = await world.story(case.id)
    assert [each for each in story if each in set(State)] == [
        "queued", "assigned", "dialing", "connected", "wrapping", "closed",
    ]  # fmt: skip


async def test_a_resolved_moment_withdraws_the_task_and_closes_the_case(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    moment = await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)

    await world.resolve(moment)

    (task,) = await world.tasks(case.id)
    assert (task.state, task.end_reason) == (TaskState.WITHDRAWN, "resolved_by_customer")
    assert await world.run(case.id) == Closed(Outcome.RESOLVED_BY_CUSTOMER)


async def test_a_case_with_another_live_moment_stays_open(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    first, second = await world.moment(customer), await world.moment(customer, verdict="joined")
    case = await world.escalation(customer)

    await world.resolve(first)

    assert second.escalation_id == case.id
    assert (await world.reread(case.id)).state is not State.CLOSED
    await world.resolve(second, status=MomentStatus.ENDED)
    assert (await world.reread(case.id)).outcome is Outcome.RESOLVED_BY_CUSTOMER


async def test_a_stronger_moment_that_joins_starts_its_own_plan(world: World) -> None:
    await world.rule("weak", steps="[{callback: {queue: sales}}]", purpose="marketing")
    await world.rule("strong", steps="[{callback: {queue: service}}]")
    await world.floor(queue="sales")
    await world.floor(queue="service")
    customer = await world.customer(consent={"marketing": True})
    await world.moment(customer, "weak", purpose="marketing")
    case = await world.escalation(customer)
    await world.run(case.id)

    await world.moment(customer, "strong", verdict="joined")
    await world.run(case.id)

    row = await world.reread(case.id)
    first, second = await world.tasks(case.id)
    assert (row.rule, row.purpose, row.queue) == ("strong", "service", "service")
    assert (first.state, first.end_reason, second.queue) == (TaskState.WITHDRAWN, "replanned", "service")


async def test_a_task_an_agent_has_taken_is_not_replanned_under_their_hands(world: World) -> None:
    await world.rule("weak", steps="[{callback: {queue: sales}}]", purpose="marketing")
    await world.rule("strong", steps="[{callback: {queue: service}}]")
    await world.floor(queue="sales")
    await world.floor(queue="service")
    customer = await world.customer(consent={"marketing": True})
    await world.moment(customer, "weak", purpose="marketing")
    case = await world.escalation(customer)
    await world.run(case.id)
    hold = await world.accept(case.id)

    await world.moment(customer, "strong", verdict="joined")
    await world.run(case.id)
    kept = await world.reread(case.id)
    await world.complete(hold, "no_answer")
    await world.run(case.id)

    assert (kept.rule, kept.state) == ("weak", State.ASSIGNED)
    assert (await world.reread(case.id)).rule == "strong"


async def test_control_and_suppressed_moments_are_closed_from_the_start(world: World) -> None:
    await world.rule()
    held_out, not_worth = await world.customer(), await world.customer()

    await world.moment(held_out, verdict="control")
    await world.moment(not_worth, verdict="suppressed:worth")

    control, suppressed = await world.escalation(held_out), await world.escalation(not_worth)
    assert (control.state, control.outcome, control.reasons) == (State.CLOSED, Outcome.CONTROL, ["holdout"])
    assert (suppressed.state, suppressed.outcome, suppressed.reasons) == (State.CLOSED, Outcome.SUPPRESSED, ["worth"])


async def test_grace_leaves_the_customer_alone_first(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    moment = await world.moment(customer, grace=10 * MINUTE)
    case = await world.escalation(customer)

    told = await world.run(case.id)
    early = await world.tasks(case.id)
    await world.pass_time(10 * MINUTE)
    await world.run(case.id)

    assert isinstance(told, Wait)
    assert told.until == moment.at + 10 * MINUTE
    assert early == []
    assert len(await world.tasks(case.id)) == 1


async def test_no_answer_is_followed_by_another_try_and_then_the_next_step(world: World) -> None:
    steps = "[{callback: {queue: sales, attempts: {max: 2, no_answer: 10m}}}, {message: {template: finish-link}}]"
    await world.rule(steps=steps)
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    for _ in range(2):
        await world.run(case.id)
        hold = await world.accept(case.id)
        await world.ask_for_call(hold)
        await world.run(case.id)
        agent_leg = (await world.open_attempts(case.id))[0]
        await world.reports(agent_leg, *RINGS_AND_ANSWERS)
        await world.run(case.id)
        customer_leg = (await world.open_attempts(case.id))[1]
        await world.reports(customer_leg, CallStatus.RINGING, CallStatus.NO_ANSWER)
        await world.run(case.id)
        assert (await world.tasks(case.id))[-1].suggested == "no_answer"
        await world.reports(agent_leg, CallStatus.COMPLETED)
        await world.complete(hold, "no_answer")
        await world.run(case.id)
        await world.pass_time(10 * MINUTE)

    assert await world.run(case.id) == Closed(Outcome.UNREACHABLE)
    assert len(await world.tasks(case.id)) == 2
    assert len(await world.attempts(case.id, Leg.CUSTOMER)) == 2
    assert len(world.carrier.sent) == 1


async def test_never_call_opts_the_customer_out(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    hold = await world.accept(case.id)

    await world.complete(hold, "never_call")

    assert await world.run(case.id) == Closed(Outcome.OPTED_OUT)
    await world.moment(customer)
    again = await world.escalation(customer)
    assert await world.run(again.id) == Closed(Outcome.SUPPRESSED)


async def test_a_resolution_ends_the_ringing_of_the_customers_phone(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    moment = await world.moment(customer)
    case = await world.escalation(customer)
    await world.ring_customer(case.id)

    await world.resolve(moment)
    last = await world.run(case.id)

    assert last == Closed(Outcome.RESOLVED_BY_CUSTOMER)
    assert len(world.carrier.stopped) == 2
    assert all(each.state is AttemptState.ENDED for each in await world.attempts(case.id))
    assert (await world.attempts(case.id, Leg.CUSTOMER))[0].ending is Ending.CANCELED


async def test_a_talk_goes_on_when_its_reason_is_gone_and_then_the_case_closes(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    moment = await world.moment(customer)
    case = await world.escalation(customer)
    await world.connect(case.id)

    await world.resolve(moment)
    during = await world.reread(case.id)
    for leg in await world.attempts(case.id):
        await world.reports(leg, CallStatus.COMPLETED)
    await world.complete(await world.hold(case.id), "call_again")

    assert (during.state, during.pending) == (State.CONNECTED, Outcome.RESOLVED_BY_CUSTOMER)
    assert world.carrier.stopped == []
    assert await world.run(case.id) == Closed(Outcome.RESOLVED_BY_CUSTOMER)
