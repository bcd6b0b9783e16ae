"""Giving a task to an agent: the most urgent free one that suits, for one agent at a time, never twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, any_, bindparam, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.floor import QueueNow, room
from orchestrator.queueing.matching import primary
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.order import SOON, in_order
from orchestrator.queueing.tables import AgentRow, OfferEnding, OfferRow, TaskKind, TaskRow, TaskState
from orchestrator.storage.outbox import hint_escalation

DECLINED_FOR = timedelta(minutes=1)  # a task is not offered again to who rejected it: others come first
REMEMBERED = timedelta(hours=1)  # no offer stands longer, so older ones need not be looked at
_FEW, _MANY = 8, 256


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an offer stands: `reservation` for a callback, `held` for a call whose customer is being rung."""

    reservation: timedelta
    held: timedelta

    def until(self, task: TaskRow, now: datetime) -> datetime:
        return now + (self.held if task.kind is TaskKind.CALL else self.reservation)


# The head of each queue and language, twice: by promises soon due and by rank. Nothing is locked here, so that agents
# who look at the same time do not lock each other out of tasks they will not take.
_HEADS = text("""
SELECT head.id, head.rank, head.due_at, head.promised
FROM unnest(:queues) AS served(queue)
CROSS JOIN unnest(:languages) AS spoken(language)
CROSS JOIN LATERAL (
    (SELECT id, rank, due_at, promised FROM tasks
     WHERE queue = served.queue AND coalesce(language, '') = spoken.language AND state = 'queued'
       AND promised AND due_at <= :soon
       AND (not_before IS NULL OR not_before <= :now) AND skills <@ :skills
       AND (preferred_agent IS NULL OR preferred_agent = :agent OR preferred_until <= :now)
       AND id <> ALL (:declined)
     ORDER BY due_at LIMIT :few)
    UNION
    (SELECT id, rank, due_at, promised FROM tasks
     WHERE queue = served.queue AND coalesce(language, '') = spoken.language AND state = 'queued'
       AND (not_before IS NULL OR not_before <= :now) AND skills <@ :skills
       AND (preferred_agent IS NULL OR preferred_agent = :agent OR preferred_until <= :now)
       AND id <> ALL (:declined)
     ORDER BY rank LIMIT :few)
) AS head
""").bindparams(
    bindparam("queues", type_=ARRAY(Text)),
    bindparam("languages", type_=ARRAY(Text)),
    bindparam("skills", type_=ARRAY(Text)),
    bindparam("declined", type_=ARRAY(Uuid)),
    bindparam("agent", type_=Uuid),
)


async def claim(
    session: AsyncSession, agent: AgentRow, queues: Sequence[QueueNow], *, now: datetime, terms: Terms
) -> TaskRow | None:
    """Reserve for `agent` the most urgent free task of these queues that suits; None when there is none.

    The agent's lock is held and they have nothing in hand. Tasks that others are taking are passed over.
    """
    names = [queue.name for queue in queues if queue.may_offer and await room(session, queue, now=now) != 0]
    if not names:
        return None
    declined = await declined_by(session, agent.id, now=now)
    for few in (_FEW, _MANY):
        heads = await _heads(session, agent, names, declined, few=few, now=now)
        task = await _lock_first(session, [head.id for head in in_order(heads, now=now)])
        if task is not None:
            await reserve(session, task, agent, until=terms.until(task, now), now=now)
            return task
        if not heads:
            return None
    return None


async def reserve(session: AsyncSession, task: TaskRow, agent: AgentRow, *, until: datetime, now: datetime) -> None:
    """Hold a queued task for the agent: a new fence, a lease, an offer, word to the process and the desk.

    The agent's and the task's locks are held.
    """
    task.state, task.agent_id, task.lease_until = TaskState.RESERVED, agent.id, until
    task.fence += 1
    task.offers += 1
    task.offered_at = task.offered_at or now
    task.preferred_agent = task.preferred_until = None
    session.add(task)
    session.add(OfferRow(task_id=task.id, agent_id=agent.id, queue=task.queue, fence=task.fence, offered_at=now, until=until))
    await session.flush()
    await hint_escalation(session, task.escalation_id, at=now)
    await tell_of_task(session, What.OFFERED, task)


async def declined_by(session: AsyncSession, agent_id: UUID, *, now: datetime) -> list[UUID]:
    """Return the tasks the agent rejected a moment ago."""
    query = select(OfferRow.task_id).where(
        OfferRow.agent_id == agent_id,
        OfferRow.ending == OfferEnding.REJECTED,
        col(OfferRow.ended_at) > now - DECLINED_FOR,
        col(OfferRow.offered_at) > now - REMEMBERED,
    )
    return list((await session.exec(query)).all())


async def _heads(
    session: AsyncSession, agent: AgentRow, queues: list[str], declined: list[UUID], *, few: int, now: datetime
) -> Sequence[Row[tuple[UUID, datetime, datetime | None, bool]]]:
    connection = await session.connection()
    values = {
        "queues": queues,
        "languages": ["", *sorted({primary(language) for language in agent.languages})],
        "skills": agent.skills,
        "agent": agent.id,
        "declined": declined,
        "soon": now + SOON,
        "now": now,
        "few": few,
    }
    return (await connection.execute(_HEADS, values)).all()


async def _lock_first(session: AsyncSession, ids: list[UUID]) -> TaskRow | None:
    if not ids:
        return None
    listed = bindparam("ids", ids, type_=ARRAY(Uuid))
    query = select(TaskRow).where(col(TaskRow.id) == any_(listed), TaskRow.state == TaskState.QUEUED)
    query = query.order_by(func.array_position(listed, col(TaskRow.id))).limit(1).with_for_update(skip_locked=True)
    return (await session.exec(query.execution_options(populate_existing=True))).first()
