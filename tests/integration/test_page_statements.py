"""Pages of rows ask the database as often for a full floor as for one of each: no row costs a statement of its own."""

import pytest
from sqlalchemy import event

from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, a_task, an_agent
from tests.integration.planted import a_story

PAGES = (
    "/console",
    "/console/settings/agents",
    "/console/settings/queues",
    "/console/results?since=2026-06-01&until=2026-06-30",
    "/console/availability",
    "/console/availability/when",
    "/console/availability/staffing",
    "/console/availability/limits",
)


async def some_more(database: Database, *numbers: int) -> None:
    """For each number a queue with an agent and a waiting task, and a story that is over; the first brings its queue."""
    async with database.transaction() as session:
        if 1 in numbers:
            await a_queue(session)
        for number in numbers:
            queue = await a_queue(session, f"queue-{number}")
            await an_agent(session, f"agent-{number}", queues=[queue])
            await a_task(session, queue=queue, promised=True)
            await a_story(session, number=number)


async def statements_of(browser: Browser, path: str) -> int:
    sent: list[str] = []
    engine = browser.app.state.database.engine.sync_engine

    def note(connection: object, cursor: object, statement: str, *more: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert (await browser.open(path)).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(sent)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_sends_no_more_statements_for_more_rows(database_url: str, database: Database, path: str) -> None:
    await some_more(database, 1)
    async with a_browser(database_url, database) as browser:
        few = await statements_of(browser, path)

        await some_more(database, 2, 3, 4)

        assert await statements_of(browser, path) == few
