"""Where no call is worth it, the plan goes on at its first message: once, where it may, and only while it is needed."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlmodel import col, select

from orchestrator.detection.splits import Plan
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.instructions import Closed, Send, Wait
from orchestrator.escalations.lifecycle import opt_out
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationEventRow, EscalationRow
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer, open_escalation
from orchestrator.telephony.tables import MessageState
from tests.integration import intake_world
from tests.integration.engine import Engine, an_engine, eventually
from tests.integration.escalation_world import World
from tests.integration.intake_world import ago, an_event
from tests.integration.test_escalation_process import lose_outbox
from tests.integration.test_escalation_races import awake_zone

STEPS = "[{callback: {queue: sales}}, {message: {template: finish-link}}]"
CHEAP = """
rule: cart
moment: cart
detect: {occurrence: {on: [{type: checkout.started}], key: event.data.cart}}
resolve: [{type: checkout.completed}]
worth: {value: event.data.total, chance: 0.25, call_cost: 18}
steps: [{callback: {queue: sales}}, {message: {template: finish-link}}]
expires: 24h
"""
NOT_WORTH: dict[str, Any] = {"verdict": "suppressed:worth", "status": MomentStatus.MESSAGE_DUE}


@pytest_asyncio.fixture
async def engine(database_url: str, temporal_address: str) -> AsyncIterator[Engine]:
    async with an_engine(database_url, temporal_address) as engine:
        yield engine


async def a_case_not_worth_it(world: World, *, more: str = "", **customer: object) -> tuple[MomentRow, EscalationRow]:
    await world.rule(steps=STEPS, more=more)
    await world.floor()
    moment = await world.moment(await world.customer(**customer), **NOT_WORTH)
    assert moment.escalation_id is not None
    return moment, await world.reread(moment.escalation_id)


async def status_of(world: World, moment: MomentRow) -> MomentStatus:
    async with world.database.transaction() as session:
        return (await session.get_one(MomentRow, moment.id)).status


async def why_not_sent(world: World, case_id: UUID) -> list[str]:
    async with world.database.transaction() as session:
        query = select(EscalationEventRow.detail).where(
            EscalationEventRow.escalation_id == case_id, EscalationEventRow.what == "message_not_sent"
        )
        found: list[str] = (await session.exec(query)).one()["reasons"]
        return found


async def test_the_message_goes_once_and_nobody_is_called(world: World) -> None:
    moment, case = await a_case_not_worth_it(world)

    told = await world.run(case.id)

    assert told == Closed(Outcome.SUPPRESSED)
    (message,) = await world.messages(case.id)
    assert (message.template, message.state, len(world.carrier.sent)) == ("finish-link", MessageState.SENT, 1)
    assert (await world.tasks(case.id), world.carrier.placed) == ([], [])
    after = await world.reread(case.id)
    assert (after.state, after.outcome, after.reasons) == (State.CLOSED, Outcome.SUPPRESSED, ["worth"])
    assert await status_of(world, moment) is MomentStatus.ENDED
    assert await world.run(case.id) == Closed(Outcome.SUPPRESSED)
    assert len(world.carrier.sent) == 1


async def test_while_it_is_due_nothing_joins_it_and_it_blocks_nobody(world: World) -> None:
    moment, case = await a_case_not_worth_it(world)
    async with world.database.transaction() as session:
        assert await open_escalation(session, moment.customer_id) is None

    other = await world.moment(moment.customer_id)

    assert other.escalation_id != case.id
    assert (await world.escalation(moment.customer_id)).state is State.OPEN


async def test_the_message_is_that_of_the_customers_plan(world: World) -> None:
    await world.rule(steps=STEPS, more="split: {share: 50%, steps: [{message: {template: renewal}}]}\n")
    await world.floor()
    moment = await world.moment(await world.customer(), plan=Plan.B, **NOT_WORTH)
    assert moment.escalation_id is not None

    await world.run(moment.escalation_id)

    assert [each.template for each in await world.messages(moment.escalation_id)] == ["renewal"]


@pytest.mark.parametrize(
    ("customer", "reason"),
    [
        ({"consent": {"sms": False}}, "consent"),
        ({"consent": {"service": False}}, "consent"),
        ({"do_not_call": True}, "do_not_call"),
        ({"phone": None}, "phone_missing"),
    ],
)
async def test_it_is_not_sent_to_who_may_not_be_written_to(world: World, customer: dict[str, Any], reason: str) -> None:
    moment, case = await a_case_not_worth_it(world, **customer)

    told = await world.run(case.id)

    assert (told, world.carrier.sent) == (Closed(Outcome.SUPPRESSED), [])
    assert await why_not_sent(world, case.id) == [reason]
    assert await status_of(world, moment) is MomentStatus.ENDED


async def test_it_waits_for_an_hour_at_which_the_customer_may_be_contacted(world: World) -> None:
    _, case = await a_case_not_worth_it(world, zone="Pacific/Auckland")  # past midnight there

    told = await world.run(case.id)
    assert isinstance(told, Wait)
    assert told.until is not None
    assert world.carrier.sent == []
    await world.pass_time(told.until - world.clock.instant)
    await world.run(case.id)

    assert len(world.carrier.sent) == 1


async def test_it_expires_where_no_such_hour_comes_in_time(world: World) -> None:
    await world.rule(steps=STEPS)
    customer = await world.customer(zone="Pacific/Auckland")
    moment = await world.moment(customer, expires=timedelta(hours=1), **NOT_WORTH)
    assert moment.escalation_id is not None

    told = await world.run(moment.escalation_id)

    assert (told, world.carrier.sent) == (Closed(Outcome.SUPPRESSED), [])
    assert await status_of(world, moment) is MomentStatus.EXPIRED


async def test_a_late_moments_grace_holds_for_its_message_too(world: World) -> None:
    await world.rule(steps=STEPS)
    until = world.clock.instant + timedelta(minutes=1)
    moment = await world.moment(await world.customer(), not_before=until, **NOT_WORTH)
    assert moment.escalation_id is not None

    told = await world.run(moment.escalation_id)

    assert told == Wait(until)


@pytest.mark.parametrize("status", [MomentStatus.RESOLVED, MomentStatus.WITHDRAWN, MomentStatus.ENDED])
async def test_resolved_before_it_goes_it_is_not_sent(world: World, status: MomentStatus) -> None:
    moment, case = await a_case_not_worth_it(world)
    assert isinstance(await world.advance(case.id), Send)  # written, and not submitted yet

    await world.resolve(moment, status=status)
    for message in await world.messages(case.id):
        await world.posting.send(message.id)
    told = await world.run(case.id)

    assert (told, world.carrier.sent) == (Closed(Outcome.SUPPRESSED), [])
    assert [each.state for each in await world.messages(case.id)] == [MessageState.CANCELED]
    assert await status_of(world, moment) is status


async def test_who_opts_out_before_it_goes_hears_nothing(world: World) -> None:
    moment, case = await a_case_not_worth_it(world)
    await world.advance(case.id)

    async with world.database.transaction() as session:
        customer = await lock_customer(session, moment.customer_id)
        await opt_out(session, customer, now=world.clock.instant)
    for message in await world.messages(case.id):
        await world.posting.send(message.id)

    assert (await world.run(case.id), world.carrier.sent) == (Closed(Outcome.SUPPRESSED), [])


@pytest.mark.parametrize("over", [False, True])
async def test_a_case_that_opened_since_is_reason_enough_to_write_nothing(world: World, over: bool) -> None:
    moment, case = await a_case_not_worth_it(world)
    opened = await world.moment(moment.customer_id)
    if over:
        await world.resolve(opened)

    await world.run(case.id)

    assert world.carrier.sent == []
    assert await why_not_sent(world, case.id) == ["case_open"]


async def test_a_rule_that_reached_the_customer_lately_sends_nothing_within_its_cool_down(world: World) -> None:
    moment, case = await a_case_not_worth_it(world, more="cooldown: 2d\n")
    await world.run(case.id)

    again = await world.moment(moment.customer_id, **NOT_WORTH)
    assert again.escalation_id is not None
    await world.run(again.escalation_id)
    await world.pass_time(timedelta(days=2))
    after = await world.moment(moment.customer_id, **NOT_WORTH)
    assert after.escalation_id is not None
    await world.run(after.escalation_id)

    assert [len(await world.messages(each)) for each in (case.id, again.escalation_id, after.escalation_id)] == [1, 0, 1]
    assert await why_not_sent(world, again.escalation_id) == ["cooldown"]


async def test_caps_count_it_and_hold_it(world: World) -> None:
    moment, case = await a_case_not_worth_it(world)
    await world.run(case.id)
    cases = []
    for _ in range(6):
        each = await world.moment(moment.customer_id, **NOT_WORTH)
        assert each.escalation_id is not None
        cases.append(await world.run(each.escalation_id))

    assert len(world.carrier.sent) == 6  # the cap on contacts in 24 hours
    assert isinstance(cases[-1], (Wait, Closed))


async def test_intake_owes_the_message_and_its_resolve_takes_it_back(database: Database) -> None:
    world = intake_world.World.on(database)
    await world.publish(CHEAP)
    await world.send(an_event("checkout.started", cart="a", total=60), an_event("checkout.started", cart="b", total=40))

    await world.send(an_event("checkout.completed", subject="ann", cart="a"))

    async with database.transaction() as session:
        rows = {row.key: row for row in (await session.exec(select(MomentRow))).all()}
        cases = (await session.exec(select(EscalationRow).order_by(col(EscalationRow.opened_at)))).all()
    assert {key: (row.verdict, row.status) for key, row in rows.items()} == {
        "a": ("suppressed:worth", MomentStatus.RESOLVED),
        "b": ("suppressed:worth", MomentStatus.MESSAGE_DUE),
    }
    assert [(case.state, case.outcome) for case in cases] == [(State.CLOSED, Outcome.SUPPRESSED)] * 2


@pytest.mark.parametrize("together", [True, False])
async def test_an_escalation_that_opens_takes_back_what_is_due(database: Database, together: bool) -> None:
    world = intake_world.World.on(database)
    await world.publish(CHEAP)
    cheap = an_event("checkout.started", at=ago(seconds=9), cart="60", total=60)
    dear = an_event("checkout.started", at=ago(seconds=8), cart="300", total=300)

    for events in [(cheap, dear)] if together else [(cheap,), (dear,)]:
        await world.send(*events)

    async with database.transaction() as session:
        rows = {row.key: (row.verdict, row.status) for row in (await session.exec(select(MomentRow))).all()}
    assert rows == {"60": ("suppressed:worth", MomentStatus.ENDED), "300": ("escalate", MomentStatus.LIVE)}


async def test_a_rule_without_a_message_step_owes_none(database: Database) -> None:
    world = intake_world.World.on(database)
    await world.publish(CHEAP.replace(", {message: {template: finish-link}}", ""))

    await world.send(an_event("checkout.started", cart="a", total=60))

    async with database.transaction() as session:
        (row,) = (await session.exec(select(MomentRow))).all()
    assert (row.verdict, row.status) == ("suppressed:worth", MomentStatus.ENDED)


async def a_due_message(engine: Engine, zone: str) -> tuple[MomentRow, UUID]:
    await engine.rule(steps=STEPS)
    moment = await engine.moment(await engine.customer(zone=zone), **NOT_WORTH)
    assert moment.escalation_id is not None
    return moment, moment.escalation_id


async def test_its_process_sends_it_also_when_the_start_was_lost(engine: Engine) -> None:
    moment, case_id = await a_due_message(engine, awake_zone())
    await lose_outbox(engine)  # the sweep finds it

    async with engine.working():
        await eventually(lambda: status_of(engine, moment), lambda status: status is MomentStatus.ENDED)

    assert [each.state for each in await engine.messages(case_id)] == [MessageState.SENT]
    assert len(engine.carrier.sent) == 1


async def test_a_worker_that_dies_after_writing_it_leaves_one_message_to_the_next(engine: Engine) -> None:
    moment, case_id = await a_due_message(engine, awake_zone())
    assert isinstance(await engine.advance(case_id), Send)  # all that the first worker came to

    for _ in range(2):
        async with engine.working():
            await eventually(lambda: status_of(engine, moment), lambda status: status is MomentStatus.ENDED)

    assert (len(await engine.messages(case_id)), len(engine.carrier.sent)) == (1, 1)


async def test_its_process_that_waits_ends_when_it_is_resolved(engine: Engine) -> None:
    moment, case_id = await a_due_message(engine, _asleep())

    async with engine.working():
        await eventually(lambda: engine.decisions(case_id))
        await engine.resolve(moment)
        handle = engine.client.get_workflow_handle(f"escalation-{case_id}", result_type=str)
        result = await handle.result()

    assert (result, engine.carrier.sent) == ("suppressed", [])


def _asleep() -> str:
    """A zone in which it is the middle of the night now."""
    hour = datetime.now().astimezone().utctimetuple().tm_hour
    offset = (3 - hour) % 24
    return f"Etc/GMT{-(offset if offset <= 12 else offset - 24):+d}"
