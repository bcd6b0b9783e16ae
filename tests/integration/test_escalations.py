"""Escalations from the moment that opens them to the outcome that closes them, on a real database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlmodel import col, select

from orchestrator.availability.hours_book import default_book
from orchestrator.availability.places import Region
from orchestrator.availability.tables import CalendarRow
from orchestrator.detection.tables import MomentStatus
from orchestrator.escalations.instructions import Closed, Wait
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.tables import DecisionRow
from orchestrator.queueing import wrapping
from orchestrator.queueing.roster import ensure_queue
from orchestrator.queueing.tables import QueueRow, TaskState
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow, Topic
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptState, Ending, Leg, MessageState
from tests.integration.escalation_world import HandClock, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RINGS_AND_ANSWERS = (CallStatus.RINGING, CallStatus.IN_PROGRESS)


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    clock = HandClock()
    database = Database(database_url, pool_size=5, clock=clock)
    yield World(database, clock)
    await database.close()


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


async def test_it_waits_for_the_customers_hours_and_says_so(world: World) -> None:
    await world.rule(expires="48h")
    await world.floor()
    customer = await world.customer(zone="Asia/Tokyo")  # nine in the evening there
    await world.moment(customer, expires=48 * HOUR)
    case = await world.escalation(customer)

    told = await world.run(case.id)

    row = await world.reread(case.id)
    assert (row.state, row.reasons) == (State.WAITING, ["calling_hours"])
    assert isinstance(told, Wait)
    assert told.until == row.wait_until == (world.clock.instant + 12 * HOUR).replace(minute=0, second=0, microsecond=0)
    await world.pass_time(12 * HOUR)
    await world.run(case.id)
    assert (await world.reread(case.id)).state is State.QUEUED


async def test_a_decision_keeps_which_files_decided_and_how_the_zone_was_found(world: World, database: Database) -> None:
    await world.rule(expires="48h")
    await world.floor()
    customer = await world.customer(address={"country": "US", "state": "FL"}, zone="America/Chicago")
    await world.moment(customer, expires=48 * HOUR)
    case = await world.escalation(customer)

    await world.run(case.id)

    async with database.transaction() as session:
        query = select(DecisionRow).where(DecisionRow.escalation_id == case.id).order_by(col(DecisionRow.at))
        kept = (await session.exec(query)).all()[-1].verdicts
    figures = next(each["figures"] for each in kept if each["gate"] == "calling_hours")
    assert figures["hours"] == f"us {default_book().packs[Region('US')].reviewed}"
    assert (figures["zones"], figures["zone_from"]) == ("America/Chicago", "address")


async def test_it_waits_until_the_customers_rest_is_over(world: World) -> None:
    assert isinstance(world.clock, HandClock)
    world.clock.instant = datetime(2026, 12, 11, 16, 30, tzinfo=UTC)  # Friday afternoon in London, after dark
    await world.rule(expires="48h")
    await world.floor()
    customer = await world.customer(zone="Europe/London", preferences={"rest": "sabbath"})
    await world.moment(customer, expires=48 * HOUR)
    case = await world.escalation(customer)

    told = await world.run(case.id)

    assert (await world.reread(case.id)).reasons == ["rest"]
    assert isinstance(told, Wait)
    assert told.until is not None
    assert datetime(2026, 12, 12, 16, 40, tzinfo=UTC) < told.until < datetime(2026, 12, 12, 17, tzinfo=UTC)


async def test_it_expires_at_once_when_no_allowed_time_comes_before(world: World) -> None:
    await world.rule(expires="1h")
    await world.floor()
    customer = await world.customer(zone="Asia/Tokyo")
    await world.moment(customer, expires=HOUR)
    case = await world.escalation(customer)

    assert await world.run(case.id) == Closed(Outcome.EXPIRED)
    assert "calling_hours" in (await world.reread(case.id)).reasons


async def test_it_expires_while_nobody_is_free(world: World) -> None:
    await world.rule(expires="1h")
    await world.floor(agents=0)
    customer = await world.customer()
    moment = await world.moment(customer, expires=HOUR)
    case = await world.escalation(customer)

    told = await world.run(case.id)
    waiting = await world.reread(case.id)
    await world.pass_time(HOUR)

    assert isinstance(told, Wait)
    assert (waiting.state, waiting.reasons) == (State.WAITING, ["staffing"])
    assert await world.run(case.id) == Closed(Outcome.EXPIRED)
    assert moment.escalation_id == case.id


async def test_do_not_call_suppresses_it(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer(do_not_call=True)
    await world.moment(customer)
    case = await world.escalation(customer)

    assert await world.run(case.id) == Closed(Outcome.SUPPRESSED)
    assert (await world.reread(case.id)).reasons == ["do_not_call"]


async def test_another_who_shares_the_phone_can_forbid_calls_to_it(world: World) -> None:
    await world.rule()
    await world.floor()
    await world.customer(do_not_call=True)
    customer = await world.customer()
    await world.moment(customer)

    case = await world.escalation(customer)

    assert await world.run(case.id) == Closed(Outcome.SUPPRESSED)


async def test_a_step_whose_medium_is_not_agreed_to_is_passed_over(world: World) -> None:
    await world.rule(steps="[{call: {queue: sales}}, {message: {template: finish-link}}]")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)

    assert await world.run(case.id) == Closed(Outcome.UNREACHABLE)
    assert [message.template for message in await world.messages(case.id)] == ["finish-link"]
    assert len(world.carrier.sent) == 1
    assert world.carrier.placed == []


async def test_an_invalid_number_holds_the_case_with_its_reason(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer(phone="12")
    await world.moment(customer)
    case = await world.escalation(customer)

    assert isinstance(await world.run(case.id), Wait)

    row = await world.reread(case.id)
    assert row.state is State.WAITING
    assert row.reasons[0].startswith("phone_")


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
    await _talk(world, case.id)

    await world.pass_time(10 * MINUTE)

    assert await world.run(case.id) == Closed(Outcome.NOT_SOLVED)
    assert (await world.tasks(case.id))[-1].disposition == "not_stated"


async def test_an_agent_has_more_time_to_wrap_up_twice_and_then_the_server_ends_it(world: World) -> None:
    await world.rule()
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await _talk(world, case.id)
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
    await _ring_customer(world, case.id)

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
    await _connect(world, case.id)

    await world.resolve(moment)
    during = await world.reread(case.id)
    for leg in await world.attempts(case.id):
        await world.reports(leg, CallStatus.COMPLETED)
    await world.complete(await world.hold(case.id), "call_again")

    assert (during.state, during.pending) == (State.CONNECTED, Outcome.RESOLVED_BY_CUSTOMER)
    assert world.carrier.stopped == []
    assert await world.run(case.id) == Closed(Outcome.RESOLVED_BY_CUSTOMER)


async def test_a_due_that_is_told_is_a_promise_kept_by_the_call(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    (promise,) = await world.promises(case.id)
    (task,) = await world.tasks(case.id)

    await _talk(world, case.id)

    assert promise.state is PromiseState.OPEN
    assert promise.due_at - promise.written_at == 30 * MINUTE
    assert (task.promised, task.due_at) == (True, promise.due_at)
    assert (await world.promises(case.id))[0].state is PromiseState.KEPT
    assert [order.body for order in world.carrier.sent] == [promise.words]


async def test_a_promise_about_to_break_is_renewed_once_with_an_apology(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)

    await world.pass_time(25 * MINUTE)
    await world.run(case.id)
    first, second = await world.promises(case.id)
    await world.pass_time(35 * MINUTE)
    await world.run(case.id)
    await world.pass_time(MINUTE)
    await world.run(case.id)

    assert (first.state, second.state, second.renews) == (PromiseState.RENEWED, PromiseState.OPEN, first.id)
    assert second.due_at == first.due_at + 30 * MINUTE
    assert [each.state for each in await world.promises(case.id)] == [PromiseState.RENEWED, PromiseState.BROKEN]
    assert len(world.carrier.sent) == 2
    assert (await world.reread(case.id)).state is State.QUEUED  # it is broken, and still to be made good


async def test_a_promise_whose_words_never_went_out_is_none(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.advance(case.id)
    moments = await world.promises(case.id)

    await _cancel_messages(world, case.id)
    await world.run(case.id)

    assert [each.state for each in moments] == [PromiseState.WRITTEN]
    assert [each.state for each in await world.promises(case.id)] == [PromiseState.UNSAID]


async def test_what_the_customer_does_alone_releases_the_promise(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    customer = await world.customer()
    moment = await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)

    await world.resolve(moment)

    (promise,) = await world.promises(case.id)
    assert (promise.state, promise.cause) == (PromiseState.RELEASED, "resolved_by_customer")


async def test_an_open_promise_outlives_the_expiry_of_its_moment(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]", expires="10m")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer, expires=10 * MINUTE)
    case = await world.escalation(customer)
    await world.run(case.id)

    await world.pass_time(12 * MINUTE)
    await world.run(case.id)
    late = await world.reread(case.id)
    await world.pass_time(49 * MINUTE)
    last = await world.run(case.id)

    assert late.state is State.QUEUED
    assert last == Closed(Outcome.EXPIRED)
    states = {each.state for each in await world.promises(case.id)}
    assert states <= {PromiseState.RENEWED, PromiseState.BROKEN}


async def _ring_customer(world: World, case_id: UUID) -> None:
    await world.run(case_id)
    hold = await world.accept(case_id)
    await world.ask_for_call(hold)
    await world.run(case_id)
    (agent_leg,) = await world.open_attempts(case_id)
    await world.reports(agent_leg, *RINGS_AND_ANSWERS)
    await world.run(case_id)
    customer_leg = (await world.open_attempts(case_id))[1]
    await world.reports(customer_leg, CallStatus.RINGING)


async def _connect(world: World, case_id: UUID) -> None:
    await _ring_customer(world, case_id)
    agent_leg, customer_leg = await world.open_attempts(case_id)
    await world.reports(customer_leg, CallStatus.IN_PROGRESS)
    await world.join(agent_leg, customer_leg)


async def _talk(world: World, case_id: UUID) -> None:
    await _connect(world, case_id)
    for leg in await world.open_attempts(case_id):
        await world.reports(leg, CallStatus.COMPLETED)


async def _cancel_messages(world: World, case_id: UUID) -> None:
    async with world.database.transaction() as session:
        for message in await world.messages(case_id):
            message.state = MessageState.CANCELED
            session.add(await session.merge(message))


async def test_a_case_that_waits_for_a_queue_looks_again_as_soon_as_there_is_one(world: World) -> None:
    await world.rule()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    waiting = await world.reread(case.id)

    async with world.database.transaction() as session:
        await ensure_queue(session, "sales", who="test", now=await world.clock.now(session))
        hinted = (await session.exec(select(OutboxRow.workflow_id).where(OutboxRow.topic == Topic.HINT_ESCALATION))).all()

    assert (waiting.state, waiting.reasons) == (State.WAITING, ["no_such_queue"])
    assert hinted == [f"escalation-{case.id}"]


async def test_a_callback_without_a_due_of_its_own_is_due_as_its_queue_says(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales}}]")
    await world.floor()
    async with world.database.transaction() as session:
        queue = await session.get(QueueRow, "sales")
        assert queue is not None
        queue.callback_within = 3 * HOUR
        session.add(queue)
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)

    await world.run(case.id)

    (task,) = await world.tasks(case.id)
    assert (task.promised, task.due_at) == (False, task.queued_at + 3 * HOUR)


async def test_a_recorded_decision_names_the_calendar_and_its_version(world: World) -> None:
    await world.rule()
    await world.floor()
    async with world.database.transaction() as session:
        days = "".join(f'  {day}: ["00:00-24:00"]\n' for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
        document = f"calendar: always\nzone: UTC\nweekly:\n{days}"
        session.add(CalendarRow(name="always", document=document, version=3, changed_at=world.clock.instant))
        await session.flush()
        queue = await session.get(QueueRow, "sales")
        assert queue is not None
        queue.calendar = "always"
        session.add(queue)
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)

    await world.run(case.id)

    verdicts = [each for decision in await world.decisions(case.id) for each in decision.verdicts]
    (business, *_) = [each for each in verdicts if each["gate"] == "business_hours"]
    assert (business["figures"]["calendar"], business["figures"]["version"]) == ("always", 3)
