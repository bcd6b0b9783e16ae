"""Agents who ask for help with the task in hand, as a supervisor who may come to their side sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import TaskState


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """`customer` is personal: for supervisors' pages, never for logs."""

    task_id: UUID
    customer_id: UUID
    customer: str | None
    agent: str
    queue: str
    rule: str
    state: TaskState
    asked_at: datetime


_ASKED = text("""
SELECT t.id AS task_id, t.customer_id, c.attributes ->> 'name' AS customer, coalesce(p.name, a.name) AS agent, t.queue,
  e.rule, t.state, t.help_asked_at AS asked_at
FROM tasks t
JOIN escalations e ON e.id = t.escalation_id
JOIN customers c ON c.id = t.customer_id
JOIN agents a ON a.id = t.agent_id
LEFT JOIN people p ON p.agent_id = a.id
WHERE t.help_asked_at IS NOT NULL AND t.state IN ('reserved', 'assigned', 'dialing', 'connected', 'wrapping')
ORDER BY t.help_asked_at, t.id LIMIT 20
""")


async def help_asked(session: AsyncSession) -> Sequence[HelpAsked]:
    """Return who asks for help now, who has waited longest first."""
    rows = (await (await session.connection()).execute(_ASKED)).all()
    return [HelpAsked(**{**row._mapping, "state": TaskState(row.state)}) for row in rows]
