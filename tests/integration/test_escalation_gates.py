"""Escalations that gates hold back, end or let pass, and the decisions that are kept of it."""

from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from orchestrator.availability.hours_book import default_book
from orchestrator.availability.places import Region
from orchestrator.availability.tables import CalendarRow
from orchestrator.escalations.instructions import Closed, Wait
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import DecisionRow
from orchestrator.queueing.roster import ensure_queue
from orchestrator.queueing.tables import QueueRow
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow, Topic
from tests.integration.escalation_world import HandClock, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


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
