"""How long a promised call would wait is counted by the agents who could take it."""

from datetime import UTC, datetime, timedelta

from orchestrator.queueing.promising import Promising, forecast_wait
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, an_agent, an_escalation, some_settings

SIX = timedelta(minutes=6)


async def test_agents_without_the_queues_skills_keep_no_promise(database: Database, database_url: str) -> None:
    settings, now = some_settings(database_url), datetime.now(UTC)
    async with database.transaction() as session:
        await a_queue(session, "sales", skills=["loans"])
        await an_agent(session, "dana", skills=["loans"])
        for name in ("eli", "noa", "tal"):
            await an_agent(session, name)
        case = await an_escalation(session)
        for _ in range(4):
            await a_task(session)
        asked = Promising(timedelta(minutes=30), case.id, case.opened_at, case.priority)

        by_one = await forecast_wait(session, "sales", asked, language="en", now=now, settings=settings)
        by_nobody = await forecast_wait(session, "sales", asked, language="fr", now=now, settings=settings)

    assert by_one == (4 * SIX, 4)  # four before it, and dana alone can take them
    assert by_nobody[0] is None
