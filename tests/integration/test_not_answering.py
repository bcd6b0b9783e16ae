"""Agents who do not answer: after so many misses in a row they are offered nothing until they are back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select

from api.app import create_app
from orchestrator.cli.agent import _columns
from orchestrator.identity.tables import ChangeRow
from orchestrator.queueing import working
from orchestrator.queueing.arriving import change_presence
from orchestrator.queueing.leases import StaleFence
from orchestrator.queueing.offers import lease_lost, offer
from orchestrator.queueing.presence import Chosen, agents_on_duty
from orchestrator.queueing.roster import roster
from orchestrator.queueing.tables import AgentRow, Presence, PresenceSpellRow, TaskKind, TaskRow, TaskState
from orchestrator.queueing.tasks import lock_task, withdraw
from orchestrator.queueing.working import Hold
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_escalation
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, bearer, reread, some_settings

RAN_OUT = timedelta(seconds=30)  # after an offer has run out, and before the lease of one accepted has


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url)


@pytest.fixture
async def agent(database: Database) -> AgentRow:
    async with database.transaction() as session:
        await a_queue(session)
        return await an_agent(session, "dana")


async def some_task(database: Database, **fields: Any) -> TaskRow:
    async with database.transaction() as session:
        return await a_task(session, **fields)


async def offered(database: Database, settings: Settings) -> int:
    async with database.transaction() as session:
        return await offer(session, "sales", now=await database.clock.now(session), settings=settings)


async def lost(database: Database, task: TaskRow, settings: Settings, *, after: timedelta = RAN_OUT) -> bool:
    """What the case's process does when it looks so long after the offer."""
    async with database.transaction() as session:
        await lock_escalation(session, task.escalation_id)
        now = await database.clock.now(session) + after
        return await lease_lost(session, await lock_task(session, task.id), now=now, settings=settings)


async def missed(database: Database, task: TaskRow, settings: Settings, *, times: int = 1) -> None:
    for _ in range(times):
        assert await offered(database, settings) == 1
        assert await lost(database, task, settings)


async def presence_of(database: Database, agent: AgentRow) -> Presence:
    async with database.transaction() as session:
        return (await session.get_one(AgentRow, agent.id)).presence


async def choose(
    database: Database, agent: AgentRow, presence: Chosen, settings: Settings, *, pause_code: str | None = None
) -> None:
    await database.run(
        lambda session: change_presence(
            session, agent.id, presence, pause_code=pause_code, clock=database.clock, settings=settings
        )
    )


@asynccontextmanager
async def a_program(
    database: Database, agent: AgentRow, settings: Settings
) -> AsyncIterator[Callable[..., Awaitable[httpx.Response]]]:
    """The agent's own program."""
    async with database.transaction() as session:
        headers = bearer(await a_token(session, agent=agent))
    app = create_app(settings)
    async with app.router.lifespan_context(app), a_client(app) as client:

        async def ask(method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
            return await client.request(method, path, json=body, headers=headers)

        yield ask


async def spells(database: Database, agent: AgentRow) -> list[Presence]:
    async with database.transaction() as session:
        query = select(PresenceSpellRow).where(PresenceSpellRow.agent_id == agent.id)
        return [spell.presence for spell in (await session.exec(query.order_by(col(PresenceSpellRow.since)))).all()]


async def audited(database: Database) -> list[ChangeRow]:
    async with database.transaction() as session:
        query = select(ChangeRow).where(col(ChangeRow.what).in_(["agent.not_answering", "agent.answering"]))
        return list((await session.exec(query.order_by(col(ChangeRow.id)))).all())


async def test_who_misses_so_many_offers_in_a_row_is_offered_nothing_more(
    database: Database, settings: Settings, agent: AgentRow
) -> None:
    task = await some_task(database)

    await missed(database, task, settings, times=2)
    before = await presence_of(database, agent)
    await missed(database, task, settings)

    async with database.transaction() as session:
        on_duty = await agents_on_duty(session, "sales", datetime.now(UTC))
    [line] = await audited(database)
    assert (before, await presence_of(database, agent)) == (Presence.AVAILABLE, Presence.NOT_ANSWERING)
    assert (await offered(database, settings), on_duty) == (0, 0)
    assert (await reread(database, task.id)).state is TaskState.QUEUED
    assert await spells(database, agent) == [Presence.AVAILABLE]
    assert (line.who, line.subject, line.before) == ("ringback", "dana", {"presence": "available"})
    assert line.after == {"presence": "not_answering", "missed": 3}


async def test_how_many_are_too_many_is_a_setting(database: Database, settings: Settings, agent: AgentRow) -> None:
    task = await some_task(database)

    await missed(database, task, settings.changed(missed_offers=1))

    assert await presence_of(database, agent) is Presence.NOT_ANSWERING


async def test_an_answer_in_between_begins_the_count_anew(database: Database, settings: Settings, agent: AgentRow) -> None:
    task = await some_task(database)
    await missed(database, task, settings, times=2)
    await offered(database, settings)
    fence = (await reread(database, task.id)).fence
    hold = Hold(task.id, agent.id, fence)
    await database.run(lambda session: working.reject(session, hold, reason="other", clock=database.clock, settings=settings))

    other = await some_task(database)
    await missed(database, other, settings, times=2)

    assert await presence_of(database, agent) is Presence.AVAILABLE


async def test_an_offer_we_took_back_is_no_miss_and_no_answer(database: Database, settings: Settings, agent: AgentRow) -> None:
    for _ in range(4):
        gone = await some_task(database)
        assert await offered(database, settings) == 1
        async with database.transaction() as session:
            await withdraw(session, gone, reason="resolved_by_customer", now=datetime.now(UTC))
    task = await some_task(database)

    await missed(database, task, settings, times=2)
    before = await presence_of(database, agent)
    await missed(database, task, settings)

    assert (before, await presence_of(database, agent)) == (Presence.AVAILABLE, Presence.NOT_ANSWERING)


async def test_a_hold_for_a_call_that_was_never_placed_is_not_the_agents_miss(
    database: Database, settings: Settings, agent: AgentRow
) -> None:
    task = await some_task(database, kind=TaskKind.CALL)

    for _ in range(4):
        assert await offered(database, settings) == 1
        assert await lost(database, task, settings, after=timedelta(minutes=5))

    assert await presence_of(database, agent) is Presence.AVAILABLE


async def test_a_pause_chosen_with_an_offer_on_the_screen_is_kept(
    database: Database, settings: Settings, agent: AgentRow
) -> None:
    task = await some_task(database)
    await missed(database, task, settings, times=2)
    await offered(database, settings)
    async with database.transaction() as session:  # as when the offer's row was in other hands at that moment
        row = await session.get_one(AgentRow, agent.id)
        row.presence, row.pause_code = Presence.PAUSED, "lunch"
        session.add(row)

    assert await lost(database, task, settings)

    async with database.transaction() as session:
        row = await session.get_one(AgentRow, agent.id)
    assert (row.presence, row.pause_code) == (Presence.PAUSED, "lunch")


async def test_who_is_back_is_available_again_with_work_and_a_clean_slate(
    database: Database, settings: Settings, agent: AgentRow
) -> None:
    task = await some_task(database)
    await missed(database, task, settings, times=3)

    await choose(database, agent, Presence.AVAILABLE, settings)
    held = await reread(database, task.id)
    assert await lost(database, task, settings)

    line = (await audited(database))[-1]
    assert (held.state, held.agent_id) == (TaskState.RESERVED, agent.id)
    assert await presence_of(database, agent) is Presence.AVAILABLE
    assert await spells(database, agent) == [Presence.AVAILABLE, Presence.NOT_ANSWERING]
    assert (line.what, line.who, line.after) == ("agent.answering", "agent:dana", {"presence": "available"})


async def test_an_offer_that_ran_out_is_judged_by_next_as_well(database: Database, settings: Settings, agent: AgentRow) -> None:
    task = await some_task(database)
    await missed(database, task, settings, times=2)
    await offered(database, settings)
    async with database.transaction() as session:
        row = await session.get_one(TaskRow, task.id)
        row.lease_until = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)

    async with a_program(database, agent, settings) as program:
        told = (await program("POST", "/v1/agents/me/next")).json()

    assert (told["task"], told["reason"]) == (None, "not_answering")
    assert await presence_of(database, agent) is Presence.NOT_ANSWERING


async def test_programs_and_the_command_see_it_and_only_we_can_say_it(
    database: Database, settings: Settings, agent: AgentRow
) -> None:
    task = await some_task(database)
    await missed(database, task, settings, times=3)

    async with a_program(database, agent, settings) as program:
        me = (await program("GET", "/v1/agents/me")).json()
        refused = await program("PUT", "/v1/agents/me/presence", {"presence": "not_answering"})
        back = (await program("PUT", "/v1/agents/me/presence", {"presence": "available"})).json()
    await lost(database, task, settings)
    await missed(database, task, settings, times=2)
    async with database.transaction() as session:
        [standing] = await roster(session, now=datetime.now(UTC))

    assert me["presence"] == "not_answering"
    assert (refused.status_code, refused.json()["field"]) == (422, "presence")
    assert (back["presence"], back["task"]["id"]) == ("available", str(task.id))
    assert _columns(standing)[:2] == ["dana", "not_answering"]


async def test_an_answer_and_the_end_of_the_offer_at_one_instant_have_one_outcome(
    database: Database, settings: Settings
) -> None:
    once = settings.changed(missed_offers=1)
    for number in range(24):
        async with database.transaction() as session:
            queue = await a_queue(session, f"queue-{number}")
            agent = await an_agent(session, queues=[queue])
            task = await a_task(session, queue=queue)
            await offer(session, queue, now=await database.clock.now(session), settings=once)
        two = [accepted(database, task.id, agent.id, once), lost(database, task, once)]

        answered, ran_out = await asyncio.gather(*(two if number % 2 else reversed(two)))
        answered, ran_out = (answered, ran_out) if number % 2 else (ran_out, answered)

        state, presence = (await reread(database, task.id)).state, await presence_of(database, agent)
        assert (answered, ran_out) in {(True, False), (False, True)}
        assert (state, presence) == (
            (TaskState.ASSIGNED, Presence.AVAILABLE) if answered else (TaskState.QUEUED, Presence.NOT_ANSWERING)
        )


async def test_a_pause_at_the_instant_of_the_last_miss_is_what_stays(database: Database, settings: Settings) -> None:
    once = settings.changed(missed_offers=1)
    for number in range(16):
        async with database.transaction() as session:
            queue = await a_queue(session, f"queue-{number}")
            agent = await an_agent(session, queues=[queue])
            task = await a_task(session, queue=queue)
            await offer(session, queue, now=await database.clock.now(session), settings=once)
        two = [choose(database, agent, Presence.PAUSED, once, pause_code="lunch"), lost(database, task, once)]

        await asyncio.gather(*(two if number % 2 else reversed(two)))

        async with database.transaction() as session:
            row = await session.get_one(AgentRow, agent.id)
        assert (row.presence, row.pause_code) == (Presence.PAUSED, "lunch")
        assert (await reread(database, task.id)).state is TaskState.QUEUED


async def accepted(database: Database, task_id: UUID, agent_id: UUID, settings: Settings) -> bool:
    hold = Hold(task_id, agent_id, 1)
    try:
        await database.run(lambda session: working.accept(session, hold, clock=database.clock, settings=settings))
    except StaleFence:
        return False
    return True
