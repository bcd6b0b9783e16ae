"""What a step does where a gate is not open: it waits, it is passed over for the plan's next one, or the case ends, by rule."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import update

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.escalations.instructions import Closed
from orchestrator.escalations.states import Outcome, State
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.switching import throw
from orchestrator.queueing.tables import AgentRow, Presence, QueueRow
from tests.integration.escalation_world import World
from tests.integration.test_permissions import say

HOUR = timedelta(hours=1)
OPEN_ON = 'calendar: hours\nzone: UTC\nweekly: {{}}\ndays: {{{day}: ["{hours}"]}}\n'
SKIP = "[{callback: {queue: sales, closed: skip}}, {message: {template: finish-link}}]"
WAIT = "[{callback: {queue: sales}}, {message: {template: finish-link}}]"
RECORDED = "[{call: {queue: sales}}, {message: {template: finish-link}}]"


async def _hours(world: World, document: str) -> None:
    async with world.database.transaction() as session:
        session.add(CalendarRow(name="hours", document=document, changed_at=world.clock.instant))
        await session.flush()
        await session.exec(update(QueueRow).values(calendar="hours"))


async def _closed_till_tomorrow(world: World, _: UUID) -> None:
    await _hours(world, OPEN_ON.format(day=(world.clock.instant + 24 * HOUR).date(), hours="09:00-17:00"))


async def _closed_until_told(world: World, _: UUID) -> None:
    await _hours(world, OPEN_ON.format(day=world.clock.instant.date(), hours="00:00-24:00"))
    async with world.database.transaction() as session:
        session.add(ClosureRow(calendar="hours", starts_at=world.clock.instant, reason="fire", author="dana"))


async def _nobody_there(world: World, _: UUID) -> None:
    async with world.database.transaction() as session:
        await session.exec(update(AgentRow).values(presence=Presence.OFFLINE))


async def _switch(world: World, _: UUID) -> None:
    async with world.database.transaction() as session:
        everything = SwitchScope.EVERYTHING
        now = world.clock.instant
        await throw(session, scope=everything, target=None, reason="r", author="a", who="a", now=now, settings=world.settings)


async def _asleep(world: World, customer: UUID) -> None:
    async with world.database.transaction() as session:
        row = await session.get_one(CustomerRow, customer)
        row.attributes = {**row.attributes, "zone": "Asia/Tokyo"}  # nine in the evening there
        session.add(row)


async def _a_case(world: World, steps: str, gate: Callable[[World, UUID], Awaitable[None]] | None = None, **known: Any) -> UUID:
    await world.rule(steps=steps, expires="48h")
    await world.floor()
    customer = await world.customer(**known)
    if gate is not None:
        await gate(world, customer)
    await world.moment(customer, expires=48 * HOUR)
    return (await world.escalation(customer)).id


async def _written(world: World, case: UUID) -> list[str | None]:
    return [message.template for message in await world.messages(case)]


@pytest.mark.parametrize("gate", [_closed_till_tomorrow, _closed_until_told])
async def test_a_step_that_says_skip_is_passed_over_for_a_message_while_its_queue_is_closed(
    world: World, gate: Callable[[World, UUID], Awaitable[None]]
) -> None:
    case = await _a_case(world, SKIP, gate)

    told = await world.run(case)

    assert told == Closed(Outcome.UNREACHABLE)
    assert await _written(world, case) == ["finish-link"]
    assert world.carrier.placed == []


@pytest.mark.parametrize("gate", [_closed_till_tomorrow, _closed_until_told])
async def test_a_step_that_says_nothing_waits_for_its_queue(
    world: World, gate: Callable[[World, UUID], Awaitable[None]]
) -> None:
    case = await _a_case(world, WAIT, gate)

    await world.run(case)

    row = await world.reread(case)
    assert (row.state, row.step, row.reasons) == (State.WAITING, 0, ["business_hours"])
    assert await _written(world, case) == []


@pytest.mark.parametrize(
    ("gate", "reason"), [(_nobody_there, "staffing"), (_switch, "kill_switch"), (_asleep, "calling_hours")]
)
async def test_what_is_not_the_queues_hours_holds_a_step_though_it_says_skip(
    world: World, gate: Callable[[World, UUID], Awaitable[None]], reason: str
) -> None:
    case = await _a_case(world, SKIP, gate)

    await world.run(case)

    row = await world.reread(case)
    assert (row.state, row.step, row.reasons) == (State.WAITING, 0, [reason])
    assert await _written(world, case) == []


async def test_a_call_that_calling_hours_hold_is_made_when_they_come(world: World) -> None:
    case = await _a_case(world, WAIT, _asleep)
    await world.run(case)

    until = (await world.reread(case)).wait_until
    assert until is not None
    await world.pass_time(until - world.clock.instant)
    await world.run(case)

    assert (await world.reread(case)).state is State.QUEUED


@pytest.mark.parametrize("topic", [None, "angry"])
async def test_who_refused_calls_on_record_gets_the_plans_message_instead(world: World, topic: str | None) -> None:
    async def refuse(world: World, customer: UUID) -> None:
        await say(world.database, customer, medium=Medium.VOICE_PERSON, topic=topic, given=False)

    case = await _a_case(world, WAIT, refuse)

    assert await world.run(case) == Closed(Outcome.UNREACHABLE)
    assert await _written(world, case) == ["finish-link"]
    assert world.carrier.placed == []


async def test_whose_consent_to_recorded_calls_ran_out_gets_the_plans_message_instead(world: World) -> None:
    async def agree(world: World, customer: UUID) -> None:
        await say(world.database, customer, medium=Medium.VOICE_RECORDED, expires_at=world.clock.instant + HOUR)
        await world.pass_time(HOUR)

    case = await _a_case(world, RECORDED, agree)

    assert await world.run(case) == Closed(Outcome.UNREACHABLE)
    assert await _written(world, case) == ["finish-link"]


async def test_who_refused_calls_while_an_agent_has_the_case_gets_the_message_and_is_not_dialed(world: World) -> None:
    case = await _a_case(world, WAIT)
    await world.run(case)
    hold = await world.accept(case)
    customer = (await world.reread(case)).customer_id

    await say(world.database, customer, medium=Medium.VOICE_PERSON, given=False)
    await world.ask_for_call(hold)
    await world.run(case)

    assert await _written(world, case) == ["finish-link"]
    assert world.carrier.placed == []


async def test_who_refused_messages_is_called_by_the_next_step(world: World) -> None:
    steps = "[{message: {template: finish-link}}, {callback: {queue: sales}}]"
    case = await _a_case(world, steps, consent={"sms": False})

    await world.run(case)

    row = await world.reread(case)
    assert (row.state, row.step) == (State.QUEUED, 1)
    assert world.carrier.sent == []


async def test_who_refused_the_topic_by_every_medium_hears_nothing(world: World) -> None:
    async def refuse(world: World, customer: UUID) -> None:
        await say(world.database, customer, purpose=Purpose.SERVICE, topic="angry", given=False)

    case = await _a_case(world, WAIT, refuse)

    assert await world.run(case) == Closed(Outcome.SUPPRESSED)
    assert (await _written(world, case), world.carrier.placed) == ([], [])
