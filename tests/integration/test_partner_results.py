"""What partners promised and kept, and what their events caused, counted on a real database."""

import csv
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.partner_results import Blame, PartnerResult, partner_results
from orchestrator.intake.tables import ChannelRow, CustomerRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.planted import MINUTE, NOON, a_customer, a_moment, a_queue_with_hours, a_story, an_attempt, an_event

DAY = timedelta(days=1)
PERIOD = {"since": NOON - DAY, "until": NOON + DAY}
DAYS = "since=2026-06-08&until=2026-06-10"
WORTH = {"value": 100, "chance": 0.5, "call_cost": 4}


async def a_partner(
    session: AsyncSession, name: str, *, within: timedelta | None = 10 * MINUTE, kind: str = "partner"
) -> ChannelRow:
    share = 0.75 if within else None
    row = ChannelRow(name=name, kind=kind, key_hash=name, created_at=NOON, on_time_within=within, on_time_share=share)
    session.add(row)
    await session.flush()
    return row


async def an_arrival(
    session: AsyncSession, channel: ChannelRow, customer: CustomerRow, *, late: timedelta, at: datetime = NOON
) -> None:
    event = an_event(customer, "delivery.delayed", {}, at=at, received_at=at + late)
    event.channel_id = channel.id
    session.add(event)
    await session.flush()


async def results(database: Database) -> dict[str, PartnerResult]:
    async with database.transaction() as session:
        return {each.channel: each for each in await partner_results(session, **PERIOD)}


async def test_events_are_measured_by_how_late_they_came(database: Database) -> None:
    async with database.transaction() as session:
        courier, slow = await a_partner(session, "courier"), await a_partner(session, "slow")
        web, customer = await a_partner(session, "web", kind="web"), await a_customer(session, 1)
        for late in (0, 10, 10, 11):
            await an_arrival(session, courier, customer, late=late * MINUTE)
        for late in (1, 30, 90):
            await an_arrival(session, slow, customer, late=late * MINUTE)
        await an_arrival(session, courier, customer, late=5 * DAY, at=NOON - 2 * DAY)  # of other days
        await an_arrival(session, web, customer, late=DAY)

    found = await results(database)

    assert list(found) == ["courier", "slow"]
    kept, broken = found["courier"], found["slow"]
    assert (kept.events, kept.on_time, kept.middle, kept.latest, kept.is_kept) == (4, 3, 10 * MINUTE, 11 * MINUTE, True)
    assert (broken.events, broken.share, broken.latest, broken.is_kept) == (3, 1 / 3, 90 * MINUTE, False)


async def test_a_partner_without_a_level_or_without_events_is_not_judged(database: Database) -> None:
    async with database.transaction() as session:
        free, _ = await a_partner(session, "free", within=None), await a_partner(session, "idle")
        await an_arrival(session, free, await a_customer(session, 1), late=DAY)

    found = await results(database)

    assert [(each.events, each.on_time, each.is_kept) for each in found.values()] == [(1, None, None), (0, None, None)]


async def test_what_a_partners_events_caused_is_told_by_rule_with_what_its_calls_cost(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue_with_hours(session)
        courier = await a_partner(session, "courier")
        first, story, _ = [await a_story(session, number=number, worth=WORTH) for number in (1, 2, 3)]
        for each in (first, story):  # the third's event is somebody else's
            each.event.channel_id = courier.id
            session.add(each.event)
        second = a_moment(story.escalation, story.event, found_at=NOON, rule="late-parcel", escalation_id=None)
        other = an_event(story.customer, "delivery.failed", {}, at=NOON)
        other.channel_id = courier.id
        second.evidence = [f"{story.event.source} {story.event.id}", f"{other.source} {other.id}"]
        again = an_attempt(first.escalation, 1, task_id=None, prepared_at=NOON + MINUTE)
        session.add_all([second, other, again])

    found = (await results(database))["courier"]

    assert list(found.blames) == [Blame("angry-customer", 2, 2, 3, 12.0), Blame("late-parcel", 1, 0, 0, None)]
    assert (found.moments, found.cases, found.calls, found.cost) == (3, 2, 3, 12.0)


async def test_the_results_and_their_file_name_the_partner(database: Database, database_url: str) -> None:
    async with database.transaction() as session:
        await a_queue_with_hours(session)
        story, courier = await a_story(session, worth=WORTH), await a_partner(session, "courier")
        story.event.channel_id = courier.id
        session.add(story.event)
        await an_arrival(session, courier, story.customer, late=90 * MINUTE)
        await an_arrival(session, courier, story.customer, late=90 * MINUTE)

    async with a_browser(database_url, database) as browser:
        page = (await browser.open(f"/console/results?{DAYS}")).text
        file = (await browser.open(f"/console/results/partners.csv?{DAYS}")).text

    assert ">Not kept</span>" in page
    assert "75% within 10 min" in page
    (figures,) = csv.DictReader(file.lstrip("\ufeff").splitlines())
    assert [figures[name] for name in ("partner", "events", "on_time", "calls")] == ["courier", "3", "1", "1"]
    assert (figures["rule"], float(figures["cost_of_calls"])) == ("angry-customer", 4.0)
