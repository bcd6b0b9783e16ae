"""An emergency close without an end holds what waits until it is lifted, and then lets it gather as any opening does."""

import random
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select, update

from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.escalations.instructions import Wait
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.insights.held_cases import held, held_cases
from orchestrator.intake.tables import EventRow
from orchestrator.queueing.floor import queues_now
from orchestrator.queueing.hours import close_calendar, end_closure
from orchestrator.queueing.tables import QueueRow
from orchestrator.storage.locks import lock_customer
from orchestrator.storage.outbox import OutboxRow
from orchestrator.telephony.tables import AttemptRow, AttemptState
from tests.integration.escalation_world import World
from tests.integration.test_opening_with_many import Morning

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
ALWAYS = (
    "calendar: hours\nzone: UTC\nweekly: {"
    + ", ".join(f'{d}: ["00:00-24:00"]' for d in ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
    + "}\n"
)


async def _open_queue(world: World, *, agents: int = 1) -> list[UUID]:
    there = await world.floor(agents=agents)
    async with world.database.transaction() as session:
        session.add(CalendarRow(name="hours", document=ALWAYS, changed_at=world.clock.instant))
        await session.flush()
        await session.exec(update(QueueRow).values(calendar="hours"))
    return there


async def _close(world: World, *, ends_at: datetime | None = None) -> UUID:
    async with world.database.transaction() as session:
        row = await close_calendar(
            session,
            "hours",
            starts_at=None,
            ends_at=ends_at,
            reason="fire",
            author="dana",
            who="test",
            now=await world.clock.now(session),
            settings=world.settings,
        )
    return row.id


async def _lift(world: World, close: UUID) -> None:
    async with world.database.transaction() as session:
        now = await world.clock.now(session)
        await end_closure(session, "hours", close, who="test", now=now, settings=world.settings)


async def _case(world: World, *, expires: timedelta = 24 * HOUR) -> UUID:
    customer = await world.customer(phone=f"+97252765{random.randrange(10**4):04}")
    await world.moment(customer, expires=expires)
    return (await world.escalation(customer)).id


async def test_a_case_waits_out_a_close_without_an_end_and_goes_on_as_it_is_lifted(world: World) -> None:
    await world.rule()
    await _open_queue(world)
    close = await _close(world)
    case = await _case(world)

    told = await world.run(case)
    row = await world.reread(case)
    await world.pass_time(3 * HOUR)
    later = await world.run(case)
    await _lift(world, close)
    await world.run(case)

    assert isinstance(told, Wait)
    assert (row.state, row.reasons) == (State.WAITING, ["business_hours"])
    assert isinstance(later, Wait)
    assert (await world.reread(case)).state is State.QUEUED


async def test_a_case_that_expires_under_the_close_ends_then_and_not_before(world: World) -> None:
    await world.rule()
    await _open_queue(world)
    await _close(world)
    case = await _case(world, expires=2 * HOUR)

    told = await world.run(case)
    before = await world.reread(case)
    await world.pass_time(2 * HOUR)
    await world.run(case)
    after = await world.reread(case)

    assert isinstance(told, Wait)
    assert told.until is not None
    assert told.until <= before.opened_at + 2 * HOUR
    assert (before.state, after.state, after.outcome) == (State.WAITING, State.CLOSED, Outcome.EXPIRED)


async def test_the_console_names_no_time_for_what_a_close_without_an_end_holds(world: World) -> None:
    await world.rule()
    await _open_queue(world)
    close = await _close(world, ends_at=world.clock.instant + 3 * HOUR)
    case = await _case(world)
    await world.run(case)

    ending = await _held(world)
    await _lift(world, close)
    await _close(world)
    await world.run(case)
    lasting = await _held(world)

    assert all(each is not None for each in ending)
    assert lasting == (None, None, None)


async def _held(world: World) -> tuple[datetime | None, datetime | None, datetime | None]:
    async with world.database.transaction() as session:
        [group], [case] = await held(session), await held_cases(session)
    assert group.reasons == case.reasons == ("business_hours",)
    return group.first, group.last, case.until


async def test_what_a_lifted_close_lets_go_gathers_before_the_oldest_are_offered(world: World) -> None:
    await world.rule()
    agents = await _open_queue(world, agents=2)
    close = await _close(world)
    cases = []
    for _ in range(6):
        await world.pass_time(MINUTE)
        cases.append(await _case(world))
    morning = Morning(world, agents, cases)
    await morning.look(cases)
    await world.pass_time(HOUR)

    await _lift(world, close)
    async with world.database.transaction() as session:
        [queue] = await queues_now(session, ["sales"], now=await world.clock.now(session))
    early = await morning.offered()
    await morning.look(list(reversed(cases)))
    await morning.settle(random.Random(4))

    assert (queue.is_open, queue.gathering) == (True, True)
    assert early == []
    assert [case for _, case in await morning.offered()] == cases[:2]


async def _prepared(world: World) -> tuple[UUID, UUID]:
    """Return a customer, and a call to them that is to be placed."""
    await world.rule("offer", steps="[{call: {queue: sales}}]")
    await _open_queue(world)
    customer = await world.customer(consent={"voice_recorded": True})
    await world.moment(customer, "offer")
    case = await world.escalation(customer)
    return customer, await world.prepare_dial(case.id)


async def _ended(world: World, prepared: UUID) -> EscalationRow:
    async with world.database.transaction() as session:
        attempt = await session.get_one(AttemptRow, prepared)
        hints = (await session.exec(select(OutboxRow.workflow_id))).all()
    assert (attempt.state, attempt.submitted_at) == (AttemptState.ENDED, None)
    assert f"escalation-{attempt.escalation_id}" in hints  # its process looks again at once
    assert world.carrier.placed == []
    return await world.reread(attempt.escalation_id)


async def test_a_call_prepared_before_an_emergency_close_is_not_placed_after_it(world: World) -> None:
    _, prepared = await _prepared(world)

    await _close(world)
    await world.dialer.submit(prepared)

    row = await _ended(world, prepared)
    assert (row.state, row.reasons) == (State.WAITING, ["business_hours"])


async def test_a_call_is_not_placed_once_the_attributes_take_the_consent_back(world: World) -> None:
    customer, prepared = await _prepared(world)

    async with world.database.transaction() as session:
        row = await lock_customer(session, customer)
        now = await world.clock.now(session)
        row.attributes = {**row.attributes, "consent": {"voice_recorded": False}}
        session.add(row)
        session.add(
            EventRow(
                source="app",
                id="1",
                type="customer.updated",
                subject=row.subject,
                customer_id=row.id,
                time=now,
                received_at=now,
                data={"consent": {"voice_recorded": False}},
                digest=b"",
            )
        )
    await world.dialer.submit(prepared)

    case = await _ended(world, prepared)
    assert case.reasons == ["consent"]


async def test_a_promise_a_close_keeps_from_being_kept_is_renewed_with_that_reason(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await _open_queue(world)
    case = await _case(world)
    await world.run(case)  # it stands in the queue, and its customer was told

    await _close(world)
    await world.pass_time(25 * MINUTE)
    await world.run(case)

    first, second = await world.promises(case)
    assert (first.state, first.cause, second.state) == (PromiseState.RENEWED, "business_hours", PromiseState.OPEN)


async def test_a_close_that_is_struck_out_before_it_begins_holds_nothing(world: World) -> None:
    await world.rule()
    await _open_queue(world)
    close = await _close(world)
    await _lift(world, close)
    case = await _case(world)

    await world.run(case)

    async with world.database.transaction() as session:
        lasting = (await session.exec(select(ClosureRow).where(col(ClosureRow.ends_at).is_(None)))).all()
    assert lasting == []
    assert (await world.reread(case)).state is State.QUEUED
