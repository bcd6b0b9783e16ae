"""How many moments each rule found, by quarters of an hour: counted once and kept, so that weeks are compared for little."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import Mode, RuleRow, RuleState
from orchestrator.insights.unusual import Found
from orchestrator.insights.usual import WEEKS, WINDOWS, Stretch, quarter_of, same_before, usual_of

_KEPT = timedelta(weeks=WEEKS) + WINDOWS[-1] + timedelta(days=1)
_AGAIN = timedelta(hours=1)  # counted again: what was found then may have been written a little later
_HOUR = timedelta(hours=1)
_HOURS = 24

# By the index of a rule's moments: each look reads those of the last hour, the first those of the weeks that are kept.
_COUNT = text("""
INSERT INTO rule_quarters (rule, mode, quarter, moments, cases)
SELECT r.name, m.mode, date_bin('15 minutes', m.found_at, timestamptz '2000-01-01 00:00+00'), count(*),
  count(*) FILTER (WHERE m.verdict = 'escalate')
FROM rules r CROSS JOIN LATERAL (
  SELECT mode, found_at, verdict FROM moments WHERE rule = r.name AND found_at >= :since AND found_at < :until
) m
GROUP BY 1, 2, 3
ON CONFLICT (rule, mode, quarter) DO UPDATE SET moments = excluded.moments, cases = excluded.cases
""")
_NEWEST = text("SELECT max(quarter) FROM rule_quarters")
_FORGET = text("DELETE FROM rule_quarters WHERE quarter < :before")
_SUMS = text("""
SELECT w.rule, w.number, coalesce(sum(q.moments), 0)::int AS moments, coalesce(sum(q.cases), 0)::int AS cases
FROM unnest(CAST(:rules AS text[]), CAST(:modes AS text[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
  WITH ORDINALITY AS w (rule, mode, since, until, number)
LEFT JOIN rule_quarters q ON q.rule = w.rule AND q.mode = w.mode AND q.quarter >= w.since AND q.quarter < w.until
GROUP BY w.rule, w.number ORDER BY w.number
""")


@dataclass(frozen=True, slots=True)
class Watched:
    """A rule that runs: how, on which clock its weeks repeat, and since when its past is a measure of it."""

    rule: RuleRow
    zone: ZoneInfo
    fresh_from: datetime | None = None

    @property
    def mode(self) -> Mode:
        return Mode.LIVE if self.rule.state == RuleState.PUBLISHED else Mode.SHADOW

    def ran_through(self, stretch: Stretch) -> bool:
        """Tell whether the rule ran all the stretch long, and as it is meant to run now."""
        if stretch.since < max(self.rule.since, self.fresh_from or self.rule.since):
            return False
        pauses = [(datetime.fromisoformat(begin), end and datetime.fromisoformat(end)) for begin, end in self.rule.pauses]
        return not any(begin < stretch.until and (end is None or end > stretch.since) for begin, end in pauses)


async def count_quarters(session: AsyncSession, *, now: datetime) -> None:
    """Count what was found since the last time, and forget what no comparison needs. Done twice, it changes nothing."""
    connection = await session.connection()
    newest = (await connection.execute(_NEWEST)).scalar()
    since = quarter_of(now - _KEPT if newest is None else max(newest - _AGAIN, now - _KEPT))
    await connection.execute(_COUNT, {"since": since, "until": now})
    await connection.execute(_FORGET, {"before": now - _KEPT})


async def found_lately(session: AsyncSession, rules: Sequence[Watched], *, now: datetime) -> Mapping[str, Sequence[Found]]:
    """Return for each rule what it found in stretches up to the last full quarter, the shortest first.

    Stretches in which a rule did not run throughout are left out.
    """
    until = quarter_of(now)
    return await _found(session, rules, [Stretch(until - length, until) for length in WINDOWS])


async def last_day(session: AsyncSession, rules: Sequence[Watched], *, now: datetime) -> Mapping[str, Sequence[Found]]:
    """Return for each rule what it found hour by hour up to the last full quarter, for a day."""
    end = quarter_of(now)
    hours = [Stretch(end - (number + 1) * _HOUR, end - number * _HOUR) for number in reversed(range(_HOURS))]
    return await _found(session, rules, hours)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One number that is wanted; `week` 0 is the stretch itself."""

    watched: Watched
    stretch: Stretch
    of: Stretch
    week: int


async def _found(
    session: AsyncSession, rules: Sequence[Watched], stretches: Sequence[Stretch]
) -> Mapping[str, Sequence[Found]]:
    asked = [each for watched in rules for each in _wanted(watched, stretches)]
    past: defaultdict[tuple[str, Stretch], list[int]] = defaultdict(list)
    now: dict[tuple[str, Stretch], tuple[int, int]] = {}
    for each, (moments, cases) in zip(asked, await _sums(session, asked), strict=True):
        place = each.watched.rule.name, each.stretch
        if each.week:
            past[place].append(moments)
        else:
            now[place] = moments, cases
    found: defaultdict[str, list[Found]] = defaultdict(list)
    for (rule, stretch), (moments, cases) in now.items():
        found[rule].append(Found(stretch, moments, cases, usual_of(past[rule, stretch])))
    return found


def _wanted(watched: Watched, stretches: Iterable[Stretch]) -> Iterable[_Asked]:
    for stretch in stretches:
        if watched.ran_through(stretch):
            yield _Asked(watched, stretch, stretch, 0)
            weeks = enumerate(same_before(stretch, watched.zone), 1)
            yield from (_Asked(watched, stretch, before, week) for week, before in weeks if watched.ran_through(before))


async def _sums(session: AsyncSession, asked: Sequence[_Asked]) -> Sequence[tuple[int, int]]:
    if not asked:
        return []
    wanted = {
        "rules": [each.watched.rule.name for each in asked],
        "modes": [each.watched.mode.value for each in asked],
        "since": [each.of.since for each in asked],
        "until": [each.of.until for each in asked],
    }
    rows = (await (await session.connection()).execute(_SUMS, wanted)).all()
    return [(row.moments, row.cases) for row in rows]
