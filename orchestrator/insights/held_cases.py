"""Cases that are held back before they become a task: how many and why, until when, and whom they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import PhoneFault
from orchestrator.availability.verdicts import GateCode

# They end when somebody ends them; the case's own time is no more than when it looks again.
_BY_HAND = frozenset({GateCode.KILL_SWITCH, GateCode.STAFFING, "no_such_queue", "unsettled_call", *PhoneFault})


@dataclass(frozen=True, slots=True)
class Held:
    """`number` cases held back for the same codes. They go on from `first` to `last`; None where no clock tells."""

    reasons: tuple[str, ...]
    number: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCase:
    """One of them. `customer` is the name, personal; `promised_by` is a time they were told, and `until` as in `Held`."""

    customer_id: UUID
    customer: str | None
    rule: str
    queue: str | None
    opened_at: datetime
    until: datetime | None
    reasons: tuple[str, ...]
    promised_by: datetime | None


# `shut`: an emergency close without an end begins before the case looks again, so that no clock tells when it goes on.
# The states are spelt as the index has them, or it would not be used.
_GROUPS = text("""
SELECT reasons, count(*) AS number,
  min(wait_until) FILTER (WHERE NOT shut) AS first, max(wait_until) FILTER (WHERE NOT shut) AS last
FROM (
  SELECT reasons, wait_until, EXISTS (
    SELECT FROM queues q JOIN closures s ON s.calendar = q.calendar
    WHERE q.name = e.queue AND s.ends_at IS NULL AND s.starts_at <= e.wait_until
  ) AS shut FROM escalations e WHERE state IN ('open', 'waiting')
) AS held GROUP BY reasons ORDER BY number DESC, reasons
""")
_CASES = text("""
WITH held AS (
  SELECT id, customer_id, rule, queue, opened_at, wait_until, reasons FROM escalations
  WHERE state IN ('open', 'waiting') AND (CAST(:reasons AS jsonb) IS NULL OR reasons = CAST(:reasons AS jsonb))
  ORDER BY wait_until, opened_at, id LIMIT :limit
)
SELECT h.customer_id, c.attributes ->> 'name' AS customer, h.rule, h.queue, h.opened_at, h.wait_until, h.reasons,
  (SELECT max(p.due_at) FROM promises p WHERE p.escalation_id = h.id AND p.state IN ('open', 'broken')) AS promised_by,
  EXISTS (
    SELECT FROM queues q JOIN closures s ON s.calendar = q.calendar
    WHERE q.name = h.queue AND s.ends_at IS NULL AND s.starts_at <= h.wait_until
  ) AS shut
FROM held h JOIN customers c ON c.id = h.customer_id ORDER BY h.wait_until, h.opened_at, h.id
""").bindparams(bindparam("reasons", type_=JSONB(none_as_null=True)))


async def held(session: AsyncSession) -> list[Held]:
    """Return the groups, the largest first: each case is in one."""
    found = []
    for row in (await (await session.connection()).execute(_GROUPS)).all():
        told = _is_told_by_a_clock(row.reasons)
        found.append(Held(tuple(row.reasons), row.number, row.first if told else None, row.last if told else None))
    return found


async def held_cases(session: AsyncSession, *, reasons: Sequence[str] | None = None, limit: int = 100) -> list[HeldCase]:
    """Return up to `limit` of them, those of one group where its codes are given, those that go on first before others."""
    values = {"reasons": None if reasons is None else list(reasons), "limit": limit}
    rows = (await (await session.connection()).execute(_CASES, values)).all()
    return [
        HeldCase(
            customer_id=row.customer_id,
            customer=row.customer,
            rule=row.rule,
            queue=row.queue,
            opened_at=row.opened_at,
            until=row.wait_until if _is_told_by_a_clock(row.reasons) and not row.shut else None,
            reasons=tuple(row.reasons),
            promised_by=row.promised_by,
        )
        for row in rows
    ]


def _is_told_by_a_clock(reasons: Sequence[str]) -> bool:
    return not _BY_HAND.intersection(reasons)
