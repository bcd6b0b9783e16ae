"""How the floor stands at an instant: what waits, what is at risk, who does what, which calls are under way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.floor_agents import Doing, FloorAgent, floor_agents
from orchestrator.queueing.order import SOON
from orchestrator.queueing.queues import QueueStanding, standings

WINDOW = timedelta(hours=1)  # the stretch the service level looks back on


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Of the tasks decided in the past hour, how many customers were spoken to by the time they were due.

    A task is decided when its customer is first spoken to, or when it falls due, whichever is first; one that was taken
    away before either is left out.
    """

    decided: int
    in_time: int

    @property
    def share(self) -> float | None:
        return self.in_time / self.decided if self.decided else None


@dataclass(frozen=True, slots=True)
class Board:
    """`at_risk` counts promises that are due soon or overdue and not kept, `overdue` those of them that are late already."""

    at: datetime
    waiting: int
    oldest: datetime | None
    at_risk: int
    overdue: int
    level: ServiceLevel
    calls: int
    doing: Mapping[Doing, int]
    queues: Sequence[QueueStanding]
    agents: Sequence[FloorAgent]


# One statement: figures of one instant. A promise counts once its words went out, or are about to.
_FIGURES = text("""
SELECT
  (SELECT count(*) FROM promises WHERE state IN ('written', 'open') AND due_at <= :now + :soon) AS at_risk,
  (SELECT count(*) FROM promises WHERE state IN ('written', 'open') AND due_at <= :now) AS overdue,
  (SELECT count(*) FROM attempts WHERE leg = 'customer' AND state IN ('submitted', 'ringing', 'connected')) AS calls
""").bindparams(soon=SOON)

# Who may be judged is looked up first: open tasks and those that ended within the window, of which most were decided long
# ago, or are not yet.
_LEVEL = text("""
WITH talked AS (
  SELECT task_id FROM attempts WHERE leg = 'customer' AND joined_at > :since AND joined_at <= :now
), near AS (
  SELECT id, due_at, state, queued_at, ended_at FROM tasks WHERE state NOT IN ('done', 'withdrawn') AND ended_at IS NULL
  UNION ALL
  SELECT id, due_at, state, queued_at, ended_at FROM tasks WHERE ended_at > :since
), judged AS MATERIALIZED (
  SELECT t.due_at, t.ended_at,
    (SELECT min(a.joined_at) FROM attempts a WHERE a.task_id = t.id AND a.leg = 'customer') AS spoken_at
  FROM near t
  WHERE t.queued_at <= :now AND (t.due_at > :since OR t.state <> 'queued')
    AND (t.due_at > :since AND t.due_at <= :now OR t.due_at IS NOT NULL AND t.id IN (SELECT task_id FROM talked))
)
SELECT count(*) AS decided, count(*) FILTER (WHERE spoken_at <= due_at) AS in_time FROM judged
WHERE least(spoken_at, due_at) > :since AND least(spoken_at, due_at) <= :now
  AND (spoken_at IS NOT NULL OR ended_at IS NULL OR ended_at > due_at)
""")


async def board(session: AsyncSession, *, now: datetime) -> Board:
    """Return the floor at `now` (aware UTC)."""
    connection = await session.connection()
    figures = (await connection.execute(_FIGURES, {"now": now})).one()
    level = (await connection.execute(_LEVEL, {"now": now, "since": now - WINDOW})).one()
    queues, agents = await standings(session, None, now=now), await floor_agents(session, now=now)
    oldest = [queue.oldest for queue in queues if queue.oldest is not None]
    return Board(
        at=now,
        waiting=sum(queue.waiting for queue in queues),
        oldest=min(oldest, default=None),
        at_risk=figures.at_risk,
        overdue=figures.overdue,
        level=ServiceLevel(level.decided, level.in_time),
        calls=figures.calls,
        doing=Counter(agent.doing for agent in agents),
        queues=queues,
        agents=agents,
    )
