"""The desk's stream, over real HTTP: let in by the session's cookie, told of what changed, alive while it is open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.sse import ServerSentEvent

from api.newsroom import Newsroom
from api.pages.desk.attendance import Attendance
from api.pages.desk.lists import Look, WaitingLists
from api.pages.desk.stream import DeskWatcher, Seat
from orchestrator.availability.situation import SwitchScope
from orchestrator.detection.library import RuleLibrary
from orchestrator.embedded.probing import until
from orchestrator.identity.people import Role
from orchestrator.queueing.desk_list import sight_of
from orchestrator.queueing.missing import judge
from orchestrator.queueing.offers import lease_lost, offer
from orchestrator.queueing.presence import lock_agent, set_presence
from orchestrator.queueing.staffing import Abilities, change_agent
from orchestrator.queueing.switching import throw
from orchestrator.queueing.tables import AgentRow, Presence, TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.escalation_world import HandClock
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings
from tests.integration.people_floor import signed_in
from tests.integration.served import PATIENCE, served


@pytest.fixture
async def url(database_url: str) -> AsyncIterator[str]:
    async with served(database_url) as api:
        yield api.url


async def test_a_stream_needs_the_cookie_of_an_agents_session(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/desk/stream")).status_code == 401


async def test_a_task_that_is_queued_is_shown_on_the_desk_by_the_stream_itself(url: str, database: Database) -> None:
    agent_id = await an_agent_at_work(database)

    async with a_desk(url, database, agent_id) as events:
        assert [await anext(events), await anext(events)] == ["work", "waiting"]
        async with database.transaction() as session:
            await a_task(session)

        assert await next_of(events, "waiting") == "waiting"


async def test_an_offer_reaches_the_desk(url: str, database: Database, database_url: str) -> None:
    agent_id = await an_agent_at_work(database)

    async with a_desk(url, database, agent_id) as events:
        assert [await anext(events), await anext(events)] == ["work", "waiting"]
        async with database.transaction() as session:
            await a_task(session)
            await offer(session, "sales", now=await database.clock.now(session), settings=some_settings(database_url))

        assert await next_of(events, "work") == "work"


async def test_a_desk_whose_agent_is_given_a_queue_shows_what_waits_there_from_then_on(
    url: str, database: Database, database_url: str
) -> None:
    agent_id = await an_agent_at_work(database, presence=Presence.PAUSED)
    async with database.transaction() as session:
        await a_queue(session, "service")
        await a_task(session, queue="service")

    async with a_desk(url, database, agent_id) as events:
        assert [await anext(events), await anext(events)] == ["work", "waiting"]
        async with database.transaction() as session:
            both, settings = Abilities(("sales", "service"), ("en",)), some_settings(database_url)
            await change_agent(session, agent_id, both, who="test", clock=database.clock, settings=settings)
        assert await next_of(events, "waiting") == "waiting"
        async with database.transaction() as session:
            await a_task(session, queue="service")

        assert await next_of(events, "waiting") == "waiting"


async def test_a_promise_that_time_alone_breaks_is_shown_broken_without_any_news(database: Database, database_url: str) -> None:
    agent_id, settings, clock = await an_agent_at_work(database), some_settings(database_url), HandClock()
    async with database.transaction() as session:
        sight = await sight_of(session, await session.get_one(AgentRow, agent_id))
        task = await a_task(session, promised=True)
        task.due_at = clock.instant + timedelta(minutes=1)
        session.add(task)
    by_hand = Database(database_url, clock=clock)
    lists, newsroom = WaitingLists(RuleLibrary(), fresh=timedelta(0)), Newsroom(settings, by_hand)
    desk = DeskWatcher(by_hand, lists, "secret", Seat(uuid4(), agent_id, Look(sight, "en", "Etc/UTC")))

    async with newsroom.open():
        await newsroom.listening.wait()
        events = desk.watch(newsroom, Attendance(settings, by_hand), patience=timedelta(seconds=0.05))
        before = await next_list(events)
        clock.instant += timedelta(minutes=2)
        after = await next_list(events)
        newsroom.end()
        assert [event async for event in events if event.raw_data] == []

    await by_hand.close()
    assert ("Promise broken" in before, "Promise broken" in after) == (False, True)


async def test_who_does_not_answer_is_told_so_by_the_stream(url: str, database: Database, database_url: str) -> None:
    agent_id = await an_agent_at_work(database)
    settings = some_settings(database_url)
    async with database.transaction() as session:
        task = await a_task(session)
        now = await database.clock.now(session)
        await offer(session, "sales", now=now, settings=settings)
        await lease_lost(session, task, now=now + timedelta(seconds=30), settings=settings)

    async with a_desk(url, database, agent_id) as events:
        assert [await anext(events), await anext(events)] == ["work", "waiting"]
        async with database.transaction() as session:
            one_is_enough = settings.changed(missed_offers=1)
            await judge(session, await lock_agent(session, agent_id), now=now, settings=one_is_enough)

        assert await next_of(events, "work") == "work"


async def test_a_switch_that_stops_calls_reaches_the_desk(url: str, database: Database, database_url: str) -> None:
    agent_id = await an_agent_at_work(database)

    async with a_desk(url, database, agent_id) as events:
        assert [await anext(events) for _ in range(3)] == ["work", "waiting", "floor"]
        async with database.transaction() as session:
            now, settings = await database.clock.now(session), some_settings(database_url)
            everything, who = SwitchScope.EVERYTHING, "maya"
            await throw(session, scope=everything, target=None, reason="r", author=who, who=who, now=now, settings=settings)

        assert await next_of(events, "floor") == "floor"


async def test_another_agents_work_does_not_reach_the_desk_but_the_queues_does(url: str, database: Database) -> None:
    agent_id = await an_agent_at_work(database)

    async with a_desk(url, database, agent_id) as events:
        assert [await anext(events) for _ in range(3)] == ["work", "waiting", "floor"]
        async with database.transaction() as session:
            other = await an_agent(session)
            await set_presence(session, other, Presence.PAUSED, pause_code="lunch", now=datetime.now(UTC))
            await a_task(session)

        assert await anext(events) == "waiting"


async def test_a_stream_renews_the_lease_and_shows_that_the_desk_lives(url: str, database: Database) -> None:
    agent_id = await an_agent_at_work(database)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    async with database.transaction() as session:
        task = await a_task(session)
        task.state, task.agent_id, task.fence, task.lease_until = TaskState.ASSIGNED, agent_id, 1, soon
        session.add(task)

    async with a_desk(url, database, agent_id) as events:
        await next_of(events, "waiting")

        async def renewed() -> bool:
            return (lease_of(await reread(database, task.id))) > soon

        assert await until(renewed, None, within=PATIENCE)

    async with database.transaction() as session:
        seen_at = (await session.get_one(AgentRow, agent_id)).seen_at
    assert seen_at is not None
    assert datetime.now(UTC) - seen_at < timedelta(seconds=15)


def lease_of(task: TaskRow) -> datetime:
    assert task.lease_until is not None
    return task.lease_until


async def an_agent_at_work(database: Database, *, presence: Presence = Presence.AVAILABLE) -> UUID:
    async with database.transaction() as session:
        await a_queue(session)
        return (await an_agent(session, presence=presence)).id


@asynccontextmanager
async def a_desk(url: str, database: Database, agent_id: UUID) -> AsyncIterator[AsyncIterator[str]]:
    """The names of what an open desk is told."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE.total_seconds()) as client:
        await signed_in(client, database, role=Role.AGENT, agent_id=agent_id)
        async with client.stream("GET", f"{url}/desk/stream") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            yield names(response)


async def names(response: httpx.Response) -> AsyncIterator[str]:
    """The names of events; the list comes without one, which is how the page knows that it is shown as it is."""
    message: list[str] = []
    async for line in response.aiter_lines():
        if line:
            message.append(line)
            continue
        named = [each.removeprefix("event: ") for each in message if each.startswith("event: ")]
        shown = any("waiting-title" in each for each in message)
        message = []
        if named or shown:
            yield "waiting" if shown else named[0]


async def next_list(events: AsyncIterator[ServerSentEvent]) -> str:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        async for event in events:
            if event.raw_data:
                return event.raw_data
    raise AssertionError("the stream ended")


async def next_of(events: AsyncIterator[str], name: str) -> str:
    async with asyncio.timeout(PATIENCE.total_seconds()):  # a stream that has nothing to tell stays open
        async for event in events:
            if event == name:
                return event
    raise AssertionError("the stream ended")
