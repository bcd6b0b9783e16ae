"""What a supervisor is about to withdraw: the tasks, and which of their customers were promised the call."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Leaving:
    """One task that would go. `customer` is the name, personal; `promised_by` is the time they were told, if any."""

    id: UUID
    customer_id: UUID
    customer: str | None
    queue: str
    promised_by: datetime | None


# A promise that broke is owed still: its customer waits.
_LEAVING = text("""
SELECT t.id, t.customer_id, c.attributes ->> 'name' AS customer, t.queue, coalesce(
    (SELECT p.due_at FROM promises p WHERE p.escalation_id = t.escalation_id AND p.state IN ('open', 'broken')
      ORDER BY p.written_at DESC LIMIT 1), CASE WHEN t.promised THEN t.due_at END) AS promised_by
FROM tasks t JOIN customers c ON c.id = t.customer_id
WHERE t.id = ANY (:ids) AND t.state NOT IN ('done', 'withdrawn')
ORDER BY promised_by NULLS LAST, t.rank, t.id
""").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def leaving(session: AsyncSession, tasks: Collection[UUID]) -> Sequence[Leaving]:
    """Return those of the tasks that are not over, the promised ones first, by the time that was promised."""
    rows = (await (await session.connection()).execute(_LEAVING, {"ids": list(tasks)})).all()
    return [Leaving(**row._mapping) for row in rows]
