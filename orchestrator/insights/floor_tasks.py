"""The tasks of the floor as a supervisor picks them, the most urgent first, with names of customers and agents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.types import Text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.order import SOON
from orchestrator.queueing.tables import TaskState


@dataclass(frozen=True, slots=True)
class FloorTask:
    """`customer` and `phone` are personal: for supervisors' pages, never for logs. `tries`: calls its case placed so far.

    `agent` and `preferred` are people's names, or the agents' where nobody signs in as them.
    """

    id: UUID
    customer_id: UUID
    customer: str | None
    phone: str | None
    queue: str
    rule: str
    kind: str
    state: TaskState
    queued_at: datetime
    due_at: datetime | None
    promised: bool
    agent: str | None
    preferred: str | None
    help_asked_at: datetime | None
    tries: int


# Whose agent asks for help stands first, then promises soon due or broken; then by rank, which is how they are offered.
# What else is told of a task is looked up once the most urgent are known: a hundred times, however many wait.
_TASKS = text("""
WITH urgent AS (
  SELECT id, escalation_id, customer_id, queue, kind, state, queued_at, due_at, promised, agent_id, preferred_agent,
    help_asked_at, rank, help_asked_at IS NOT NULL AS asks, promised AND due_at <= :now + :soon AS presses,
    CASE WHEN promised AND due_at <= :now + :soon THEN due_at END AS pressing_at
  FROM tasks
  WHERE state NOT IN ('done', 'withdrawn')
    AND (:queue IS NULL OR queue = :queue) AND (:state IS NULL OR state = :state)
  ORDER BY asks DESC, presses DESC, pressing_at, rank, id LIMIT :limit
)
SELECT t.id, t.customer_id, c.attributes ->> 'name' AS customer, c.attributes ->> 'phone' AS phone, t.queue, e.rule, t.kind,
  t.state, t.queued_at, t.due_at, t.promised, coalesce(ap.name, a.name) AS agent, coalesce(pp.name, p.name) AS preferred,
  t.help_asked_at,
  (SELECT count(*) FROM attempts d
    WHERE d.escalation_id = t.escalation_id AND d.leg = 'customer' AND d.submitted_at IS NOT NULL) AS tries
FROM urgent t
JOIN escalations e ON e.id = t.escalation_id
JOIN customers c ON c.id = t.customer_id
LEFT JOIN agents a ON a.id = t.agent_id
LEFT JOIN people ap ON ap.agent_id = t.agent_id
LEFT JOIN agents p ON p.id = t.preferred_agent
LEFT JOIN people pp ON pp.agent_id = t.preferred_agent
ORDER BY t.asks DESC, t.presses DESC, t.pressing_at, t.rank, t.id
""").bindparams(bindparam("queue", type_=Text), bindparam("state", type_=Text), bindparam("soon", SOON))


async def floor_tasks(
    session: AsyncSession, *, now: datetime, queue: str | None = None, state: TaskState | None = None, limit: int = 100
) -> Sequence[FloorTask]:
    """Return up to `limit` tasks that are not over, of the queue and in the state where one is named."""
    values = {"now": now, "queue": queue, "state": None if state is None else state.value, "limit": limit}
    rows = (await (await session.connection()).execute(_TASKS, values)).all()
    return [_task(row) for row in rows]


def _task(row: Row[Any]) -> FloorTask:
    known = dict(row._mapping)
    return FloorTask(**{**known, "state": TaskState(known["state"])})
