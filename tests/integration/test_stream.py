"""The stream, over real HTTP: what a desk is told, and that it is told again whatever it missed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select, update

from api.newsroom import Desk, Turn
from api.streams import PER_READER, Streams, TooManyStreams
from orchestrator.embedded.probing import until
from orchestrator.identity.tables import TokenRow
from orchestrator.queueing.news import News, What, tell
from orchestrator.queueing.tables import AgentRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, a_token, an_agent, bearer
from tests.integration.served import PATIENCE, served

Event = tuple[str, dict[str, Any]]


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[str]:
    async with served(database_url) as api:
        yield api.url


@asynccontextmanager
async def watching(url: str, token: str) -> AsyncIterator[AsyncIterator[Event]]:
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE.total_seconds()) as client,
        client.stream("GET", f"{url}/v1/stream", headers=bearer(token)) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response)


async def events(response: httpx.Response) -> AsyncIterator[Event]:
    name = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


async def first(stream: AsyncIterator[Event], name: str) -> dict[str, Any]:
    """Return the data of the next event of this name."""
    async for found, data in stream:
        if found == name:
            return data
    raise AssertionError(f"the stream ended without {name}")


async def test_a_desk_gets_a_snapshot_and_then_its_offer(api: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        token = await a_token(session, agent=agent)
        task = await a_task(session)

    async with watching(api, token) as stream:
        snapshot = await first(stream, "snapshot")
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.post(f"{api}/v1/agents/me/next", headers=bearer(token))
        offered = await first(stream, "offered")
        counted = await first(stream, "queue")

    assert snapshot["task"] is None
    assert [(each["queue"], each["waiting"]) for each in snapshot["queues"]] == [("sales", 1)]
    assert offered == {"queue": "sales", "task_id": str(task.id), "agent_id": str(agent.id)}
    assert (counted["queue"], counted["waiting"]) == ("sales", 0)


async def test_coming_back_begins_with_the_task_in_hand(api: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        token = await a_token(session, agent=await an_agent(session))
        task = await a_task(session)
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"{api}/v1/agents/me/next", headers=bearer(token))

    async with watching(api, token) as stream:
        snapshot = await first(stream, "snapshot")

    assert (snapshot["task"]["id"], snapshot["task"]["fence"]) == (str(task.id), 1)


async def test_an_agent_hears_of_their_own_queues_only_and_a_supervisor_of_all(api: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales")
        await a_queue(session, "service")
        agents = await a_token(session, agent=await an_agent(session, queues=["sales"]))
        supervisors = await a_token(session)

    async with watching(api, agents) as at_desk, watching(api, supervisors) as at_console:
        await first(at_desk, "snapshot")
        await first(at_console, "snapshot")
        async with database.transaction() as session:
            await a_task(session, queue="service")
            await a_task(session, queue="sales")
        heard = [(await first(at_console, "queued"))["queue"] for _ in range(2)]
        own = (await first(at_desk, "queued"))["queue"]

    assert heard == ["service", "sales"]
    assert own == "sales"


async def test_after_the_connection_to_the_database_was_lost_there_is_a_snapshot(api: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        token = await a_token(session)

    async with watching(api, token) as stream:
        await first(stream, "snapshot")
        async with database.transaction() as session:
            connection = await session.connection()
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN ringback_desk'"
            )
        await first(stream, "snapshot")
        async with database.transaction() as session:
            await tell(session, News(What.FLOOR, queue="sales"))
        assert await first(stream, "floor") == {"queue": "sales", "task_id": None, "agent_id": None}


async def test_an_open_stream_is_a_sign_of_life(api: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, silent=timedelta(minutes=5))
        token = await a_token(session, agent=agent)

    async with watching(api, token) as stream:
        await first(stream, "snapshot")

        async def is_seen() -> bool:
            async with database.transaction() as session:
                seen = (await session.exec(select(AgentRow.seen_at).where(AgentRow.id == agent.id))).one()
            return seen is not None and seen > datetime.now(UTC) - timedelta(minutes=1)

        assert await until(is_seen, None, within=PATIENCE)


async def test_a_stopping_server_lets_its_desks_go(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        token = await a_token(session)

    async with served(database_url) as process, watching(process.url, token) as stream:
        await first(stream, "snapshot")
        process.server.should_exit = True
        assert await first(stream, "end") == {}


async def test_without_a_token_there_is_no_stream(api: str, database: Database) -> None:
    async with database.transaction() as session:
        token = await a_token(session)
        await session.exec(update(TokenRow).values(revoked_at=datetime.now(UTC)))
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = [await client.get(f"{api}/v1/stream", headers=headers) for headers in ({}, bearer("x"), bearer(token))]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


async def test_a_token_has_so_many_streams_and_another_when_one_is_closed(api: str, database: Database) -> None:
    async with database.transaction() as session:
        token, other = await a_token(session), await a_token(session)

    async def is_let_in() -> bool:
        async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", stream, headers=bearer(token)) as again:
            return again.status_code == 200

    stream = f"{api}/v1/stream"
    async with httpx.AsyncClient(trust_env=False) as client, AsyncExitStack() as others:
        for _ in range(PER_READER - 1):
            await others.enter_async_context(watching(api, token))
        async with watching(api, token):
            async with asyncio.timeout(PATIENCE.total_seconds()):  # a stream that is let in has no end
                refused = await client.get(stream, headers=bearer(token))
            async with watching(api, other) as theirs:
                await first(theirs, "snapshot")
        assert await until(is_let_in, None, within=PATIENCE)

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    assert refused.headers["retry-after"] == "1"


def test_all_streams_together_are_no_more_than_the_server_keeps() -> None:
    streams = Streams(2)

    with streams.seat(uuid4()):
        with streams.seat(uuid4()), pytest.raises(TooManyStreams), streams.seat(uuid4()):
            pass
        with streams.seat(uuid4()):
            pass


async def test_a_desk_that_reads_too_slowly_starts_over() -> None:
    desk = Desk(lambda item: True)
    for _ in range(200):
        desk.tell(News(What.QUEUED, queue="sales"))

    assert await desk.next(patience=1) is Turn.RESYNC
    assert await desk.next(patience=1) == News(What.QUEUED, queue="sales")
