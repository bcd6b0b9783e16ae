"""The tasks a customer's cases brought about, with who had them and what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class CustomerTask:
    """`notes` is personal: for pages, never for logs. `withdrawn_by` gave `withdrawn_because`, where a person withdrew it."""

    id: UUID
    queue: str
    state: str
    queued_at: datetime
    due_at: datetime | None
    offers: int
    agent: str | None
    disposition: str | None
    notes: str | None
    ended_at: datetime | None
    end_reason: str | None
    withdrawn_by: str | None
    withdrawn_because: str | None


# By way of the cases: both steps have an index.
_TASKS = text("""
SELECT t.id, t.queue, t.state, t.queued_at, t.due_at, t.offers, coalesce(s.name, a.name) AS agent, t.disposition, t.notes,
  t.ended_at, t.end_reason, w.who AS withdrawn_by, CASE WHEN w.who IS NOT NULL THEN e.canceled_reason END AS withdrawn_because
FROM escalations e JOIN tasks t ON t.escalation_id = e.id LEFT JOIN agents a ON a.id = t.agent_id
LEFT JOIN people s ON s.agent_id = t.agent_id
LEFT JOIN LATERAL (
  SELECT coalesce(p.name, h.who) AS who FROM changes h LEFT JOIN people p ON p.id = h.person_id
  WHERE h.subject IN (t.id::text, e.id::text) AND h.what IN ('task.withdraw', 'escalation.cancel')
  ORDER BY h.at DESC LIMIT 1
) w ON t.state = 'withdrawn' AND t.end_reason = 'canceled'
WHERE e.customer_id = :customer ORDER BY t.queued_at DESC, t.id LIMIT :limit
""")


async def customer_tasks(session: AsyncSession, customer_id: UUID, *, limit: int = 20) -> Sequence[CustomerTask]:
    """Return the customer's tasks, the newest first."""
    rows = (await (await session.connection()).execute(_TASKS, {"customer": customer_id, "limit": limit})).all()
    return [CustomerTask(**row._mapping) for row in rows]
