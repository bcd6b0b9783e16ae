"""What became of every moment a rule found: how far it came, and for each that came no further, why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.placing import Stage, placed


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

_FOUND = """
SELECT rule, verdict, status, escalation_id FROM moments
WHERE mode = 'live' AND found_at >= :since AND found_at < :until
"""
_COUNTED = "SELECT rule, stage, reason, count(*) AS number FROM placed GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3"
_MOMENTS = text(placed(_FOUND, _COUNTED))


async def funnels(session: AsyncSession, *, since: datetime, until: datetime) -> list[Funnel]:
    """Return a funnel for each rule that found moments in `[since, until)`, by rule; shadows are left out."""
    connection = await session.connection()
    await connection.execute(_ROOM)
    rows = (await connection.execute(_MOMENTS, {"since": since, "until": until})).all()
    by_rule: dict[str, list[Loss]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, []).append(Loss(Stage(row.stage), row.reason, row.number))
    return [_funnel(rule, ends) for rule, ends in by_rule.items()]


_MORE = text("""
SELECT count(*) > :than FROM (
  SELECT FROM moments WHERE mode = 'live' AND found_at >= :since AND found_at < :until LIMIT :than + 1
) AS found
""")


async def more_found(session: AsyncSession, *, since: datetime, until: datetime, than: int) -> bool:
    """Tell whether more than so many moments were found in `[since, until)`; no more than these are looked at."""
    values = {"since": since, "until": until, "than": than}
    return bool((await (await session.connection()).execute(_MORE, values)).scalar_one())


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
