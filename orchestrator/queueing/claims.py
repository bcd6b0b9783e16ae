"""Giving a task to an agent: the most urgent free one that suits, for one agent at a time, never twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.floor import QueueNow, room
from orchestrator.queueing.matching import primary
from orchestrator.queueing.news import What
from orchestrator.queueing.order import PATIENCE, SOON
from orchestrator.queueing.tables import AgentRow, OfferEnding, OfferRow, TaskKind, TaskRow
from orchestrator.storage.outbox import CHANNEL_DESK, CHANNEL_OUTBOX, Topic, escalation_workflow_id

DECLINED_FOR = timedelta(minutes=1)  # a task is not offered again to who rejected it: others come first
REMEMBERED = timedelta(hours=1)  # no offer stands longer, so older ones need not be looked at
_FEW, _MANY = 32, 256  # a few more than people who ask in the same moment; many, when all of those were taken
_WORKFLOW = escalation_workflow_id(UUID(int=0)).removesuffix(str(UUID(int=0)))


@dataclass(frozen=True, slots=True)
class Terms:
    """How long an offer stands: `reservation` for a callback, `held` for a call whose customer is being rung."""

    reservation: timedelta
    held: timedelta

    def until(self, task: TaskRow, now: datetime) -> datetime:
        return now + (self.held if task.kind is TaskKind.CALL else self.reservation)


# One statement, because agents ask all the time. `heads` is the head of each queue and language, twice: by promises soon due
# and by rank; nothing is locked there, so that agents who ask at once do not lock each other out of tasks they will not
# take. `pick` locks the first of them, in the order of `order.place`, that nobody else is at. The rest gives it a
# new fence, a lease, an offer, and word to its process and the desk.
_CLAIM = text("""
WITH heads AS MATERIALIZED (
    SELECT head.id, least(CASE WHEN head.promised THEN head.due_at - :soon END, head.rank + :patience) AS presses, head.rank
    FROM unnest(:queues) AS served(queue)
    CROSS JOIN unnest(:languages) AS spoken(language)
    CROSS JOIN LATERAL (
        (SELECT id, rank, due_at, promised FROM tasks
         WHERE queue = served.queue AND coalesce(language, '') = spoken.language AND state = 'queued'
           AND promised AND due_at <= :now + :soon
           AND (not_before IS NULL OR not_before <= :now) AND skills <@ :skills
           AND (preferred_agent IS NULL OR preferred_agent = :agent OR preferred_until <= :now)
           AND NOT EXISTS (SELECT FROM offers WHERE task_id = tasks.id AND agent_id = :agent
                           AND ending = 'rejected' AND ended_at > :now - :declined_for)
         ORDER BY due_at LIMIT :few)
        UNION
        (SELECT id, rank, due_at, promised FROM tasks
         WHERE queue = served.queue AND coalesce(language, '') = spoken.language AND state = 'queued'
           AND (not_before IS NULL OR not_before <= :now) AND skills <@ :skills
           AND (preferred_agent IS NULL OR preferred_agent = :agent OR preferred_until <= :now)
           AND NOT EXISTS (SELECT FROM offers WHERE task_id = tasks.id AND agent_id = :agent
                           AND ending = 'rejected' AND ended_at > :now - :declined_for)
         ORDER BY rank LIMIT :few)
    ) AS head
), pick AS MATERIALIZED (
    SELECT tasks.id FROM tasks JOIN heads ON heads.id = tasks.id
    WHERE tasks.state = 'queued' AND NOT EXISTS (
        SELECT FROM tasks AS mine WHERE mine.agent_id = :agent
        AND mine.state IN ('reserved', 'assigned', 'dialing', 'connected', 'wrapping'))
    ORDER BY heads.presses > :now, CASE WHEN heads.presses <= :now THEN heads.presses ELSE heads.rank END
    LIMIT 1 FOR UPDATE OF tasks SKIP LOCKED
), taken AS (
    UPDATE tasks SET state = 'reserved', agent_id = :agent, fence = fence + 1, offers = offers + 1,
        lease_until = :now + CASE WHEN kind = 'call' THEN :held ELSE :reservation END,
        offered_at = coalesce(offered_at, :now), preferred_agent = NULL, preferred_until = NULL
    FROM pick WHERE tasks.id = pick.id RETURNING tasks.*
), offered AS (
    INSERT INTO offers (id, task_id, agent_id, queue, fence, offered_at, until)
    SELECT gen_random_uuid(), id, agent_id, queue, fence, :now, lease_until FROM taken
), hinted AS (
    INSERT INTO outbox (topic, workflow_id, payload, slow, written_at, tries)
    SELECT :topic, :workflow || escalation_id, jsonb_build_object('escalation_id', escalation_id), false, :now, 0 FROM taken
)
SELECT taken.*, pg_notify(:outbox, ''), pg_notify(:desk, json_build_object(
    'what', CAST(:what AS text), 'queue', queue, 'task_id', id, 'agent_id', agent_id)::text)
FROM taken
""").bindparams(
    bindparam("queues", type_=ARRAY(Text)),
    bindparam("languages", type_=ARRAY(Text)),
    bindparam("skills", type_=ARRAY(Text)),
    bindparam("agent", type_=Uuid),
    bindparam("soon", SOON),
    bindparam("patience", PATIENCE),
    bindparam("declined_for", DECLINED_FOR),
    bindparam("topic", Topic.HINT_ESCALATION.value, type_=Text),
    bindparam("workflow", _WORKFLOW, type_=Text),
    bindparam("outbox", CHANNEL_OUTBOX, type_=Text),
    bindparam("desk", CHANNEL_DESK, type_=Text),
    bindparam("what", What.OFFERED.value, type_=Text),
)


async def claim(
    session: AsyncSession, agent: AgentRow, queues: Sequence[QueueNow], *, now: datetime, terms: Terms
) -> TaskRow | None:
    """Reserve for `agent` the most urgent free task of these queues that suits; None when there is none, or they have one.

    The agent's lock is held. Tasks that others are taking are passed over.
    """
    names = [queue.name for queue in queues if queue.may_offer and await room(session, queue, now=now) != 0]
    if not names:
        return None
    values = {
        "queues": names,
        "languages": ["", *sorted({primary(language) for language in agent.languages})],
        "skills": agent.skills,
        "agent": agent.id,
        "now": now,
        "reservation": terms.reservation,
        "held": terms.held,
    }
    return await _claim(session, values, few=_FEW) or await _claim(session, values, few=_MANY)


async def _claim(session: AsyncSession, values: dict[str, Any], *, few: int) -> TaskRow | None:
    query = select(TaskRow).from_statement(_CLAIM.bindparams(few=few, **values))
    # SQLModel's `exec` takes it, and has no overload that says so.
    found = await session.exec(query.execution_options(populate_existing=True))  # type: ignore[call-overload]
    task: TaskRow | None = found.scalars().first()
    return task


async def declined_by(session: AsyncSession, agent_id: UUID, *, now: datetime) -> list[UUID]:
    """Return the tasks the agent rejected a moment ago."""
    query = select(OfferRow.task_id).where(
        OfferRow.agent_id == agent_id,
        OfferRow.ending == OfferEnding.REJECTED,
        col(OfferRow.ended_at) > now - DECLINED_FOR,
        col(OfferRow.offered_at) > now - REMEMBERED,
    )
    return list((await session.exec(query)).all())
