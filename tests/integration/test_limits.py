"""Caps as they hold: saved by a supervisor or demanded by the law, counted from what really went out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlmodel import col, select

from orchestrator.escalations.instructions import Wait
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.tables import EventRow
from orchestrator.queueing.limits import InForce, LimitsChanged, limits_in_force, save_limits
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow
from orchestrator.telephony.tables import MessageRow, MessageState
from tests.integration.escalation_world import NOON, HandClock, World
from tests.integration.planted import an_attempt

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARKETING = "marketing"
AGREED = {"consent": {"marketing": True}}


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    clock = HandClock()
    database = Database(database_url, pool_size=5, clock=clock)
    world = World(database, clock)
    await world.rule(purpose=MARKETING)
    await world.floor()
    yield world
    await database.close()


async def saved(world: World, document: str, *, seen: str = "*") -> InForce:
    return await world.database.run(
        lambda session: save_limits(
            session, document.encode(), seen=seen, who="test", now=world.clock.instant, settings=world.settings
        )
    )


async def a_case(world: World, rule: str = "angry", **attributes: object) -> EscalationRow:
    customer = await world.customer(**{**AGREED, **attributes})
    await world.moment(customer, rule, purpose=MARKETING)
    return await world.escalation(customer)


async def dialed(world: World, case: EscalationRow, *ago: timedelta, number: str = "+12025550111") -> None:
    async with world.database.transaction() as session:
        for each in ago:
            row = an_attempt(case, 1, task_id=None, prepared_at=NOON - each)
            row.rule, row.to_number, row.submitted_at = case.rule, number, NOON - each
            session.add(row)


async def waits(world: World, case: EscalationRow) -> tuple[datetime, list[str]] | None:
    """Let the case be looked at; tell until when it waits and what the gate said, None where nothing holds it."""
    told = await world.run(case.id, repeat=False)
    row = await world.reread(case.id)
    if row.wait_until is None:
        return None
    assert isinstance(told, Wait)
    verdicts = (await world.decisions(case.id))[-1].verdicts
    assert row.reasons == ["frequency"]
    return row.wait_until, [each["why"] for each in verdicts if each["gate"] == "frequency"]


async def test_three_calls_about_one_subject_are_a_days_most_in_florida(world: World) -> None:
    case = await a_case(world, country="US", state="FL")
    await dialed(world, case, 23 * HOUR, 5 * HOUR, HOUR)

    assert await waits(world, case) == (NOON + HOUR, ["cap_reached_law"])


async def test_elsewhere_three_calls_a_day_are_below_the_caps(world: World) -> None:
    case = await a_case(world, country="US", state="NY")
    await dialed(world, case, 23 * HOUR, 5 * HOUR, HOUR)

    assert await waits(world, case) is None


async def test_calls_about_something_else_do_not_count_toward_a_cap_on_the_subject(world: World) -> None:
    await world.rule("renewal", purpose=MARKETING)
    customer = await world.customer(**AGREED, country="US", state="FL")
    first = await world.moment(customer, "renewal", purpose=MARKETING)
    await dialed(world, await world.escalation(customer), 23 * HOUR, 5 * HOUR, HOUR)
    await world.resolve(first)
    await world.moment(customer, purpose=MARKETING)

    assert await waits(world, await world.escalation(customer)) is None


async def test_a_saved_cap_is_in_force_at_once_and_goes_before_the_setting(world: World) -> None:
    case = await a_case(world)
    await dialed(world, case, 23 * HOUR)
    assert await waits(world, case) is None

    await saved(world, "caps: [{limit: 1, within: 24h}]")
    other = await a_case(world)
    await dialed(world, other, 23 * HOUR)

    assert await waits(world, other) == (NOON + HOUR, ["cap_reached"])


async def test_a_cap_per_number_counts_whoever_was_called_there_and_one_per_customer_does_not(world: World) -> None:
    number = "+972527654321"
    await saved(world, "caps: [{limit: 1, within: 24h, per: customer}]")
    await dialed(world, await a_case(world), 22 * HOUR, number=number)
    relative = await a_case(world)
    assert await waits(world, relative) is None

    await saved(world, "caps: [{limit: 1, within: 24h, per: number}]")
    other = await a_case(world)

    told = await waits(world, other)
    assert told is not None
    assert told[1] == ["cap_reached"]


async def test_a_cap_on_one_medium_does_not_count_another(world: World) -> None:
    case = await a_case(world)
    await saved(world, "caps: [{limit: 1, within: 24h, media: [voice_person]}]")
    async with world.database.transaction() as session:
        session.add(a_message(case, NOON - HOUR))
    assert await waits(world, case) is None

    await saved(world, "caps: [{limit: 1, within: 24h, media: [voice_person, sms]}]")
    other = await a_case(world, phone="+972527654322")
    async with world.database.transaction() as session:
        session.add(a_message(other, NOON - 23 * HOUR))

    assert await waits(world, other) == (NOON + HOUR, ["cap_reached_media"])


def a_message(case: EscalationRow, at: datetime) -> MessageRow:
    return MessageRow(
        token=uuid4().hex,
        escalation_id=case.id,
        customer_id=case.customer_id,
        rule=case.rule,
        template="later",
        language="en",
        to_number="+12025550111",
        from_number="+12025550100",
        body="-",
        state=MessageState.DELIVERED,
        prepared_at=at,
        submitted_at=at,
        ended_at=at,
    )


async def called_in(world: World, customer: UUID, *ago: timedelta) -> None:
    async with world.database.transaction() as session:
        for each in ago:
            session.add(
                EventRow(
                    source="rep",
                    id=uuid4().hex,
                    type="contact.inbound",
                    subject="s",
                    customer_id=customer,
                    time=NOON - each,
                    received_at=NOON - each,
                    data={},
                    digest=b"",
                )
            )


async def test_every_contact_of_the_customers_own_counts_toward_marketing(world: World) -> None:
    await saved(world, "caps: [{limit: 3, within: 7d}]")
    case = await a_case(world)
    await called_in(world, case.customer_id, 7 * DAY - HOUR, DAY)
    await dialed(world, case, 2 * DAY)

    assert await waits(world, case) == (NOON + HOUR, ["cap_reached"])


async def test_the_customers_own_contacts_do_not_count_toward_service(world: World) -> None:
    await world.rule("broken")
    await saved(world, "caps: [{limit: 1, within: 7d}]")
    customer = await world.customer()
    await called_in(world, customer, DAY)
    await world.moment(customer, "broken")

    assert await waits(world, await world.escalation(customer)) is None


async def test_a_saved_document_is_audited_and_wakes_what_waits(world: World) -> None:
    case = await a_case(world)
    async with world.database.transaction() as session:
        before = len((await session.exec(select(OutboxRow))).all())

    known = await saved(world, "caps: [{limit: 9, within: 24h}]", seen='"0"')

    async with world.database.transaction() as session:
        (change,) = (await session.exec(select(ChangeRow))).all()
        hints = (await session.exec(select(OutboxRow).order_by(col(OutboxRow.seq)))).all()[before:]
    assert known.tag == '"1"'
    assert (change.what, change.who) == ("limits.saved", "test")
    assert change.after == {"version": 1, "document": "caps: [{limit: 9, within: 24h}]"}
    assert [row.payload for row in hints] == [{"escalation_id": str(case.id)}]


async def test_of_two_who_change_what_they_saw_at_once_one_is_told_of_the_other(world: World) -> None:
    documents = [f"caps: [{{limit: {limit}, within: 24h}}]" for limit in range(1, 6)]

    ended = await asyncio.gather(*(saved(world, each, seen='"0"') for each in documents), return_exceptions=True)

    assert [type(each) for each in ended].count(InForce) == 1
    assert [type(each) for each in ended].count(LimitsChanged) == 4
    async with world.database.transaction() as session:
        assert (await limits_in_force(session, world.settings)).version == 1


@pytest.mark.parametrize("setting", ["6/24h", "999999/1d,1/30d"])
async def test_before_anything_is_saved_the_setting_holds(world: World, setting: str) -> None:
    async with world.database.transaction() as session:
        known = await limits_in_force(session, world.settings.changed(contact_caps=setting))

    assert known.version == 0
    assert [cap.limit for cap in known.document.caps] == [int(each.split("/")[0]) for each in setting.split(",")]
