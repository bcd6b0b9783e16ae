"""Who works here: agents are added with a token of their own, and leave with its end."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.durations import format_duration
from orchestrator.errors import BadInput, Faults
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import issue, revoke_of_agent
from orchestrator.queueing.presence import SILENCE, NoSuchAgent
from orchestrator.queueing.tables import HELD, AgentQueueRow, AgentRow, Presence, QueueRow, TaskRow
from orchestrator.queueing.waking import look_again
from orchestrator.storage.columns import Json

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
_SKILL = re.compile(r"[^,\s\x00-\x1f\x7f]([^,\x00-\x1f\x7f]{0,62}[^,\s\x00-\x1f\x7f])?")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}|(sip|client):\S{1,200}")


async def add_agent(
    session: AsyncSession,
    name: str,
    *,
    queues: Sequence[str],
    languages: Sequence[str],
    who: Who,
    now: datetime,
    phone: str | None = None,
    skills: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> str:
    """Add an agent who serves these queues and return their token's secret. Raises `BadInput`.

    A queue that does not exist yet is made: always open, without skills, until somebody says otherwise.
    """
    await check_new_agent(session, name, queues=queues, languages=languages, skills=skills, phone=phone)
    for queue in dict.fromkeys(queues):
        await ensure_queue(session, queue, who=who, now=now)
    agent = AgentRow(
        name=name,
        phone=phone,
        languages=list(dict.fromkeys(languages)),
        skills=sorted(set(skills)),
        presence=Presence.OFFLINE,
        presence_since=now,
        idle_since=now,
        created_at=now,
    )
    session.add(agent)
    await session.flush()
    session.add_all([AgentQueueRow(agent_id=agent.id, queue=queue) for queue in dict.fromkeys(queues)])
    after = told_of_agent(agent, queues)
    await note_change(session, who=who, what="agent.added", subject=name, before=None, after=after, now=now)
    return await issue_for(session, agent, who=who, expires_at=expires_at, now=now)


async def check_new_agent(
    session: AsyncSession,
    name: str,
    *,
    queues: Sequence[str],
    languages: Sequence[str],
    skills: Sequence[str],
    phone: str | None,
) -> None:
    """Raise `BadInput`, with all that does not fit, where no such agent can be added."""
    faults = Faults()
    with faults:
        check_agent_name(name)
        if (await session.exec(select(AgentRow.id).where(AgentRow.name == name))).first() is not None:
            fix = "choose another name, or `ringback agent token NAME`"
            raise BadInput(f"there is an agent {name}", field="name", fix=fix)
    with faults:
        check_agent(queues=queues, languages=languages, skills=skills, phone=phone)
    faults.settle()


async def issue_for(
    session: AsyncSession, agent: AgentRow, *, who: Who, now: datetime, expires_at: datetime | None = None
) -> str:
    """Make another token for an agent and return its secret; those before it stay."""
    return await issue(session, name=agent.name, scope=Scope.AGENT, agent_id=agent.id, expires_at=expires_at, who=who, now=now)


async def agent_named(session: AsyncSession, name: str) -> AgentRow:
    """Return the agent of this name. Raises `NoSuchAgent`."""
    known = select(AgentRow).where(AgentRow.name == name)
    agent = None if "\0" in name else (await session.exec(known)).first()  # PostgreSQL takes no text with NUL
    if agent is None:
        raise NoSuchAgent(f"no agent {name}")
    return agent


async def revoke_agent(session: AsyncSession, name: str, *, who: Who, now: datetime) -> int:
    """End the agent's tokens and take them off their queues; what they have in hand goes back with its lease.

    Returns how many tokens ended. Raises `NoSuchAgent`.
    """
    agent = await agent_named(session, name)
    before = told_of_agent(agent, await queues_of_agent(session, agent.id))
    connection = await session.connection()
    await connection.execute(delete(AgentQueueRow).where(col(AgentQueueRow.agent_id) == agent.id))
    after = told_of_agent(agent, ())
    await note_change(session, who=who, what="agent.revoked", subject=name, before=before, after=after, now=now)
    return await revoke_of_agent(session, agent.id, name=name, who=who, now=now)


async def queues_of_agent(session: AsyncSession, agent_id: UUID) -> list[str]:
    """Return the queues an agent serves, by name."""
    query = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent_id).order_by(AgentQueueRow.queue)
    return list((await session.exec(query)).all())


async def ensure_queue(session: AsyncSession, name: str, *, who: Who, now: datetime) -> QueueRow:
    """Return the queue, made where it was not there; cases that waited for it look again. Raises `BadInput` for a bad name."""
    check_queue_name(name)
    queue = await session.get(QueueRow, name)
    if queue is None:
        queue = await make_queue(session, name, now=now)
        after = told_of_queue(queue)
        await note_change(session, who=who, what="queue.added", subject=name, before=None, after=after, now=now)
    return queue


async def make_queue(session: AsyncSession, name: str, *, now: datetime) -> QueueRow:
    """Write a new queue: always open, without skills. Cases that waited for it look again. The name is checked."""
    queue = QueueRow(name=name)
    session.add(queue)
    await session.flush()
    await look_again(session, queues=[name], now=now)
    return queue


def told_of_queue(queue: QueueRow) -> Json:
    """Return a queue as the audit keeps it."""
    told = queue.model_dump(include={"calendar", "skills", "caller_id", "pace_per_minute", "service_percent", "outcomes"})
    lengths = {name: getattr(queue, name) for name in ("callback_within", "callback_cutoff", "service_within")}
    return told | {name: None if length is None else format_duration(length) for name, length in lengths.items()}


def told_of_agent(agent: AgentRow, queues: Sequence[str]) -> Json:
    """Return an agent as the audit keeps it: of the phone, only whether there is one."""
    known: Json = {"languages": agent.languages, "skills": agent.skills, "queues": sorted(set(queues))}
    return {**known, "has_phone": agent.phone is not None}


def check_queue_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise BadInput("not a queue's name", field="queue", fix="letters, digits, dot, dash and underscore, at most 64")


def check_skills(skills: Sequence[str]) -> None:
    if any(_SKILL.fullmatch(skill) is None for skill in skills):
        raise BadInput("not a skill", field="skills", fix="give each in at most 64 characters, without commas")


def check_agent_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise BadInput("not an agent's name", field="name", fix="letters, digits, dot, dash and underscore, at most 64")


def check_agent(*, queues: Sequence[str], languages: Sequence[str], skills: Sequence[str], phone: str | None) -> None:
    """Raise `BadInput`, with all that does not fit, where these do not make an agent."""
    faults = Faults()
    with faults:
        if not queues:
            raise BadInput("an agent needs a queue", field="queue", fix="name at least one")
    with faults:
        _check_languages(languages)
    with faults:
        check_skills(skills)
    with faults:
        if phone is not None and _PHONE.fullmatch(phone) is None:
            raise BadInput("not an agent's phone", field="phone", fix="give an E.164 number, sip:… or client:…")
    faults.settle()


def _check_languages(languages: Sequence[str]) -> None:
    if not languages:
        raise BadInput("an agent needs a language", field="language", fix="name at least one, such as en")
    if any(_LANGUAGE.fullmatch(language) is None for language in languages):
        raise BadInput("not a language tag", field="language", fix="give a BCP 47 tag such as en or he-IL")


@dataclass(frozen=True, slots=True)
class AgentStanding:
    """An agent as a supervisor sees them."""

    agent: AgentRow
    queues: tuple[str, ...]
    here: bool
    task: TaskRow | None


async def roster(session: AsyncSession, *, now: datetime, agent_id: UUID | None = None) -> list[AgentStanding]:
    """Return all agents by name, or the one named; `here` is whether their desk showed a sign of life."""
    query = select(AgentRow).order_by(AgentRow.name)
    agents = (await session.exec(query if agent_id is None else query.where(AgentRow.id == agent_id))).all()
    of_one = () if agent_id is None else (agent_id,)
    served: dict[UUID, list[str]] = {}
    serving = select(AgentQueueRow).where(*(col(AgentQueueRow.agent_id) == one for one in of_one))
    for row in (await session.exec(serving)).all():
        served.setdefault(row.agent_id, []).append(row.queue)
    in_hand = select(TaskRow).where(col(TaskRow.state).in_(HELD), *(col(TaskRow.agent_id) == one for one in of_one))
    held = {task.agent_id: task for task in (await session.exec(in_hand)).all()}
    return [
        AgentStanding(agent, tuple(sorted(served.get(agent.id, ()))), _is_here(agent, now), held.get(agent.id))
        for agent in agents
    ]


def _is_here(agent: AgentRow, now: datetime) -> bool:
    return agent.seen_at is not None and agent.seen_at > now - SILENCE
