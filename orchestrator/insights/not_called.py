"""Moments that led to no call, one by one with the reason: the funnel's losses before anybody was dialed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.types import DateTime, Uuid
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.placing import Stage, placed
from orchestrator.storage.database import Database

BEFORE_DIALING = (Stage.SEEN, Stage.ELIGIBLE, Stage.QUEUED)
UNDER_WAY = "under_way"  # may be called yet
_PAGE = 2000  # moments looked at in one transaction
_FIRST = 500  # enough for the latest of them, as most moments lead to no call


@dataclass(frozen=True, slots=True)
class NotCalled:
    """`customer` is the name, personal: for pages, never for logs. `stage` is the furthest the moment came."""

    id: UUID
    customer_id: UUID
    customer: str | None
    subject: str
    rule: str
    at: datetime
    found_at: datetime
    stage: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """`last` is where the next page begins; None after the last one."""

    moments: Sequence[NotCalled]
    last: tuple[datetime, UUID] | None


# Along the index of the times, a page at a time: nothing is sorted, and what is looked at stays small. What is under way is
# passed over before its calls are looked up: on a busy floor, the latest thousands are.
_FOUND = """
SELECT m.id, m.customer_id, m.rule, m.at, m.found_at, m.verdict, m.status, m.escalation_id
FROM moments m LEFT JOIN escalations c ON c.id = m.escalation_id
WHERE m.mode = 'live' AND m.found_at >= :since AND m.found_at <= :before AND (m.found_at, m.id) < (:before, :last)
  AND (c.id IS NULL OR c.state = 'closed' OR m.status = 'withdrawn' OR m.verdict NOT IN ('escalate', 'joined'))
ORDER BY m.found_at DESC, m.id DESC LIMIT :size
"""
_LISTED = """
SELECT p.id, p.customer_id, c.attributes ->> 'name' AS customer, c.subject, p.rule, p.at, p.found_at, p.stage, p.reason
FROM placed p JOIN customers c ON c.id = p.customer_id ORDER BY p.found_at DESC, p.id DESC
"""
_MOMENTS = text(placed(_FOUND, _LISTED)).bindparams(
    bindparam("before", type_=DateTime(timezone=True)), bindparam("last", type_=Uuid)
)


async def not_called_page(session: AsyncSession, *, since: datetime, before: datetime, last: UUID, size: int) -> Page:
    """Return those not called among the next `size` moments before `(before, last)`, the latest found first."""
    values = {"since": since, "before": before, "last": last, "size": size}
    rows = (await (await session.connection()).execute(_MOMENTS, values)).all()
    lost = [row for row in rows if row.stage in BEFORE_DIALING and row.reason != UNDER_WAY]
    found = [NotCalled(**{**row._mapping, "stage": Stage(row.stage)}) for row in lost]
    return Page(found, (rows[-1].found_at, rows[-1].id) if len(rows) == size else None)


async def not_called(
    database: Database, *, since: datetime, until: datetime, size: int = _PAGE
) -> AsyncIterator[Sequence[NotCalled]]:
    """Yield the moments found in `[since, until)` that led to no call, the latest first, a page in a transaction each.

    A reader that is slow holds no transaction open.
    """
    place: tuple[datetime, UUID] | None = (until, UUID(int=0))
    while place is not None:
        async with database.transaction() as session:
            page = await not_called_page(session, since=since, before=place[0], last=place[1], size=size)
        yield page.moments
        place = page.last


async def latest_not_called(database: Database, *, since: datetime, until: datetime, limit: int) -> Sequence[NotCalled]:
    """Return up to `limit` of them, the latest found."""
    found: list[NotCalled] = []
    async for moments in not_called(database, since=since, until=until, size=_FIRST):
        found += moments
        if len(found) >= limit:
            break
    return found[:limit]
