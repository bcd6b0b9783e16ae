"""People read names: of persons at desks, and of rules in their own language; a file keeps the ids beside them."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.identity.people import Role
from orchestrator.identity.tables import PersonRow
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue, a_task, an_agent

TITLES = {"en": "Checkout left unfinished", "he": "הקנייה לא הושלמה"}


async def a_floor(database: Database) -> TaskRow:
    """Dana Cole, who signs in as `demo.dana`, has ended a task; another is kept for her; an agent without a person."""
    async with database.transaction() as session:
        await a_queue(session)
        dana, _ = await an_agent(session, "demo.dana"), await an_agent(session, "robot-7")
        session.add(PersonRow(login="dana", name="Dana Cole", role=Role.AGENT, agent_id=dana.id, created_at=datetime.now(UTC)))
        later = datetime.now(UTC) + timedelta(minutes=9)
        await a_task(session, preferred_agent=dana.id, preferred_until=later)
        task = await a_task(session)
        task.state, task.agent_id, task.ended_at = TaskState.DONE, dana.id, datetime.now(UTC)
        session.add(task)
    return task


@pytest.mark.parametrize("locale", ["en", "he"])
async def test_the_console_calls_people_and_rules_by_their_names(database_url: str, database: Database, locale: str) -> None:
    task = await a_floor(database)

    async with a_browser(database_url, database, locale=locale) as browser:
        pages = [
            await browser.open(path) for path in ("/console", "/console/results", f"/console/customers/{task.customer_id}")
        ]

    for shown in pages:
        assert f"<bdi>{TITLES[locale]}</bdi>" in shown.text
        assert "<bdi>Dana Cole</bdi>" in shown.text
        assert ("demo.dana" in shown.text, "incomplete-checkout" in shown.text) == (False, False)
    assert "<bdi>robot-7</bdi>" in pages[0].text


async def test_files_keep_the_ids_beside_the_names(database_url: str, database: Database) -> None:
    await a_floor(database)

    async with a_browser(database_url, database, locale="he") as browser:
        names = ("agents", "funnel", "not-called")
        texts = [(await browser.open(f"/console/results/{name}.csv")).text for name in names]

    agents, funnel, _ = [list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))) for text in texts]
    assert [(each["agent"], each["agent_name"]) for each in agents] == [("demo.dana", "Dana Cole")]
    assert {(each["rule"], each["rule_title"]) for each in funnel} == {("incomplete-checkout", TITLES["he"])}
    assert "rule,rule_title" in texts[2].replace('"', "")
