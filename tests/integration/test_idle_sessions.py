"""A session is used by what a person does; what their pages do by themselves lets it end."""

import asyncio
import re
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlmodel import select

import api.pages
from api.newsroom import Desk, Turn
from api.pages.desk.attendance import Attendance
from api.pages.registry import PAGES
from api.streams import PER_READER
from orchestrator.embedded.probing import until
from orchestrator.identity import sessions
from orchestrator.identity.people import Role
from orchestrator.identity.sessions import LIFETIME
from orchestrator.identity.tables import PersonRow, SessionRow
from orchestrator.queueing.tables import AgentRow, Presence, TaskState
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, an_agent, some_settings
from tests.integration.people_floor import a_person, signed_in

AN_HOUR = timedelta(hours=1)
PATIENCE = timedelta(seconds=20)
TEMPLATES = Path(api.pages.__path__[0], "templates")


async def _lay_unused(database: Database) -> None:
    async with database.transaction() as session:
        row = (await session.exec(select(SessionRow))).one()
        row.seen_at = datetime.now(UTC) - AN_HOUR
        session.add(row)


async def _was_used(database: Database) -> bool:
    async with database.transaction() as session:
        return datetime.now(UTC) - (await session.exec(select(SessionRow.seen_at))).one() < AN_HOUR / 2


@pytest.mark.parametrize(
    ("role", "path", "uses"),
    [
        (Role.AGENT, "/desk", True),
        (Role.AGENT, "/me", True),
        (Role.AGENT, "/desk/work", False),
        (Role.AGENT, "/desk/figures", False),
        (Role.SUPERVISOR, "/console", True),
        (Role.SUPERVISOR, "/console/tasks", False),
    ],
)
async def test_a_visit_uses_the_session_and_what_the_page_fetches_does_not(
    client: httpx.AsyncClient, database: Database, role: Role, path: str, uses: bool
) -> None:
    await signed_in(client, database, role=role)
    await _lay_unused(database)

    answer = await client.get(path)

    assert answer.is_success
    assert await _was_used(database) is uses


@pytest.mark.parametrize(("role", "path"), [(Role.AGENT, "/desk/stream"), (Role.SUPERVISOR, "/console/stream")])
async def test_a_stream_uses_no_session_and_a_person_has_so_many_and_no_more(
    app: FastAPI, client: httpx.AsyncClient, database: Database, role: Role, path: str
) -> None:
    viewer = await signed_in(client, database, role=role)
    await _lay_unused(database)

    with ExitStack() as open_pages:
        for _ in range(PER_READER):
            open_pages.enter_context(app.state.streams.seat(viewer.person_id))
        async with asyncio.timeout(PATIENCE.total_seconds()):  # a stream that is let in has no end
            answer = await client.get(path, headers={"Accept": "text/html, text/event-stream"})

    assert answer.status_code == 429
    assert (answer.headers["retry-after"], answer.headers["hx-reswap"]) == ("1", "none")
    assert not await _was_used(database)


def test_whatever_a_stream_makes_a_page_fetch_is_marked_so() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")]
    fetched = {path for text in texts for path in re.findall(r'hx-get="([^"?]+)[^>]*hx-trigger="[^"]* from:#', text)}
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    marked = {route.path for route in routes if hasattr(route.endpoint, "by_itself")}

    assert len(fetched) >= 3
    assert fetched - marked == set()


async def _seat(database: Database, presence: Presence, *, in_hand: bool = False, age: timedelta = AN_HOUR) -> tuple[UUID, str]:
    """An agent, and the secret of a session that has lain unused for an hour."""
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, presence=presence, silent=AN_HOUR)
        person = await a_person(session, role=Role.AGENT, agent_id=agent.id)
        secret = await sessions.begin(session, person, passed=True, now=now - age)
        row = (await session.exec(select(SessionRow).join(PersonRow).where(PersonRow.agent_id == agent.id))).one()
        row.seen_at = now - AN_HOUR
        if in_hand:
            task = await a_task(session)
            task.state, task.agent_id, task.fence, task.lease_until = TaskState.CONNECTED, agent.id, 1, now
            session.add(task)
        session.add(row)
    return agent.id, secret


@pytest.mark.parametrize(
    ("presence", "in_hand"), [(Presence.AVAILABLE, False), (Presence.PAUSED, True)], ids=["waits for work", "has work"]
)
async def test_an_agent_at_work_is_not_signed_out_for_clicking_nothing(
    database: Database, database_url: str, presence: Presence, in_hand: bool
) -> None:
    seat = await _seat(database, presence, in_hand=in_hand)

    async with Attendance(some_settings(database_url), database).open() as attendance:
        with attendance.attended(*seat, Desk(lambda _: True)):
            assert await until(lambda: _was_used(database), None, within=PATIENCE)


@pytest.mark.parametrize("presence", [Presence.PAUSED, Presence.NOT_ANSWERING])
async def test_a_desk_at_which_nobody_works_lets_its_session_end(
    database: Database, database_url: str, presence: Presence
) -> None:
    resting = await _seat(database, presence)
    async with Attendance(some_settings(database_url), database).open() as attendance:
        with attendance.attended(*resting, Desk(lambda _: True)):

            async def visited() -> bool:
                async with database.transaction() as session:
                    seen_at = (await session.get_one(AgentRow, resting[0])).seen_at
                return seen_at is not None and datetime.now(UTC) - seen_at < AN_HOUR / 2

            assert await until(visited, None, within=PATIENCE)

    assert not await _was_used(database)


async def test_nobody_stays_signed_in_beyond_the_lifetime_of_a_session(database: Database, database_url: str) -> None:
    seat, desk = await _seat(database, Presence.AVAILABLE, age=LIFETIME), Desk(lambda _: True)

    async with Attendance(some_settings(database_url), database).open() as attendance:
        with attendance.attended(*seat, desk):
            assert await desk.next(patience=PATIENCE.total_seconds()) is Turn.END

    assert not await _was_used(database)
