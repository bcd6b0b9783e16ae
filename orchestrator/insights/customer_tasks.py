"""The tasks a customer's cases brought about, with who had them and what they wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class CustomerTask:
    """`notes` is personal: for pages, never for logs."""

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


# By way of the cases: both steps have an index.
_TASKS = text("""
SELECT t.id, t.queue, t.state, t.queued_at, t.due_at, t.offers, a.name AS agent, t.disposition, t.notes, t.ended_at,
  t.end_reason
FROM escalations e JOIN tasks t ON t.escalation_id = e.id LEFT JOIN agents a ON a.id = t.agent_id
WHERE e.customer_id = :customer ORDER BY t.queued_at DESC, t.id LIMIT :limit
""")


async def customer_tasks(session: AsyncSession, customer_id: UUID, *, limit: int = 20) -> Sequence[CustomerTask]:
    """Return the customer's tasks, the newest first."""
    rows = (await (await session.connection()).execute(_TASKS, {"customer": customer_id, "limit": limit})).all()
    return [CustomerTask(**row._mapping) for row in rows]
