"""The promises that broke, one by one: why, how late the call came, or that it never did; on the page and as a file."""

import csv
import io
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.insights.broken_promises import broken_promises
from orchestrator.insights.promise_results import by_rule, promise_results
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue
from tests.integration.planted import MINUTE, NOON, Story, a_story

DAY = timedelta(days=1)
SINCE, UNTIL = NOON - DAY, NOON + DAY
PROMISED = NOON + 4 * MINUTE  # what a story's customer was told
DAYS = "since=2026-06-01&until=2026-06-30"


async def a_broken_one(session: AsyncSession, number: int, cause: str | None, **changes: Any) -> Story:
    """Nobody ever spoke with the customer, and the case is over, unless `changes` of a row say otherwise."""
    story = await a_story(session, number=number)
    story.promise.state, story.promise.cause = PromiseState.BROKEN, cause
    story.escalation.outcome = Outcome.UNREACHABLE
    story.customer.attributes = {**story.customer.attributes, "name": f"Customer {number}"}
    for row, fields in changes.items():
        for name, value in fields.items():
            setattr(getattr(story, row), name, value)
    session.add_all([story.promise, story.escalation, story.customer, story.attempt])
    await session.flush()
    return story


async def some_broken_ones(session: AsyncSession) -> None:
    await a_queue(session)
    await a_story(session)  # kept
    await a_broken_one(session, 2, "late", attempt={"joined_at": PROMISED + 7 * MINUTE})
    await a_broken_one(session, 3, "staffing", attempt={"joined_at": PROMISED - 2 * MINUTE})  # of an earlier promise
    by_phone = {"ended_at": PROMISED + 20 * MINUTE}
    await a_broken_one(session, 4, "solved", promise=by_phone, escalation={"outcome": Outcome.SOLVED})
    await a_broken_one(session, 5, None, escalation={"outcome": None, "state": State.WAITING})


async def test_a_broken_promise_tells_how_late_its_call_came_or_that_none_did(database: Database) -> None:
    async with database.transaction() as session:
        await some_broken_ones(session)

        found = await broken_promises(session, since=SINCE, until=UNTIL)

    told = {each.subject: (each.cause, each.due_at, each.late_by, each.is_open) for each in found}
    assert told == {
        "customer-2": ("late", PROMISED, 7 * MINUTE, False),
        "customer-3": ("staffing", PROMISED, None, False),
        "customer-4": ("solved", PROMISED, 20 * MINUTE, False),
        "customer-5": (None, PROMISED, None, True),
    }


async def test_the_list_holds_what_the_table_of_promises_counts_the_latest_first(database: Database) -> None:
    async with database.transaction() as session:
        await some_broken_ones(session)
        old = NOON - 3 * DAY
        await a_broken_one(session, 6, "late", promise={"written_at": old, "due_at": old})
        await a_broken_one(session, 7, "late", promise={"written_at": NOON + MINUTE})

        listed = await broken_promises(session, since=SINCE, until=UNTIL)
        latest = await broken_promises(session, since=SINCE, until=UNTIL, limit=1)
        [counted] = by_rule(await promise_results(session, since=SINCE, until=UNTIL))

    assert len(listed) == counted.by_state[PromiseState.BROKEN] == 5
    assert [each.subject for each in latest] == [listed[0].subject] == ["customer-7"]


def broken_part(page: str) -> str:
    return page.partition('id="broken-heading"')[2].partition("</section>")[0]


async def test_the_page_lists_broken_promises_with_their_customers(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await some_broken_ones(session)
        story = await a_broken_one(session, 6, "staffing")

    async with a_browser(database_url, database) as supervisor:
        shown = broken_part((await supervisor.open(f"/console/results?{DAYS}")).text)
        file = (await supervisor.open(f"/console/results/broken.csv?{DAYS}")).text
        none = (await supervisor.open("/console/results")).text

    row = shown.partition(f'href="/console/customers/{story.customer.id}"')[2].partition("</tr>")[0]
    assert all(text in row for text in ("Customer 6", "angry-customer", "12:04", "No agent on duty", "Never"))
    assert all(text in shown for text in ("7 min late", "20 min late", "Still waiting", "No cause is known"))
    head, *rows = csv.reader(io.StringIO(file.removeprefix("\ufeff")))
    late = [dict(zip(head, each, strict=True)) for each in rows if each[1] == "customer-2"]
    assert [(each["cause"], each["due_at"], each["late_by_seconds"]) for each in late] == [
        ("late", "2026-06-09T12:04:00+00:00", "420.0")
    ]
    assert (len(rows), "+1415" in file, "No promises in these days" in none) == (5, False, True)


async def test_a_long_list_shows_its_latest_and_says_so(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        for number in range(10, 62):
            await a_broken_one(session, number, "late", promise={"written_at": NOON + number * MINUTE})

    async with a_browser(database_url, database) as supervisor:
        shown = broken_part((await supervisor.open(f"/console/results?{DAYS}")).text)
        file = (await supervisor.open(f"/console/results/broken.csv?{DAYS}")).text

    assert "These are the latest 50 of 52; the file holds all." in shown
    assert ("Customer 61<" in shown, "Customer 11<" in shown, '"customer-11",' in file) == (True, False, True)
