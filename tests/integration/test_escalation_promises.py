"""Promises of an escalation: kept, renewed, released, or never made."""

from datetime import timedelta
from uuid import UUID

from orchestrator.escalations.instructions import Closed
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.queueing.tables import QueueRow
from orchestrator.telephony.tables import MessageState
from tests.integration.escalation_world import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_due_that_is_told_is_a_promise_kept_by_the_call(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    (promise,) = await world.promises(case.id)
    (task,) = await world.tasks(case.id)

    await world.talk(case.id)

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


async def _cancel_messages(world: World, case_id: UUID) -> None:
    async with world.database.transaction() as session:
        for message in await world.messages(case_id):
            message.state = MessageState.CANCELED
            session.add(await session.merge(message))
