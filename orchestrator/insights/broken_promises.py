"""Promises that broke, one by one: what the customer was told, why it was not done, and how late it was in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """`customer` is the name, personal: for pages, never for logs. `is_open`: the case may still bring the call."""

    customer_id: UUID
    customer: str | None
    subject: str
    rule: str
    made_at: datetime
    due_at: datetime
    broken_at: datetime | None
    cause: str | None
    answered_at: datetime | None
    is_open: bool

    @property
    def late_by(self) -> timedelta | None:
        """How long after its time a person spoke with the customer; None where nobody did."""
        return None if self.answered_at is None else self.answered_at - self.due_at


# A call of the same case answers it, or the word of an agent who reached the customer by another telephone.
_BROKEN = text("""
SELECT p.customer_id, c.attributes ->> 'name' AS customer, c.subject, e.rule, p.written_at AS made_at, p.due_at,
  p.ended_at AS broken_at, p.cause, e.state <> 'closed' AS is_open, coalesce(
    (SELECT min(a.joined_at) FROM attempts a
      WHERE a.escalation_id = p.escalation_id AND a.leg = 'customer' AND a.joined_at > p.due_at),
    CASE WHEN p.cause IN ('solved', 'not_solved') THEN p.ended_at END) AS answered_at
FROM promises p
JOIN escalations e ON e.id = p.escalation_id
JOIN customers c ON c.id = p.customer_id
WHERE p.written_at >= :since AND p.written_at < :until AND p.state = 'broken'
ORDER BY p.written_at DESC, p.id LIMIT :limit
""")


async def broken_promises(
    session: AsyncSession, *, since: datetime, until: datetime, limit: int | None = None
) -> Sequence[BrokenPromise]:
    """Return the promises made in `[since, until)` that broke, the latest first: those `promise_results` counts."""
    values = {"since": since, "until": until, "limit": limit}
    rows = (await (await session.connection()).execute(_BROKEN, values)).all()
    return [BrokenPromise(**row._mapping) for row in rows]
