"""How partners kept to their level, and what their events caused: moments, cases and calls, rule by rule, and their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Blame:
    """What a partner's events caused under one rule; `cost` is None where the rule says nothing of what a call costs."""

    rule: str
    moments: int
    cases: int
    calls: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class PartnerResult:
    """A partner's events of some days. `on_time` are those within its level; without a level, and without events, None.

    `middle` and `latest` say how long after they happened events arrived: half of them no later, and the last of all.
    """

    channel: str
    events: int
    within: timedelta | None
    promised: float | None
    on_time: int | None
    middle: timedelta | None
    latest: timedelta | None
    blames: Sequence[Blame]

    @property
    def share(self) -> float | None:
        return None if self.on_time is None or not self.events else self.on_time / self.events

    @property
    def is_kept(self) -> bool | None:
        """Whether the level was kept; None where there is none, or nothing to measure it by."""
        return None if self.share is None or self.promised is None else self.share >= self.promised

    @property
    def moments(self) -> int:
        return sum(each.moments for each in self.blames)

    @property
    def cases(self) -> int:
        return sum(each.cases for each in self.blames)

    @property
    def calls(self) -> int:
        return sum(each.calls for each in self.blames)

    @property
    def cost(self) -> float | None:
        known = [each.cost for each in self.blames if each.cost is not None]
        return sum(known) if known else None


# By the index of events by time: a partner's are few among those of the days, and no index leads to them alone.
_EVENTS = text("""
SELECT c.id, c.name, c.on_time_within, c.on_time_share, coalesce(e.events, 0) AS events, e.on_time, e.middle, e.latest
FROM channels c LEFT JOIN (
  SELECT v.channel_id, count(*) AS events, count(*) FILTER (WHERE v.received_at - v.time <= p.on_time_within) AS on_time,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY v.received_at - v.time) AS middle, max(v.received_at - v.time) AS latest
  FROM events v JOIN channels p ON p.id = v.channel_id AND p.kind = 'partner'
  WHERE v.time >= :since AND v.time < :until GROUP BY v.channel_id
) e ON e.channel_id = c.id
WHERE c.kind = 'partner' ORDER BY c.name
""")
# A case that stands on several moments has its calls counted once for each rule that wanted it.
_BLAMES = text("""
WITH blamed AS (
  SELECT DISTINCT v.channel_id, m.id, m.rule, m.escalation_id, (m.worth ->> 'call_cost')::float AS call_cost
  FROM moments m CROSS JOIN LATERAL jsonb_array_elements_text(m.evidence) AS ref
  JOIN events v ON v.source = split_part(ref, ' ', 1) AND v.id = substr(ref, strpos(ref, ' ') + 1)
  JOIN channels c ON c.id = v.channel_id AND c.kind = 'partner'
  WHERE m.mode = 'live' AND m.found_at >= :since AND m.found_at < :until
), cases AS (
  SELECT channel_id, rule, escalation_id, max(call_cost) AS call_cost FROM blamed WHERE escalation_id IS NOT NULL
  GROUP BY channel_id, rule, escalation_id
), called AS (
  SELECT k.*, (SELECT count(*) FROM attempts a WHERE a.escalation_id = k.escalation_id AND a.leg = 'customer'
    AND a.call_sid IS NOT NULL) AS calls FROM cases k
), counted AS (
  SELECT channel_id, rule, count(*) AS cases, sum(calls) AS calls, sum(calls * call_cost) AS cost FROM called
  GROUP BY channel_id, rule
)
SELECT b.channel_id, b.rule, count(DISTINCT b.id) AS moments, coalesce(max(k.cases), 0)::int AS cases,
  coalesce(max(k.calls), 0)::int AS calls, max(k.cost) AS cost
FROM blamed b LEFT JOIN counted k ON k.channel_id = b.channel_id AND k.rule = b.rule
GROUP BY b.channel_id, b.rule ORDER BY moments DESC, b.rule
""")


async def partner_results(session: AsyncSession, *, since: datetime, until: datetime) -> list[PartnerResult]:
    """Return every partner with its events that happened in `[since, until)`, and what was found then because of them."""
    connection, days = await session.connection(), {"since": since, "until": until}
    blames: dict[UUID, list[Blame]] = {}
    for row in (await connection.execute(_BLAMES, days)).all():
        blames.setdefault(row.channel_id, []).append(Blame(row.rule, row.moments, row.cases, row.calls, row.cost))
    return [
        PartnerResult(
            channel=row.name,
            events=row.events,
            within=row.on_time_within,
            promised=row.on_time_share,
            on_time=row.on_time if row.on_time_within is not None else None,
            middle=row.middle,
            latest=row.latest,
            blames=blames.get(row.id, []),
        )
        for row in (await connection.execute(_EVENTS, days)).all()
    ]
