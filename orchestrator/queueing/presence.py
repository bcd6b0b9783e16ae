"""Who is here: what agents chose themselves, and their desks' signs of life."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import func, or_, update
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, NoSuch
from orchestrator.queueing.news import News, What, tell
from orchestrator.queueing.tables import HELD, AgentQueueRow, AgentRow, Presence, PresenceSpellRow, TaskRow

SILENCE = timedelta(seconds=60)  # a desk that was not heard of for so long has nobody at it
SIGN_EVERY = timedelta(seconds=10)  # signs of life are written no more often

Chosen = Literal[Presence.AVAILABLE, Presence.PAUSED, Presence.OFFLINE]  # what agents say of themselves
_UNTIL_SILENT = (Presence.AVAILABLE, Presence.NOT_ANSWERING)  # these last no longer than the desk gives signs of life


class NoSuchAgent(NoSuch):
    code = "no_such_agent"


@dataclass(frozen=True, slots=True)
class Staff:
    """The agents who are there for a queue; `free` are those of them with nothing in hand."""

    on_duty: int = 0
    free: int = 0


async def lock_agent(session: AsyncSession, agent_id: UUID) -> AgentRow:
    """Lock the agent's row, so that nothing else is claimed for them meanwhile. Raises `NoSuchAgent`."""
    query = select(AgentRow).where(AgentRow.id == agent_id).with_for_update()
    agent = (await session.exec(query.execution_options(populate_existing=True))).first()
    if agent is None:
        raise NoSuchAgent(f"no agent {agent_id}")
    return agent


async def set_presence(
    session: AsyncSession, agent: AgentRow, presence: Chosen, *, pause_code: str | None, now: datetime
) -> None:
    """Write what the agent chose. The agent's lock is held. Raises `BadInput`."""
    if pause_code is not None and presence is not Presence.PAUSED:
        raise BadInput("a pause code without a pause", field="pause_code", fix="leave it out, or set presence to paused")
    if agent.presence is not presence or agent.pause_code != pause_code:
        _turn(session, agent, presence, pause_code=pause_code, now=now)
        if presence is Presence.AVAILABLE:
            agent.idle_since = now
    agent.seen_at = now
    await _say(session, agent)


async def set_not_answering(session: AsyncSession, agent: AgentRow, *, now: datetime) -> None:
    """Write that an available agent does not answer; only their own word ends it. Their lock is held."""
    _turn(session, agent, Presence.NOT_ANSWERING, pause_code=None, now=now)
    await _say(session, agent)


def _turn(session: AsyncSession, agent: AgentRow, presence: Presence, *, pause_code: str | None, now: datetime) -> None:
    session.add(_spell(agent, now))
    agent.presence, agent.pause_code, agent.presence_since = presence, pause_code, now


async def _say(session: AsyncSession, agent: AgentRow) -> None:
    session.add(agent)
    await session.flush()
    await tell(session, News(What.PRESENCE, agent_id=agent.id))


def _spell(agent: AgentRow, now: datetime) -> PresenceSpellRow:
    """Return the stretch that ends now; of one whose desk fell silent, up to when it counted as gone."""
    until = min(now, _counted_until(agent)) if agent.presence in _UNTIL_SILENT else now
    return PresenceSpellRow(
        agent_id=agent.id, presence=agent.presence, pause_code=agent.pause_code, since=agent.presence_since, until=until
    )


def _counted_until(agent: AgentRow) -> datetime:
    """Return until when an available agent counts as there, should nothing more be heard of their desk."""
    return max(agent.seen_at or agent.presence_since, agent.presence_since) + SILENCE


def heard(session: AsyncSession, agent: AgentRow, now: datetime) -> None:
    """Note a sign of life of an agent whose row is locked.

    One who counted as gone comes back with it: a new stretch begins, and the silence before it is in none.
    """
    if agent.presence in _UNTIL_SILENT and _counted_until(agent) < now:
        session.add(_spell(agent, now))
        agent.presence_since = agent.idle_since = now
    agent.seen_at = now
    session.add(agent)


async def seen(session: AsyncSession, *agent_ids: UUID) -> list[UUID]:
    """Note a sign of life, unless one was noted just now or the row is being worked on: that is one too.

    Returns those who counted as gone until now.
    """
    back = await _bring_back(session, agent_ids)
    stale = or_(col(AgentRow.seen_at).is_(None), col(AgentRow.seen_at) < func.clock_timestamp() - SIGN_EVERY)
    rows = select(AgentRow.id).where(col(AgentRow.id).in_(agent_ids), stale).with_for_update(skip_locked=True)
    connection = await session.connection()
    await connection.execute(update(AgentRow).where(col(AgentRow.id).in_(rows)).values(seen_at=func.clock_timestamp()))
    return back


async def _bring_back(session: AsyncSession, agent_ids: Collection[UUID]) -> list[UUID]:
    """Hear those who were silent for so long that they counted as gone."""
    there = func.greatest(col(AgentRow.seen_at), col(AgentRow.presence_since))
    silent = col(AgentRow.presence).in_(_UNTIL_SILENT) & (there < func.clock_timestamp() - SILENCE)
    query = select(AgentRow, func.clock_timestamp()).where(col(AgentRow.id).in_(agent_ids), silent)
    locked = query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    back = (await session.exec(locked)).all()
    for agent, now in back:
        heard(session, agent, now)
    await session.flush()
    return [agent.id for agent, _ in back]


def at_work(now: datetime) -> ColumnElement[bool]:
    """The condition of an agent who is there: available by their own word, at a desk that shows signs of life."""
    return (col(AgentRow.presence) == Presence.AVAILABLE) & (col(AgentRow.seen_at) > now - SILENCE)


def empty_handed() -> ColumnElement[bool]:
    """The condition of an agent who has no task in hand, not even one on offer."""
    return ~select(TaskRow.id).where(col(TaskRow.agent_id) == col(AgentRow.id), col(TaskRow.state).in_(HELD)).exists()


async def agents_on_duty(session: AsyncSession, queue: str, now: datetime) -> int:
    """Return how many agents of the queue are there, at a task or not."""
    query = select(func.count()).select_from(AgentRow)
    query = query.join(AgentQueueRow, col(AgentQueueRow.agent_id) == col(AgentRow.id))
    return (await session.exec(query.where(AgentQueueRow.queue == queue, at_work(now)))).one()


async def staffed(session: AsyncSession, queues: Collection[str], *, now: datetime) -> dict[str, Staff]:
    """Return who is there for each of these queues; one without anybody is left out."""
    query = select(AgentQueueRow.queue, func.count(), func.count().filter(empty_handed()))
    query = query.join(AgentRow, col(AgentRow.id) == col(AgentQueueRow.agent_id))
    query = query.where(col(AgentQueueRow.queue).in_(queues), at_work(now)).group_by(col(AgentQueueRow.queue))
    return {queue: Staff(on_duty, free) for queue, on_duty, free in (await session.exec(query)).all()}


async def idle_agents(session: AsyncSession, queue: str, *, now: datetime, limit: int = 200) -> list[AgentRow]:
    """Return the free agents of the queue, the longest idle first, not locked."""
    query = select(AgentRow).join(AgentQueueRow, col(AgentQueueRow.agent_id) == col(AgentRow.id))
    query = query.where(AgentQueueRow.queue == queue, at_work(now) & empty_handed())
    query = query.order_by(col(AgentRow.idle_since), col(AgentRow.id)).limit(limit)
    return list((await session.exec(query)).all())


async def lock_idle(session: AsyncSession, agent_id: UUID, *, now: datetime) -> AgentRow | None:
    """Lock the agent if they are free and nobody else is at their row; a claim made before is seen."""
    query = select(AgentRow).where(AgentRow.id == agent_id).with_for_update(skip_locked=True)
    if (await session.exec(query.execution_options(populate_existing=True))).first() is None:
        return None
    # Asked again with a fresh view: who held the lock a moment ago may have claimed something.
    still = select(AgentRow).where(AgentRow.id == agent_id, at_work(now) & empty_handed())
    return (await session.exec(still)).first()
