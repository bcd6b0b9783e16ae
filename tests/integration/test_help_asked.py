"""Agents who ask for help stand at the top of the console, with who, since when, and the way to the case."""

from datetime import timedelta

from orchestrator.queueing.tables import TaskState
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue, a_task, an_agent


async def test_who_asks_for_help_stands_first_with_the_way_to_the_case(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "Dana")
        task = await a_task(session)
        task.agent_id, task.state = agent.id, TaskState.CONNECTED
        task.help_asked_at = await database.clock.now(session) - timedelta(minutes=3)
        session.add(task)

    async with a_browser(database_url, database) as browser:
        shown = (await browser.open("/console")).text

    banner = shown[shown.index(f'id="help-{task.id}"') : shown.index('class="figures"')]
    assert [
        each in banner for each in ("Dana", "Noa Levi", "3 minutes ago", f'href="/console/customers/{task.customer_id}"')
    ] == [True] * 4
    assert "Agents ask for help" not in shown  # said once


async def test_help_is_asked_for_no_longer_once_the_task_is_over(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "Dana")
        task = await a_task(session)
        task.agent_id, task.state = agent.id, TaskState.DONE
        task.help_asked_at = await database.clock.now(session)
        session.add(task)

    async with a_browser(database_url, database) as browser:
        assert "asks for help" not in (await browser.open("/console")).text
