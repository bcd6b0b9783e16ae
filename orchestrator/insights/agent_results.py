"""How agents' work went: how fast they answer, how long a case takes them, and what they brought about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.presence import SILENCE


@dataclass(frozen=True, slots=True)
class AgentResult:
    """One agent's figures; a mean is None where nothing was measured. `name` is the person's, where one signs in as them.

    `speed_of_answer` is from an offer to its acceptance (ASA), `talk` with both people in the room, `wrap_up` after the
    call, and `handling` from acceptance to the end of the task (AHT). `occupancy` is the share of the time they were
    available, by their own word and with a desk that lived, in which they had an accepted task. `not_answering` is how long
    they were offered nothing after missing too many offers in a row: no part of the time available, and no pause.
    """

    agent: str
    name: str
    offered: int
    accepted: int
    rejected: int
    missed: int
    done: int
    solved: int
    speed_of_answer: timedelta | None
    talk: timedelta | None
    wrap_up: timedelta | None
    handling: timedelta | None
    occupancy: float | None
    not_answering: timedelta


_RESULTS = text("""
WITH offered AS (
  SELECT agent_id, count(*) AS offered,
    count(*) FILTER (WHERE ending = 'accepted') AS accepted,
    count(*) FILTER (WHERE ending = 'rejected') AS rejected,
    count(*) FILTER (WHERE ending = 'timed_out') AS missed,
    avg(ended_at - offered_at) FILTER (WHERE ending = 'accepted') AS speed
  FROM offers WHERE offered_at >= :since AND offered_at < :until GROUP BY 1
), talked AS (
  SELECT t.agent_id, avg(a.ended_at - a.joined_at) AS talk
  FROM attempts a JOIN tasks t ON t.id = a.task_id
  WHERE a.leg = 'customer' AND a.joined_at >= :since AND a.joined_at < :until GROUP BY 1
), worked AS (
  SELECT agent_id, count(*) AS done, count(*) FILTER (WHERE disposition = 'solved') AS solved,
    avg(ended_at - wrap_since) AS wrap_up, avg(ended_at - coalesce(accepted_at, offered_at)) AS handling,
    sum(ended_at - greatest(coalesce(accepted_at, offered_at), :since)) AS busy
  FROM tasks WHERE state = 'done' AND ended_at >= :since AND ended_at < :until GROUP BY 1
), spells AS (
  SELECT agent_id, presence, since, until FROM presence_spells
  WHERE presence IN ('available', 'not_answering') AND until > :since AND since < :until
  UNION ALL
  SELECT id, presence, presence_since, least(clock_timestamp(), greatest(seen_at, presence_since) + :silence) FROM agents
  WHERE presence IN ('available', 'not_answering')
), lasted AS (
  SELECT agent_id, presence, least(until, :until) - greatest(since, :since) AS length FROM spells
  WHERE least(until, :until) > greatest(since, :since)
), there AS (
  SELECT agent_id, sum(length) FILTER (WHERE presence = 'available') AS there,
    sum(length) FILTER (WHERE presence = 'not_answering') AS not_answering FROM lasted GROUP BY 1
)
SELECT g.name AS agent, coalesce(p.name, g.name) AS name, coalesce(o.offered, 0) AS offered,
  coalesce(o.accepted, 0) AS accepted, coalesce(o.rejected, 0) AS rejected, coalesce(o.missed, 0) AS missed,
  coalesce(w.done, 0) AS done, coalesce(w.solved, 0) AS solved, o.speed, k.talk,
  w.wrap_up, w.handling, CASE WHEN h.there IS NOT NULL
    THEN least(1, coalesce(extract(epoch FROM w.busy), 0) / extract(epoch FROM h.there))::float END AS occupancy,
  coalesce(h.not_answering, interval '0') AS not_answering
FROM agents g
LEFT JOIN people p ON p.agent_id = g.id
LEFT JOIN offered o ON o.agent_id = g.id
LEFT JOIN talked k ON k.agent_id = g.id
LEFT JOIN worked w ON w.agent_id = g.id
LEFT JOIN there h ON h.agent_id = g.id
WHERE o.agent_id IS NOT NULL OR w.agent_id IS NOT NULL
ORDER BY 2, 1
""").bindparams(silence=SILENCE)


async def agent_results(session: AsyncSession, *, since: datetime, until: datetime) -> Sequence[AgentResult]:
    """Return the figures of every agent who was offered or ended work in `[since, until)`, by name."""
    rows = (await (await session.connection()).execute(_RESULTS, {"since": since, "until": until})).all()
    return [_result(row) for row in rows]


def _result(row: Row[Any]) -> AgentResult:
    return AgentResult(
        agent=row.agent,
        name=row.name,
        offered=row.offered,
        accepted=row.accepted,
        rejected=row.rejected,
        missed=row.missed,
        done=row.done,
        solved=row.solved,
        speed_of_answer=row.speed,
        talk=row.talk,
        wrap_up=row.wrap_up,
        handling=row.handling,
        occupancy=row.occupancy,
        not_answering=row.not_answering,
    )
