"""Results day by day: each figure on the day it belongs to where the reader is, and the share who met nobody."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.day_results import Waited, all_waited, day_results
from orchestrator.queueing.tables import OfferEnding, OfferRow, Presence, PresenceSpellRow, TaskRow
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import Ending
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue, an_agent
from tests.integration.test_results import a_case

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
ZONE = "Asia/Jerusalem"
MIDNIGHT = datetime(2026, 6, 8, 21, tzinfo=UTC)  # there, the 9th begins
SINCE, UNTIL = MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1)


async def two_days(session: AsyncSession) -> None:
    """Around midnight: a minute before it one customer met nobody; after it two were spoken with and one did not answer."""
    await a_queue(session)
    agent = await an_agent(session, presence=Presence.OFFLINE)
    before, after = MIDNIGHT - MINUTE, MIDNIGHT + MINUTE
    lost = {"submitted_at": before, "joined_at": None, "ending": Ending.ABANDONED}
    story = await a_case(session, 1, attempt=lost)
    spoken = {"submitted_at": after, "joined_at": after + MINUTE}
    worked = {
        "agent_id": agent.id,
        "accepted_at": MIDNIGHT - 5 * MINUTE,
        "wrap_since": MIDNIGHT + 9 * MINUTE,
        "ended_at": MIDNIGHT + 10 * MINUTE,
    }
    await a_case(session, 2, attempt=spoken, task=worked)
    worked = {**worked, "accepted_at": MIDNIGHT + 11 * MINUTE, "wrap_since": None, "ended_at": MIDNIGHT + 16 * MINUTE}
    await a_case(session, 3, attempt=spoken, task=worked)
    await a_case(session, 4, attempt={"submitted_at": after, "joined_at": None, "ending": Ending.NO_ANSWER})
    there = PresenceSpellRow(agent_id=agent.id, presence=Presence.AVAILABLE, since=MIDNIGHT, until=MIDNIGHT)
    there.since, there.until = MIDNIGHT - 20 * MINUTE, MIDNIGHT + 30 * MINUTE
    session.add(there)
    for fence, (at, took, ending) in enumerate(
        ((before, 4, "accepted"), (before, 8, "accepted"), (before, 90, "timed_out"), (after, 10, "accepted"))
    ):
        ended = OfferEnding(ending)
        offer = OfferRow(task_id=story.task.id, agent_id=agent.id, queue="sales", fence=fence, offered_at=at, until=at)
        offer.ended_at, offer.ending = at + took * SECOND, ended
        session.add(offer)
    await session.flush()


async def test_each_figure_stands_on_its_day_where_the_reader_is(database: Database) -> None:
    async with database.transaction() as session:
        await two_days(session)

        first, second = await day_results(session, since=SINCE, until=UNTIL, zone=ZONE)

    assert (first.day, first.placed, first.waited) == (date(2026, 6, 8), 1, Waited(spoken=0, abandoned=1))
    assert (second.day, second.placed, second.waited) == (date(2026, 6, 9), 3, Waited(spoken=2, abandoned=0))
    assert (first.speed_of_answer, first.handling, first.wrap_up) == (6 * SECOND, None, None)
    assert (second.speed_of_answer, second.handling, second.wrap_up) == (10 * SECOND, 10 * MINUTE, MINUTE)


async def test_what_lasts_over_midnight_counts_for_both_days(database: Database) -> None:
    async with database.transaction() as session:
        await two_days(session)

        first, second = await day_results(session, since=SINCE, until=UNTIL, zone=ZONE)

    assert first.occupancy == pytest.approx(5 / 20)  # of the 20 minutes there before midnight, 5 with the task
    assert second.occupancy == pytest.approx((10 + 5) / 30)


async def test_a_call_that_waits_for_no_acceptance_counts_from_the_offer_on(database: Database) -> None:
    async with database.transaction() as session:
        await two_days(session)
        for task in (await session.exec(select(TaskRow).where(col(TaskRow.accepted_at).is_not(None)))).all():
            task.offered_at, task.accepted_at = task.accepted_at, None  # their customers were called first
            session.add(task)
        await session.flush()

        first, second = await day_results(session, since=SINCE, until=UNTIL, zone=ZONE)

    assert second.handling == 10 * MINUTE
    assert first.occupancy == pytest.approx(5 / 20)
    assert second.occupancy == pytest.approx((10 + 5) / 30)


async def test_every_day_has_its_row_also_the_one_with_an_hour_less(database: Database) -> None:
    since, until = datetime(2026, 3, 25, 22, tzinfo=UTC), datetime(2026, 3, 28, 21, tzinfo=UTC)  # clocks go forward
    async with database.transaction() as session:
        days = await day_results(session, since=since, until=until, zone=ZONE)

    assert [each.day.day for each in days] == [26, 27, 28]
    assert all(each.is_empty and each.occupancy is None for each in days)


async def test_the_share_who_met_nobody_is_of_those_who_were_there_to_speak(database: Database) -> None:
    async with database.transaction() as session:
        await two_days(session)

        waited = all_waited(await day_results(session, since=SINCE, until=UNTIL, zone=ZONE))

    assert (waited, waited.total) == (Waited(spoken=2, abandoned=1), 3)
    assert waited.share_abandoned == pytest.approx(1 / 3)
    assert Waited(0, 0).share_abandoned is None


async def test_the_page_tells_days_and_the_share_in_words(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await two_days(session)

    async with a_browser(database_url, database) as supervisor:
        shown = (await supervisor.open("/console/results?since=2026-06-07&until=2026-06-09")).text
        file = (await supervisor.open("/console/results/days.csv?since=2026-06-07&until=2026-06-09")).text
        none = (await supervisor.open("/console/results")).text

    assert "Of 3 customers who were there to speak, 1 met nobody: 33%." in shown
    head, *rows = csv.reader(io.StringIO(file.removeprefix("\ufeff")))
    days = [dict(zip(head, each, strict=True)) for each in rows]  # those of UTC, in which all of it is one day
    assert [(each["day"], each["calls"], each["spoken"], each["abandoned"]) for each in days] == [
        ("2026-06-07", "0", "0", "0"),
        ("2026-06-08", "4", "2", "1"),
        ("2026-06-09", "0", "0", "0"),
    ]
    assert (days[1]["handling_seconds"], days[1]["wrap_up_seconds"], days[1]["occupancy"]) == ("600.0", "60.0", "0.4")
    assert "Nothing was done in these days" in none


async def test_when_all_were_met_the_page_says_so(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1)
        await a_case(session, 2)

    async with a_browser(database_url, database) as supervisor:
        shown = (await supervisor.open("/console/results?since=2026-06-07&until=2026-06-09")).text

    assert "All 2 customers who were there to speak were met by a person." in shown
