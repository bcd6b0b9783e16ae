"""Agents as supervisors change them: what they speak, know and serve, and their leaving."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, Conflict, Faults
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.news import News, What, tell
from orchestrator.queueing.offers import staff_up
from orchestrator.queueing.presence import lock_agent, set_presence
from orchestrator.queueing.roster import check_agent, queues_of_agent, revoke_agent, told_of_agent
from orchestrator.queueing.tables import HELD, AgentQueueRow, AgentRow, Presence, QueueRow, TaskRow
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock


class AgentAtWork(Conflict):
    """The agent has a task in hand, or on offer."""

    code = "agent_at_work"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a supervisor decides about an agent."""

    queues: tuple[str, ...]
    languages: tuple[str, ...]
    skills: tuple[str, ...] = ()
    phone: str | None = None


async def change_agent(
    session: AsyncSession, agent_id: UUID, abilities: Abilities, *, who: Who, clock: Clock, settings: Settings
) -> AgentRow:
    """Change an agent; what they have in hand stays with them. Raises `NoSuchAgent`, `BadInput`."""
    faults = Faults()
    with faults:
        check_agent(queues=abilities.queues, languages=abilities.languages, skills=abilities.skills, phone=abilities.phone)
    with faults:
        await check_queues(session, abilities.queues)
    faults.settle()
    agent = await lock_agent(session, agent_id)
    now, before = await clock.now(session), told_of_agent(agent, await queues_of_agent(session, agent_id))
    had_phone = agent.phone
    agent.languages = list(dict.fromkeys(abilities.languages))
    agent.skills, agent.phone = sorted(set(abilities.skills)), abilities.phone
    session.add(agent)
    served = set(await queues_of_agent(session, agent_id))
    await _serve(session, agent_id, set(abilities.queues))
    after = told_of_agent(agent, abilities.queues) | ({"other_phone": True} if had_phone != agent.phone else {})
    await note_change(session, who=who, what="agent.changed", subject=agent.name, before=before, after=after, now=now)
    await tell(session, News(What.PRESENCE, agent_id=agent_id))  # their open desk sees other queues now
    for queue in sorted(served | set(abilities.queues)):
        await tell(session, News(What.FLOOR, queue=queue))
        await staff_up(session, queue, now=now, settings=settings)
    return agent


async def retire_agent(session: AsyncSession, agent_id: UUID, *, who: Who, clock: Clock) -> str:
    """Let an agent leave who has nothing in hand, and return their name. Raises `NoSuchAgent`, `AgentAtWork`."""
    agent = await lock_agent(session, agent_id)  # nothing is offered to them meanwhile
    held = select(TaskRow.id).where(TaskRow.agent_id == agent_id, col(TaskRow.state).in_(HELD))
    if (await session.exec(held)).first() is not None:
        raise AgentAtWork("the agent has a task in hand", fix="wait until it is over, or take it from them")
    now = await clock.now(session)
    await set_presence(session, agent, Presence.OFFLINE, pause_code=None, now=now)
    await revoke_agent(session, agent.name, who=who, now=now)
    return agent.name


async def check_queues(session: AsyncSession, names: tuple[str, ...]) -> None:
    """Raise `BadInput` where one of these queues is not there."""
    if set(names) - set((await session.exec(select(QueueRow.name))).all()):
        raise BadInput("there is no such queue", field="queue", fix="choose among the queues")


async def _serve(session: AsyncSession, agent_id: UUID, queues: set[str]) -> None:
    connection = await session.connection()
    others = delete(AgentQueueRow).where(col(AgentQueueRow.agent_id) == agent_id, col(AgentQueueRow.queue).not_in(queues))
    await connection.execute(others)
    for queue in sorted(queues - set(await queues_of_agent(session, agent_id))):
        session.add(AgentQueueRow(agent_id=agent_id, queue=queue))
    await session.flush()
