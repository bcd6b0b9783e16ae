"""With `RINGBACK_HIDE_NUMBERS`, an agent reads no customer's number: not in the API, not on the desk."""

import re
from dataclasses import dataclass

from httpx import AsyncClient
from sqlmodel import select

from api.app import create_app
from orchestrator.identity.people import Role
from orchestrator.intake.tables import EventRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, bearer, some_settings
from tests.integration.people_floor import signed_in

NUMBER, WRITTEN = "+14155550123", "(415) 555-0123"


@dataclass(frozen=True, slots=True)
class Read:
    """What an agent reads of the task in hand, and what a supervisor does."""

    card: str
    desk: str
    supervisors: str


async def _read(database: Database, database_url: str, *, hide: bool) -> Read:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        task = await a_task(session)
        event = (await session.exec(select(EventRow))).one()
        event.data = {"text": f"Please ring me at {WRITTEN}", "total": 480}
        session.add(event)
        mine, supervisors = bearer(await a_token(session, agent=agent)), bearer(await a_token(session))
    app = create_app(some_settings(database_url).changed(hide_numbers=hide))
    async with app.router.lifespan_context(app), a_client(app) as client:
        await signed_in(client, database, role=Role.AGENT, agent_id=agent.id)
        assert (await client.post("/v1/agents/me/next", headers=mine)).json()["task"] is not None
        path = f"/v1/tasks/{task.id}"
        return Read(
            card=await _text(client, path, mine),
            desk=await _text(client, "/desk", {}),
            supervisors=await _text(client, path, supervisors),
        )


async def _text(client: AsyncClient, path: str, headers: dict[str, str]) -> str:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.text


async def test_numbers_are_hidden_from_agents_and_from_nobody_else(database: Database, database_url: str) -> None:
    read = await _read(database, database_url, hide=True)

    for text in (read.card, read.desk):
        assert "Noa Levi" in text
        assert "•••23" in text
        assert NUMBER not in text
        assert WRITTEN not in text
        assert re.findall(r"\b555\W?0123|5550123", text) == []
    assert NUMBER in read.supervisors
    assert WRITTEN in read.supervisors


async def test_without_the_setting_the_agent_reads_the_number(database: Database, database_url: str) -> None:
    read = await _read(database, database_url, hide=False)

    assert NUMBER in read.card
    assert WRITTEN in read.card
    assert "415" in read.desk
