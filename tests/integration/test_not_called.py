"""Why there was no call, person by person: the same reasons as in the funnel, on the page and in a file sent in pages."""

import csv
import io
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import Mode, MomentStatus
from orchestrator.escalations.states import Outcome, State
from orchestrator.insights.funnel import funnels
from orchestrator.insights.not_called import NotCalled, latest_not_called, not_called
from orchestrator.insights.placing import Stage
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue
from tests.integration.planted import MINUTE, NOON, Story, a_story
from tests.integration.test_results import a_case, without_task

DAYS = "since=2026-06-01&until=2026-06-30"
SINCE, UNTIL = NOON - timedelta(days=1), NOON + timedelta(days=1)
UNDIALED = {"joined_at": None, "submitted_at": None, "ending": None}


async def no_case(session: AsyncSession, number: int, verdict: str, **moment: Any) -> Story:
    story = await a_case(session, number, verdict=verdict, moment=moment)
    await without_task(session, story)
    story.moment.escalation_id = None
    session.add(story.moment)
    await session.flush()
    return story


async def some_moments(session: AsyncSession) -> None:
    """One that was solved, and eight that led to no call, of which one may yet."""
    await a_queue(session)
    await a_case(session, 1)
    await no_case(session, 2, "control")
    await no_case(session, 3, "suppressed:worth", found_at=NOON)
    await no_case(session, 4, "suppressed:worth", found_at=NOON)
    await no_case(session, 5, "escalate", status=MomentStatus.WITHDRAWN)
    expired = {"outcome": Outcome.EXPIRED, "reasons": ["calling_hours"]}
    await without_task(session, await a_case(session, 6, escalation=expired))
    await a_case(session, 7, escalation={"outcome": Outcome.RESOLVED_BY_CUSTOMER}, attempt=UNDIALED)
    waiting = {"outcome": None, "state": State.WAITING}
    await without_task(session, await a_case(session, 8, escalation=waiting))
    await no_case(session, 9, "control", mode=Mode.SHADOW)


async def every(database: Database, *, size: int = 100) -> list[NotCalled]:
    return [each async for page in not_called(database, since=SINCE, until=UNTIL, size=size) for each in page]


async def test_every_moment_without_a_call_is_listed_with_its_furthest_step_and_its_reason(database: Database) -> None:
    async with database.transaction() as session:
        await some_moments(session)

    found = await every(database)

    assert {each.subject: (each.stage, each.reason) for each in found} == {
        "customer-2": (Stage.SEEN, "control"),
        "customer-3": (Stage.SEEN, "worth"),
        "customer-4": (Stage.SEEN, "worth"),
        "customer-5": (Stage.SEEN, "withdrawn"),
        "customer-6": (Stage.ELIGIBLE, "calling_hours"),
        "customer-7": (Stage.QUEUED, "resolved_by_customer"),
    }


async def test_the_list_counts_as_the_funnel_does(database: Database) -> None:
    async with database.transaction() as session:
        await some_moments(session)
        counted = await funnels(session, since=SINCE, until=UNTIL)

    listed = Counter((each.rule, each.stage, each.reason) for each in await every(database))

    undialed = (Stage.SEEN, Stage.ELIGIBLE, Stage.QUEUED)
    losses = {(one.rule, loss.stage, loss.reason): loss.number for one in counted for loss in one.losses}
    assert listed == {key: number for key, number in losses.items() if key[1] in undialed and key[2] != "under_way"}
    assert (sum(listed.values()), sum(losses.values())) == (6, 7)


async def test_pages_miss_none_and_repeat_none_also_where_times_are_the_same(database: Database) -> None:
    async with database.transaction() as session:
        await some_moments(session)

    whole, *paged = [await every(database, size=size) for size in (100, 1, 2, 3)]

    assert all(each == whole for each in paged)
    assert [each.found_at for each in whole] == sorted((each.found_at for each in whole), reverse=True)
    assert await latest_not_called(database, since=SINCE, until=UNTIL, limit=2) == whole[:2]


async def test_only_what_was_found_in_the_period_is_listed(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await no_case(session, 1, "control", found_at=NOON)
        await no_case(session, 2, "control", found_at=NOON + MINUTE)
        await no_case(session, 3, "control", found_at=NOON - timedelta(microseconds=1))

    pages = [page async for page in not_called(database, since=NOON, until=NOON + MINUTE)]

    assert [each.subject for page in pages for each in page] == ["customer-1"]


async def test_the_page_says_who_was_not_called_and_why(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await some_moments(session)
        story = await no_case(session, 10, "suppressed:cooldown", at=NOON - 90 * MINUTE)
        story.customer.attributes = {**story.customer.attributes, "name": "=Noa"}
        session.add(story.customer)

    async with a_browser(database_url, database) as supervisor:
        shown = (await supervisor.open(f"/console/results?{DAYS}")).text
        file = await supervisor.open(f"/console/results/not-called.csv?{DAYS}")
        wrong = await supervisor.open("/console/results/not-called.csv?since=never&until=2026-06-30")
        none = (await supervisor.open("/console/results")).text

    row = shown.partition(f'href="/console/customers/{story.customer.id}"')[2].partition("</tr>")[0]
    assert all(text in row for text in ("=Noa", "angry-customer", "10:30", "Seen", "Called for this lately"))
    head, *rows = csv.reader(io.StringIO(file.text.removeprefix("\ufeff")))
    of_story = [dict(zip(head, each, strict=True)) for each in rows if each[0] == str(story.customer.id)]
    assert [(each["subject"], each["furthest_step"], each["reason"]) for each in of_story] == [
        ("customer-10", "seen", "cooldown")
    ]
    assert (len(rows), "+1415" in file.text, "Noa" in file.text) == (7, False, False)
    assert file.headers["content-disposition"] == 'attachment; filename="ringback-not-called-2026-06-01-2026-06-30.csv"'
    assert (wrong.status_code, "No moment went without a call in these days" in none) == (422, True)


async def test_a_long_list_shows_its_latest_and_how_many_there_are(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        for number in range(10, 62):
            await a_story(session, number=number, verdict="control", escalation_id=None)

    async with a_browser(database_url, database) as supervisor:
        shown = (await supervisor.open(f"/console/results?{DAYS}")).text

    assert "These are the latest 50 of 52 moments; the file holds all." in shown
