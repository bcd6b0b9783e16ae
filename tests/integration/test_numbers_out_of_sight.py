"""With `RINGBACK_HIDE_NUMBERS`, whatever an agent is sent on the way through a task, no digits of the number are in it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.embedded.probing import until
from orchestrator.identity.people import Role
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.queueing.tables import AgentRow, TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, a_token, an_agent, bearer
from tests.integration.people_floor import signed_in
from tests.integration.served import PATIENCE, served

NUMBER, WRITTEN, DIGITS = "+12125550147", "(212) 555-0147", "2125550147"
_RUN = 5  # digits in a row by which somebody could go on guessing
# What is random or a time says nothing of a number, and could show its digits by chance.
_OURS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b(?=\d*[a-f])[0-9a-f]{8,}\b|\d{4}-\d\d-\d\dT[\d:.]+")
_BETWEEN = re.compile(r"(?<=\d)[\s().\-/+\u00a0\u2010-\u2015]+(?=\d)")


def digits_given_away(text: str) -> list[str]:
    """Return the runs of the number's digits in a text, however they are written."""
    joined = _BETWEEN.sub("", _OURS.sub("_", text))
    runs = (DIGITS[start : start + _RUN] for start in range(len(DIGITS) - _RUN + 1))
    return [run for run in runs if run in joined]


def test_the_digits_are_found_however_they_are_written() -> None:
    assert all(len(digits_given_away(text)) == 6 for text in (NUMBER, WRITTEN, "call 212/555 01.47", NUMBER[1:]))
    assert digits_given_away("0a1b2125550147c3 2026-11-22T12:55:50.147 •••47") == []


@pytest.fixture
async def url(database_url: str) -> AsyncIterator[str]:
    async with served(database_url, hide_numbers=True) as api:
        yield api.url


class Ear:
    """Reads everything the agent is sent, answer by answer and line by line."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.answers: list[str] = []
        self.streamed: dict[str, list[str]] = {}

    async def ask(self, method: str, path: str, **sent: object) -> httpx.Response:
        answer = await self.client.request(method, path, **sent)  # type: ignore[arg-type]  # as httpx names them
        self.answers.append(answer.text)
        return answer

    @asynccontextmanager
    async def on(self, *paths: str) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._listen(path)) for path in paths]
        try:
            for path in paths:
                await self.hears(path, more_than=0)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def hears(self, path: str, *, more_than: int) -> None:
        async def heard() -> bool:
            return len(self.streamed.get(path, [])) > more_than

        assert await until(heard, None, within=PATIENCE)

    async def _listen(self, path: str) -> None:
        async with self.client.stream("GET", path) as response:
            async for line in response.aiter_lines():
                self.streamed.setdefault(path, []).append(line)


async def _a_task_with_its_number_everywhere(database: Database) -> tuple[UUID, UUID]:
    """Return the agent and a task whose customer has written their number, in words and as a number."""
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        agent.phone = "+442079460958"  # shares no digits with the customer's
        task = await a_task(session)
        customer = (await session.exec(select(CustomerRow))).one()
        customer.attributes = {**customer.attributes, "phone": NUMBER, "second_phone": NUMBER}
        event = (await session.exec(select(EventRow))).one()
        event.data = {"text": f"Ring me at {WRITTEN} or {NUMBER}", "mobile": int(NUMBER[1:]), "total": 480}
        session.add_all([agent, customer, event])
        return agent.id, task.id


async def _wraps_up(database: Database, task_id: UUID) -> None:
    async with database.transaction() as session:
        task = (await session.exec(select(TaskRow).where(TaskRow.id == task_id))).one()
        task.state = TaskState.WRAPPING
        session.add(task)


async def _agent(session: AsyncSession, agent_id: UUID) -> AgentRow:
    return (await session.exec(select(AgentRow).where(AgentRow.id == agent_id))).one()


async def test_no_run_of_the_numbers_digits_reaches_an_agent_by_page_api_or_stream(url: str, database: Database) -> None:
    agent_id, task_id = await _a_task_with_its_number_everywhere(database)
    path = f"/v1/tasks/{task_id}"
    async with database.transaction() as session:
        mine = bearer(await a_token(session, agent=await _agent(session, agent_id)))
        supervisors = bearer(await a_token(session))

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20, headers=mine) as client:
        viewer = await signed_in(client, database, role=Role.AGENT, agent_id=agent_id)
        ear = Ear(client)
        async with ear.on("/v1/stream", "/desk/stream"):
            await ear.ask("GET", "/desk")
            await ear.ask("GET", "/v1/tasks")
            offered = (await ear.ask("POST", "/v1/agents/me/next", json={})).json()["task"]
            held = {"fence": offered["fence"]}
            for step in ("accept", "help", "heartbeat"):
                await ear.ask("POST", f"{path}/{step}", json=held)
                for shown in (path, "/desk", "/desk/work", "/desk/figures", "/v1/agents/me"):
                    await ear.ask("GET", shown)
            unfit = {"csrf": viewer.csrf, "fence": str(offered["fence"]), "at": "yesterday"}
            await ear.ask("POST", f"/desk/tasks/{task_id}/reschedule", data=unfit)
            await _wraps_up(database, task_id)
            await ear.ask("GET", "/desk")
            before = {each: len(lines) for each, lines in ear.streamed.items()}
            done = await ear.ask("POST", f"{path}/complete", json=held | {"disposition": "solved"})
            for stream, heard in before.items():
                await ear.hears(stream, more_than=heard)
        known = (await client.get(path, headers=supervisors)).text

    assert done.status_code == 200
    assert NUMBER in known
    assert WRITTEN in known
    assert any("Noa Levi" in answer for answer in ear.answers)
    assert any("•••47" in answer for answer in ear.answers)
    said = [*ear.answers, *("\n".join(lines) for lines in ear.streamed.values())]
    assert [(digits_given_away(text), text[:200]) for text in said if digits_given_away(text)] == []
