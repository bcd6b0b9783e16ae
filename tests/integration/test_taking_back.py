"""A supervisor takes a case back: whoever was promised a call hears that it will not come, or the promise says why not."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from orchestrator.escalations.instructions import Closed
from orchestrator.escalations.promises import break_overdue
from orchestrator.escalations.states import Outcome, PromiseState
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.taking_back import TakenBack, Told
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.supervising import cancel_escalation, withdraw_task
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_escalation
from orchestrator.telephony.tables import MessageState
from tests.integration.escalation_world import HandClock, World

PROMISE = "[{callback: {queue: sales, due: 30m, tell: sms}}]"


@pytest.fixture
def world(database: Database) -> World:
    return World(database, HandClock())


async def a_promised_case(world: World, *, steps: str = PROMISE, **attributes: object) -> EscalationRow:
    """A case whose task waits on its queue."""
    await world.rule(steps=steps)
    await world.floor()
    customer = await world.customer(**attributes)
    await world.moment(customer)
    case = await world.escalation(customer)
    await world.run(case.id)
    return case


async def withdrawn(world: World, case: EscalationRow, *, silent: str | None = None) -> TakenBack | None:
    (task,) = await world.tasks(case.id)

    async def work(session: object) -> TakenBack | None:
        done = await withdraw_task(
            session,  # type: ignore[arg-type]
            task.id,
            reason="the shop closes",
            silent=silent,
            who="maya",
            clock=world.clock,
            settings=world.settings,
        )
        return done.taken_back

    return await world.database.run(work)


async def kept_in_audit(world: World) -> object:
    async with world.database.transaction() as session:
        rows = await session.exec(select(ChangeRow.after).where(col(ChangeRow.what) == "task.withdraw"))
        return (rows.one() or {}).get("taken_back")


async def changed(world: World, customer_id: UUID, **attributes: object) -> None:
    async with world.database.transaction() as session:
        row = await session.get_one(CustomerRow, customer_id)
        row.attributes = {**row.attributes, **attributes}


@pytest.mark.parametrize(("language", "words"), [("en", "this call will not come"), ("he", "השיחה לא תתקיים")])
async def test_who_was_promised_a_call_is_told_that_it_will_not_come(world: World, language: str, words: str) -> None:
    case = await a_promised_case(world, language=language)

    taken = await withdrawn(world, case)
    ending = await world.run(case.id)

    (promise,) = await world.promises(case.id)
    assert taken == TakenBack(promise.id, Told.TOLD)
    assert (promise.state, promise.cause) == (PromiseState.BROKEN, "taken_back")
    assert ending == Closed(Outcome.CANCELED)
    assert [words in order.body for order in world.carrier.sent] == [False, True]
    assert (await world.messages(case.id))[-1].state is MessageState.SENT
    assert await kept_in_audit(world) == {"promise": str(promise.id), "customer": "taken_back", "because": []}


async def test_who_refuses_messages_by_now_is_not_told_and_the_promise_says_so(world: World) -> None:
    case = await a_promised_case(world)
    await changed(world, case.customer_id, consent={"sms": False})

    await withdrawn(world, case)
    await world.run(case.id)

    (promise,) = await world.promises(case.id)
    assert (promise.state, promise.cause) == (PromiseState.BROKEN, "taken_back_untold")
    assert len(world.carrier.sent) == 1
    told = {"promise": str(promise.id), "customer": "taken_back_untold", "because": ["consent"]}
    assert await kept_in_audit(world) == told


async def test_a_number_that_is_none_is_named_as_what_hinders(world: World) -> None:
    case = await a_promised_case(world)
    await changed(world, case.customer_id, phone="nobody")

    taken = await withdrawn(world, case)

    assert taken is not None
    assert (taken.told, taken.because) == (Told.UNABLE, ("no_number",))


async def test_a_supervisor_may_choose_to_say_nothing_and_says_why(world: World) -> None:
    case = await a_promised_case(world)

    await withdrawn(world, case, silent="told by e-mail")
    await world.run(case.id)

    (promise,) = await world.promises(case.id)
    assert (promise.state, promise.cause) == (PromiseState.BROKEN, "taken_back_silently")
    assert len(world.carrier.sent) == 1
    told = {"promise": str(promise.id), "customer": "taken_back_silently", "because": ["told by e-mail"]}
    assert await kept_in_audit(world) == told


async def test_a_task_without_a_promise_is_withdrawn_without_a_word(world: World) -> None:
    case = await a_promised_case(world, steps="[{callback: {queue: sales, due: 30m}}]")

    taken = await withdrawn(world, case)
    await world.run(case.id)

    assert (taken, world.carrier.sent, await kept_in_audit(world)) == (None, [], None)


async def test_a_promise_that_time_has_broken_keeps_its_cause_and_its_customer_is_told(world: World) -> None:
    case = await a_promised_case(world)
    world.clock.instant += timedelta(hours=1)
    async with world.database.transaction() as session:
        locked = await lock_escalation(session, case.id)
        assert locked is not None
        await break_overdue(session, locked[1], cause="nobody_free", now=world.clock.instant)

    await withdrawn(world, case)
    await world.run(case.id)

    (promise,) = await world.promises(case.id)
    assert (promise.state, promise.cause) == (PromiseState.BROKEN, "nobody_free")
    assert len(world.carrier.sent) == 2


async def test_a_case_that_is_canceled_tells_its_customer_too(world: World) -> None:
    case = await a_promised_case(world)

    async with world.database.transaction() as session:
        for _ in range(2):
            await cancel_escalation(session, case.id, reason="r", who="maya", clock=world.clock, settings=world.settings)
    await world.run(case.id)

    assert [order.body.startswith("We promised to call you") for order in world.carrier.sent] == [False, True]
