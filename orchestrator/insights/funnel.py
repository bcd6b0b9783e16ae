"""What became of every moment a rule found: how far it came, and for each that came no further, why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


class Stage(StrEnum):
    """How far a moment came, in order. Each stage holds those that came further too."""

    SEEN = "seen"
    ELIGIBLE = "eligible"
    QUEUED = "queued"
    DIALED = "dialed"
    REACHED = "reached"
    SOLVED = "solved"


@dataclass(frozen=True, slots=True)
class Loss:
    """`number` moments that came as far as `stage` and no further, for this reason; `under_way` may still go on."""

    stage: Stage
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """One rule's moments. The losses and what was solved add up to what was seen."""

    rule: str
    reached: Mapping[Stage, int]
    losses: tuple[Loss, ...] = field(default=())

    def at(self, stage: Stage) -> int:
        return self.reached[stage]

    def lost_at(self, stage: Stage) -> tuple[Loss, ...]:
        return tuple(loss for loss in self.losses if loss.stage is stage)


# A month's moments and attempts are joined in memory: 4 MB, which is usual, would send them to the disk.
_ROOM = text("SET LOCAL work_mem = '32MB'")

# A moment's stage is the furthest its case came. Several moments of a customer may stand in one case: each counts.
# Attempts are put together once for all cases: asked for case by case, a month takes three times as long.
_MOMENTS = text("""
WITH found AS (
  SELECT rule, verdict, status, escalation_id FROM moments
  WHERE mode = 'live' AND found_at >= :since AND found_at < :until
), tried AS (
  SELECT escalation_id, bool_or(submitted_at IS NOT NULL) AS dialed, bool_or(joined_at IS NOT NULL) AS spoken,
    (array_agg(ending ORDER BY prepared_at) FILTER (WHERE ending IS NOT NULL))[count(ending)] AS last
  FROM attempts WHERE leg = 'customer' AND escalation_id IN (SELECT escalation_id FROM found) GROUP BY 1
), placed AS MATERIALIZED (
  SELECT f.rule, f.verdict, f.status, e.id AS case_id, e.state, e.outcome, e.reasons ->> 0 AS why, a.last, CASE
    WHEN e.outcome = 'solved' THEN 'solved'
    WHEN a.spoken THEN 'reached'
    WHEN a.dialed THEN 'dialed'
    WHEN EXISTS (SELECT FROM tasks t WHERE t.escalation_id = e.id) THEN 'queued'
    WHEN f.status <> 'withdrawn' AND f.verdict IN ('escalate', 'joined') THEN 'eligible'
    ELSE 'seen' END AS stage
  FROM found f
  LEFT JOIN escalations e ON e.id = f.escalation_id
  LEFT JOIN tried a ON a.escalation_id = f.escalation_id
)
SELECT rule, stage, CASE
    WHEN stage = 'solved' THEN ''
    WHEN stage = 'seen' THEN CASE WHEN status = 'withdrawn' THEN 'withdrawn' ELSE replace(verdict, 'suppressed:', '') END
    WHEN case_id IS NULL THEN 'no_case'
    WHEN state <> 'closed' THEN 'under_way'
    WHEN outcome IN ('suppressed', 'expired') THEN coalesce(why, outcome)
    WHEN stage = 'dialed' AND outcome = 'unreachable' THEN coalesce(last, outcome)
    ELSE outcome END AS reason, count(*) AS number
FROM placed GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3
""")


async def funnels(session: AsyncSession, *, since: datetime, until: datetime) -> list[Funnel]:
    """Return a funnel for each rule that found moments in `[since, until)`, by rule; shadows are left out."""
    connection = await session.connection()
    await connection.execute(_ROOM)
    rows = (await connection.execute(_MOMENTS, {"since": since, "until": until})).all()
    by_rule: dict[str, list[Loss]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, []).append(Loss(Stage(row.stage), row.reason, row.number))
    return [_funnel(rule, ends) for rule, ends in by_rule.items()]


def _funnel(rule: str, ends: Iterable[Loss]) -> Funnel:
    ended = Counter[Stage]()
    losses = []
    for end in ends:
        ended[end.stage] += end.number
        if end.stage is not Stage.SOLVED:
            losses.append(end)
    stages = list(Stage)
    reached = {stage: sum(ended[later] for later in stages[place:]) for place, stage in enumerate(stages)}
    return Funnel(rule, reached, tuple(sorted(losses, key=lambda loss: stages.index(loss.stage))))
