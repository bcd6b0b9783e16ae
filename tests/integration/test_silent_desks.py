"""A desk that falls silent and comes back: what lay between was nobody's time at work."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.presence import SILENCE, seen
from orchestrator.queueing.pulling import next_task
from orchestrator.queueing.tables import AgentRow, Presence, PresenceSpellRow
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, an_agent, some_settings

NIGHT = timedelta(hours=12)
SHIFT = timedelta(hours=1)
A_MOMENT = timedelta(minutes=1)

Sign = Callable[[AsyncSession, UUID, Database, Settings], Awaitable[object]]


async def _of_life(session: AsyncSession, agent_id: UUID, database: Database, settings: Settings) -> object:
    await seen(session, agent_id)
    return None


async def _by_asking(session: AsyncSession, agent_id: UUID, database: Database, settings: Settings) -> object:
    return await next_task(session, agent_id, clock=database.clock, settings=settings)


async def _after_a_night(database: Database, presence: Presence, *, silent: timedelta = NIGHT) -> UUID:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, presence=presence, silent=silent, idle=NIGHT + SHIFT)
        agent.presence_since = datetime.now(UTC) - NIGHT - SHIFT
        session.add(agent)
    return agent.id


async def _spells(database: Database, agent_id: UUID) -> list[PresenceSpellRow]:
    async with database.transaction() as session:
        query = select(PresenceSpellRow).where(PresenceSpellRow.agent_id == agent_id)
        return list((await session.exec(query.order_by(col(PresenceSpellRow.since)))).all())


@pytest.mark.parametrize("sign", [_of_life, _by_asking])
async def test_the_night_a_desk_was_silent_is_in_no_stretch_of_being_available(
    database: Database, database_url: str, sign: Sign
) -> None:
    agent_id = await _after_a_night(database, Presence.AVAILABLE)

    for _ in range(2):  # the second sign finds nothing to bring back
        async with database.transaction() as session:
            await sign(session, agent_id, database, some_settings(database_url))

    (spell,) = await _spells(database, agent_id)
    async with database.transaction() as session:
        agent = await session.get_one(AgentRow, agent_id)
    assert spell.presence is Presence.AVAILABLE
    assert abs(spell.until - spell.since - SHIFT - SILENCE) < A_MOMENT
    assert datetime.now(UTC) - agent.presence_since < A_MOMENT
    assert agent.presence is Presence.AVAILABLE
    assert datetime.now(UTC) - agent.idle_since < A_MOMENT  # who was away did not wait for work


@pytest.mark.parametrize(
    ("presence", "silent"), [(Presence.PAUSED, NIGHT), (Presence.AVAILABLE, SILENCE / 2)], ids=["paused", "heard of lately"]
)
async def test_a_sign_of_life_begins_no_new_stretch_where_none_has_ended(
    database: Database, presence: Presence, silent: timedelta
) -> None:
    agent_id = await _after_a_night(database, presence, silent=silent)

    async with database.transaction() as session:
        await seen(session, agent_id)

    async with database.transaction() as session:
        agent = await session.get_one(AgentRow, agent_id)
    assert await _spells(database, agent_id) == []
    assert datetime.now(UTC) - agent.presence_since > NIGHT
