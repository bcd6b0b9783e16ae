"""What a version in shadow found beside what the published one found: counted, and laid over the hours or days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import Mode
from orchestrator.detection.verdicts import Verdict

_HOURLY = timedelta(days=2)  # what is shorter is shown hour by hour


class Unit(StrEnum):
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Span:
    """`[since, until)` in aware UTC, cut by the calendar of `zone`; of the shadow's moments, those of `version`."""

    rule: str
    version: int
    since: datetime
    until: datetime
    zone: str = "UTC"

    @property
    def unit(self) -> Unit:
        return Unit.HOUR if self.until - self.since <= _HOURLY else Unit.DAY

    @property
    def values(self) -> dict[str, Any]:  # Any: what a statement takes
        names = {"rule": self.rule, "version": self.version, "zone": self.zone, "unit": self.unit.value}
        return names | {"since": self.since, "until": self.until}


@dataclass(frozen=True, slots=True)
class Side:
    """One version's moments by verdict. `value` is what the calls are worth times their chance, `cost` what they would cost."""

    verdicts: Mapping[Verdict, int]
    value: float
    cost: float

    @property
    def moments(self) -> int:
        return sum(self.verdicts.values())

    @property
    def calls(self) -> int:
        """Cases opened, or that would have been."""
        return self.verdicts.get(Verdict.ESCALATE, 0)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many moments both found, of which `differing` were judged otherwise, and how many only one of the two.

    Of the latter, `moved_live` and `moved_shadow` are those the other version found for the same key at another time.
    """

    both: int
    differing: int
    only_live: int
    only_shadow: int
    moved_live: int
    moved_shadow: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Calls of one hour or day, by the instant it begins at."""

    at: datetime
    live: int
    shadow: int


_FOUND = """
FROM moments WHERE rule = :rule AND found_at >= :since AND at >= :since AND at < :until AND status <> 'withdrawn'
AND (mode = 'live' OR version = :version)
"""
_PAIRS = """
WITH found AS (SELECT id, mode, customer_id, key, at, verdict [found]),
pairs AS (
  SELECT l.id AS live, s.id AS shadow, l.verdict <> s.verdict AS differs, coalesce(l.at, s.at) AS at,
    (l.id IS NULL OR s.id IS NULL) AND EXISTS (
      SELECT FROM found o WHERE (o.customer_id, o.key) = (coalesce(l.customer_id, s.customer_id), coalesce(l.key, s.key))
      AND o.mode <> coalesce(l.mode, s.mode)
    ) AS moved
  FROM (SELECT * FROM found WHERE mode = 'live') l FULL JOIN (SELECT * FROM found WHERE mode = 'shadow') s
  ON (l.customer_id, l.key, l.at) = (s.customer_id, s.key, s.at)
)
"""


def _statement(words: str) -> TextClause:
    return text(words.replace("[pairs]", _PAIRS).replace("[found]", _FOUND))


_SIDES = _statement("""
SELECT mode, verdict, count(*) AS number,
  sum((worth->>'value')::float * (worth->>'chance')::float) FILTER (WHERE verdict IN ('escalate', 'joined')) AS value,
  sum((worth->>'call_cost')::float) FILTER (WHERE verdict = 'escalate') AS cost
[found] GROUP BY mode, verdict
""")
_OVERLAP = _statement("""
[pairs] SELECT count(*) FILTER (WHERE live IS NOT NULL AND shadow IS NOT NULL) AS both_found,
  count(*) FILTER (WHERE differs) AS differing, count(*) FILTER (WHERE shadow IS NULL) AS only_live,
  count(*) FILTER (WHERE live IS NULL) AS only_shadow,
  count(*) FILTER (WHERE moved AND shadow IS NULL) AS moved_live, count(*) FILTER (WHERE moved AND live IS NULL) AS moved_shadow
FROM pairs
""")
_ALONE = _statement("""
[pairs], alone AS (
  SELECT coalesce(live, shadow) AS id,
    row_number() OVER (PARTITION BY live IS NULL ORDER BY moved, at DESC, live, shadow) AS place
  FROM pairs WHERE live IS NULL OR shadow IS NULL
)
SELECT id FROM alone WHERE place <= :most ORDER BY place
""")
_APART = _statement("[pairs] SELECT live, shadow FROM pairs WHERE differs ORDER BY at DESC, live LIMIT :most")
# Every hour or day stands there, also those in which nobody would have been called.
_BUCKETS = _statement("""
WITH found AS (SELECT mode, verdict, at [found]),
starts AS (
  SELECT at FROM generate_series(
    date_trunc(:unit, CAST(:since AS timestamptz), :zone), CAST(:until AS timestamptz) - interval '1 microsecond',
    ('1 ' || :unit)::interval, :zone
  ) AS at
)
SELECT starts.at, count(*) FILTER (WHERE found.mode = 'live') AS live, count(*) FILTER (WHERE found.mode = 'shadow') AS shadow
FROM starts LEFT JOIN found ON date_trunc(:unit, found.at, :zone) = starts.at AND found.verdict = 'escalate'
GROUP BY 1 ORDER BY 1
""")


async def sides(session: AsyncSession, span: Span) -> Mapping[Mode, Side]:
    """Return both versions' figures; a mode without moments has zeros."""
    rows = (await (await session.connection()).execute(_SIDES, span.values)).all()
    return {mode: _side([row for row in rows if row.mode == mode.value]) for mode in Mode}


def _side(rows: Sequence[Any]) -> Side:  # Any: rows of a statement of ours
    verdicts = {Verdict(row.verdict): row.number for row in sorted(rows, key=lambda row: -row.number)}
    return Side(verdicts, sum(row.value or 0 for row in rows), sum(row.cost or 0 for row in rows))


async def overlap(session: AsyncSession, span: Span) -> Overlap:
    row = (await (await session.connection()).execute(_OVERLAP, span.values)).one()
    return Overlap(row.both_found, row.differing, row.only_live, row.only_shadow, row.moved_live, row.moved_shadow)


async def found_alone(session: AsyncSession, span: Span, *, most: int) -> Sequence[UUID]:
    """Return moments that only one of the two versions found, at most so many of each: the newest, and before those that the
    other found at another time, those that it did not find at all.
    """
    rows = await (await session.connection()).execute(_ALONE, span.values | {"most": most})
    return [row.id for row in rows]


async def judged_apart(session: AsyncSession, span: Span, *, most: int) -> Sequence[tuple[UUID, UUID]]:
    """Return moments that both found and judged differently, the published version's and the shadow's: the newest."""
    rows = await (await session.connection()).execute(_APART, span.values | {"most": most})
    return [(row.live, row.shadow) for row in rows]


async def buckets(session: AsyncSession, span: Span) -> Sequence[Bucket]:
    rows = await (await session.connection()).execute(_BUCKETS, span.values)
    return [Bucket(row.at, row.live, row.shadow) for row in rows]
