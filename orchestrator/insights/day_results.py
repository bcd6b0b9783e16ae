"""How the floor did, day by day: calls, who met nobody, and how fast and how much agents worked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.presence import SILENCE


@dataclass(frozen=True, slots=True)
class Waited:
    """Customers who were there for a person: those who were `spoken` with, and those who met nobody."""

    spoken: int
    abandoned: int

    @property
    def share_abandoned(self) -> float | None:
        """None where no customer was there for a person."""
        waited = self.spoken + self.abandoned
        return self.abandoned / waited if waited else None

    @property
    def total(self) -> int:
        return self.spoken + self.abandoned


@dataclass(frozen=True, slots=True)
class DayResult:
    """One day's figures, in the zone asked for; a mean is None where nothing was measured.

    The means and the occupancy are those of `agent_results`, of all agents together.
    """

    day: date
    placed: int
    waited: Waited
    speed_of_answer: timedelta | None
    handling: timedelta | None
    wrap_up: timedelta | None
    occupancy: float | None

    @property
    def is_empty(self) -> bool:
        return not self.placed and self.speed_of_answer is None and self.handling is None


# What lasts over midnight is cut there, so that each day has its own part of it.
_DAYS = text("""
WITH days AS (
  SELECT day::date AS day FROM generate_series(
    date_trunc('day', :since AT TIME ZONE :zone), (:until - interval '1 microsecond') AT TIME ZONE :zone, interval '1 day'
  ) AS day
), calls AS (
  SELECT (submitted_at AT TIME ZONE :zone)::date AS day, count(*) AS placed,
    count(*) FILTER (WHERE joined_at IS NOT NULL) AS spoken, count(*) FILTER (WHERE ending = 'abandoned') AS abandoned
  FROM attempts WHERE leg = 'customer' AND submitted_at >= :since AND submitted_at < :until GROUP BY 1
), answered AS (
  SELECT (offered_at AT TIME ZONE :zone)::date AS day, avg(ended_at - offered_at) AS speed
  FROM offers WHERE offered_at >= :since AND offered_at < :until AND ending = 'accepted' GROUP BY 1
), ended AS (
  SELECT coalesce(accepted_at, offered_at) AS accepted_at, wrap_since, ended_at FROM tasks
  WHERE state = 'done' AND ended_at >= :since AND ended_at < :until
), worked AS (
  SELECT (ended_at AT TIME ZONE :zone)::date AS day, avg(ended_at - accepted_at) AS handling,
    avg(ended_at - wrap_since) AS wrap_up FROM ended GROUP BY 1
), spells AS (
  SELECT since, until FROM presence_spells WHERE presence = 'available' AND until > :since AND since < :until
  UNION ALL
  SELECT presence_since, least(clock_timestamp(), greatest(seen_at, presence_since) + :silence) FROM agents
  WHERE presence = 'available'
), stretches AS (
  SELECT 'busy' AS kind, accepted_at AS since, ended_at AS until FROM ended
  UNION ALL SELECT 'there', since, until FROM spells
), lasted AS (
  SELECT kind, since, until, (since AT TIME ZONE :zone)::date AS first,
    ((until - interval '1 microsecond') AT TIME ZONE :zone)::date AS final
  FROM (SELECT kind, greatest(since, :since) AS since, least(until, :until) AS until FROM stretches) AS inside
  WHERE until > since
), cut AS (
  SELECT first AS day, kind, until - since AS length FROM lasted WHERE first = final
  UNION ALL
  SELECT g.day::date, l.kind,
    least(l.until, (g.day + interval '1 day') AT TIME ZONE :zone) - greatest(l.since, g.day AT TIME ZONE :zone)
  FROM lasted l CROSS JOIN LATERAL generate_series(l.first::timestamp, l.final::timestamp, interval '1 day') AS g (day)
  WHERE l.first <> l.final
), shares AS (
  SELECT day, extract(epoch FROM sum(length) FILTER (WHERE kind = 'busy')) AS busy,
    extract(epoch FROM sum(length) FILTER (WHERE kind = 'there')) AS there FROM cut GROUP BY 1
)
SELECT day, coalesce(c.placed, 0) AS placed, coalesce(c.spoken, 0) AS spoken, coalesce(c.abandoned, 0) AS abandoned,
  a.speed, w.handling, w.wrap_up, CASE WHEN s.there > 0 THEN least(1, coalesce(s.busy, 0) / s.there)::float END AS occupancy
FROM days LEFT JOIN calls c USING (day) LEFT JOIN answered a USING (day) LEFT JOIN worked w USING (day)
LEFT JOIN shares s USING (day) ORDER BY day
""").bindparams(silence=SILENCE)


async def day_results(session: AsyncSession, *, since: datetime, until: datetime, zone: str) -> Sequence[DayResult]:
    """Return the figures of every day in `[since, until)`, whole days of `zone` (IANA name), the first day first."""
    values = {"since": since, "until": until, "zone": zone}
    rows = (await (await session.connection()).execute(_DAYS, values)).all()
    return [
        DayResult(
            day=row.day,
            placed=row.placed,
            waited=Waited(row.spoken, row.abandoned),
            speed_of_answer=row.speed,
            handling=row.handling,
            wrap_up=row.wrap_up,
            occupancy=row.occupancy,
        )
        for row in rows
    ]


def all_waited(days: Iterable[DayResult]) -> Waited:
    """Return the customers of all days together."""
    waited = [day.waited for day in days]
    return Waited(sum(each.spoken for each in waited), sum(each.abandoned for each in waited))
