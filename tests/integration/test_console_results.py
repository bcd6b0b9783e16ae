"""Results and audit at the console: every figure with its meaning, every table as a file, for those it is for."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from api.pages.console.csv import cell
from api.pages.console.period import Period
from orchestrator.escalations.states import PromiseState
from orchestrator.identity.changes import note_change
from orchestrator.identity.people import Role
from orchestrator.queueing.tables import OfferEnding, OfferRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, an_agent
from tests.integration.planted import NOON, a_story

DAYS = "since=2026-06-01&until=2026-06-30"


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


async def some_results(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "=cmd.dana")
        story, other = await a_story(session), await a_story(session, number=2, verdict="control", rule="=2+2")
        story.attempt.submitted_at, story.attempt.joined_at = NOON, NOON + timedelta(seconds=30)
        other.promise.state, other.promise.cause = PromiseState.BROKEN, "staffing"
        session.add_all([story.attempt, other.promise])
        session.add(
            OfferRow(
                task_id=story.task.id,
                agent_id=agent.id,
                queue="sales",
                fence=1,
                offered_at=NOON,
                until=NOON,
                ended_at=NOON + timedelta(seconds=4),
                ending=OfferEnding.ACCEPTED,
            )
        )


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


async def test_results_are_told_in_figures_and_in_words(supervisor: Browser, database: Database) -> None:
    await some_results(database)

    shown = await supervisor.open(f"/console/results?{DAYS}")

    assert shown.status_code == 200
    wanted = (
        *(
            "Of 1 moment seen, 1 ended in a conversation and 1 was solved by it.",
            "angry-customer",
            "Kept",
            "No agent on duty: 1",
        ),
        *("The busiest hour began at 12:00: calls placed 1, spoken 1.", "=cmd.dana", "4 sec"),
    )
    assert [text for text in wanted if text not in shown.text] == []


async def some_verdicts(database: Database) -> None:
    said = (
        (1, True, "solved", None),
        (2, False, "declined", "done_already"),
        (3, True, "solved", "explained"),
        (4, None, "solved", None),
    )
    async with database.transaction() as session:
        await a_queue(session)
        for number, worth, disposition, sub in said:
            task = (await a_story(session, number=number)).task
            task.worth_calling, task.disposition, task.sub_disposition, task.ended_at = worth, disposition, sub, NOON
            session.add(task)


async def test_agents_verdicts_are_told_in_words_and_figures_with_the_count_they_stand_on(
    supervisor: Browser, database: Database
) -> None:
    await some_verdicts(database)

    shown = (await supervisor.open(f"/console/results?{DAYS}")).text

    wanted = (
        "Agents judged 3 calls and found 2 worth it: 67%.",
        "67% of 3",
        '<progress class="bar" max="3" value="2"',
        "The customer declined · Done already: 1",
    )
    assert [text for text in wanted if text not in shown] == []


async def test_where_nobody_judged_no_share_is_told(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = (await a_story(session)).task
        task.disposition, task.ended_at = "solved", NOON
        session.add(task)

    section = (
        (await supervisor.open(f"/console/results?{DAYS}")).text.partition('id="worth-heading"')[2].partition("</section>")[0]
    )

    assert "Agents have judged no call in these days." in section
    assert "%" not in section


async def test_agents_verdicts_come_as_a_file(supervisor: Browser, database: Database) -> None:
    await some_verdicts(database)

    found = rows((await supervisor.open(f"/console/results/worth.csv?{DAYS}")).text)

    assert found == [
        ["rule", "rule_title", "verdict", "disposition", "sub_disposition", "calls"],
        ["angry-customer", "angry-customer", "worth", "solved", "explained", "1"],
        ["angry-customer", "angry-customer", "worth", "solved", "", "1"],
        ["angry-customer", "angry-customer", "not_worth", "declined", "done_already", "1"],
        ["angry-customer", "angry-customer", "not_said", "solved", "", "1"],
    ]


async def test_days_without_results_say_so(supervisor: Browser) -> None:
    shown = await supervisor.open("/console/results")

    for text in (
        "No moments in these days",
        "No promises in these days",
        "No calls in these days",
        "No agent worked",
        "No call ended",
    ):
        assert text in shown.text


@pytest.mark.parametrize(
    ("days", "fix"),
    [
        ("since=yesterday&until=2026-06-30", "This is no day."),
        ("since=2026-06-30&until=2026-06-01", "The first day comes after the last."),
        ("since=2020-01-01&until=2026-06-01", "longer than a year"),
        ("since=0001-01-01&until=9999-12-31", "No results are kept of that time."),
    ],
)
async def test_days_that_do_not_fit_are_named_and_kept(supervisor: Browser, days: str, fix: str) -> None:
    shown = await supervisor.open(f"/console/results?{days}")

    assert (shown.status_code, fix in shown.text) == (422, True)
    assert f'value="{days.split("&")[0].partition("=")[2]}"' in shown.text
    assert (await supervisor.open(f"/console/results/funnel.csv?{days}")).status_code == 422


async def test_every_table_is_a_file_whose_cells_are_no_formulas(supervisor: Browser, database: Database) -> None:
    await some_results(database)

    files = {
        name: await supervisor.open(f"/console/results/{name}.csv?{DAYS}")
        for name in ("funnel", "promises", "attempts", "agents")
    }

    assert {each.status_code for each in files.values()} == {200}
    assert files["agents"].headers["content-type"] == "text/csv; charset=utf-8"
    assert "ringback-agents-2026-06-01-2026-06-30.csv" in files["agents"].headers["content-disposition"]
    assert ["angry-customer", "angry-customer", "broken", "staffing", "1"] in rows(files["promises"].text)
    assert rows(files["attempts"].text)[1] == ["12", "spoken", "1"]
    assert rows(files["agents"].text)[1][:4] == ["'=cmd.dana", "'=cmd.dana", "1", "1"]
    assert rows(files["funnel"].text)[1][0] == "'=2+2"
    assert (await supervisor.open("/console/results/passwords.csv")).status_code == 404


def test_plain_cells_stay_what_they_are() -> None:
    assert [cell(each) for each in ("a=b", "", -3, None, timedelta(seconds=1.26))] == ["a=b", "", -3, "", 1.3]


def test_a_day_begins_where_the_reader_is() -> None:
    now = datetime(2026, 3, 27, 12, tzinfo=UTC)

    days = Period.read("2026-03-27", "2026-03-27", zone="Asia/Jerusalem", now=now)
    week = Period.read("", "", zone="Asia/Jerusalem", now=now)

    assert (days.since, days.until) == (datetime(2026, 3, 26, 22, tzinfo=UTC), datetime(2026, 3, 27, 21, tzinfo=UTC))
    assert (week.first, week.last) == ("2026-03-21", "2026-03-27")


async def test_the_audit_shows_who_changed_what_from_what_to_what(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        for number in range(60):
            what = "task.move" if number % 2 else "switch.thrown"
            after = {"queue": f"queue-{number}", "agent": None, "list": [1]}
            await note_change(session, who="dana", what=what, subject=f"s-{number}", before=None, after=after, now=NOON)

    first = (await supervisor.open("/console/audit")).text
    older = first.partition('href="/console/audit?')[2].partition('"')[0].replace("&amp;", "&")
    second = (await supervisor.open(f"/console/audit?{older}")).text
    moves = (await supervisor.open("/console/audit?what=task&who=dana")).text
    one = (await supervisor.open(f"/console/audit?subject={quote('s-7')}")).text
    none = (await supervisor.open("/console/audit?who=nobody")).text

    assert ("queue-59<" in first, "queue-5<" in first) == (True, False)
    assert ("queue-59<" in second, "queue-5<" in second) == (False, True)
    assert ("task.move" in moves, "switch.thrown" in moves) == (True, False)
    assert ("queue-7<" in one, "queue-8<" in one) == (True, False)
    assert "No change fits" in none


@pytest.mark.parametrize("path", ["/console/results", "/console/results/agents.csv", "/console/audit"])
async def test_an_agent_is_refused_and_an_auditor_is_not(database_url: str, database: Database, path: str) -> None:
    async with a_browser(database_url, database, role=Role.AGENT) as agent:
        refused = await agent.open(path)
    async with a_browser(database_url, database, role=Role.AUDITOR) as auditor:
        shown = await auditor.open(path)

    assert (refused.status_code, shown.status_code) == (403, 200)
