"""What became of what customers were told: kept, renewed, broken and why, released."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import PromiseState


@dataclass(frozen=True, slots=True)
class PromiseResult:
    """`number` promises of a rule that ended in `state` for `cause`; open ones have neither ended nor a cause."""

    rule: str
    state: PromiseState
    cause: str | None
    number: int


# Words that never went out were no promise.
_RESULTS = text("""
SELECT e.rule, p.state, CASE WHEN p.state <> 'kept' AND p.state <> 'open' THEN p.cause END AS cause, count(*) AS number
FROM promises p JOIN escalations e ON e.id = p.escalation_id
WHERE p.written_at >= :since AND p.written_at < :until AND p.state NOT IN ('written', 'unsaid')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3
""")


async def promise_results(session: AsyncSession, *, since: datetime, until: datetime) -> Sequence[PromiseResult]:
    """Return what became of the promises made in `[since, until)`, by rule, state and cause."""
    rows = (await (await session.connection()).execute(_RESULTS, {"since": since, "until": until})).all()
    return [PromiseResult(row.rule, PromiseState(row.state), row.cause, row.number) for row in rows]
