"""Which of the events that begin a rule have stopped coming: the cause of a silence that somebody can act on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.rules import Detect
from orchestrator.insights.unusual import Stopped
from orchestrator.insights.usual import Stretch, at_most, same_before, usual_of

_LONGEST = timedelta(hours=3)  # of events, which are many: looked at only where a rule has gone silent
_HOUR = timedelta(hours=1)

_EVENTS = text("""
SELECT w.number, e.type, coalesce(c.name, e.source) AS channel, count(*)::int AS events, max(e.time) AS last
FROM unnest(CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[])) WITH ORDINALITY AS w (since, until, number)
JOIN events e ON e.time >= w.since AND e.time < w.until AND e.type LIKE ANY (CAST(:types AS text[]))
LEFT JOIN channels c ON c.id = e.channel_id
GROUP BY 1, 2, 3
""")
_LAST = text("""
SELECT max(e.time) FROM events e LEFT JOIN channels c ON c.id = e.channel_id
WHERE e.time >= :since AND e.time < :until AND e.type = :type AND coalesce(c.name, e.source) = :channel
""")


def beginnings(detect: Detect) -> list[str]:
    """Return the event types, or globs over them, that begin what a detector looks for."""
    if detect.absence is not None:
        return [each.type for each in detect.absence.start]
    if detect.score is not None:
        return [each.type for each in detect.score.events]
    return [each.type for each in detect.occurrence.on] if detect.occurrence is not None else []


async def stopped(
    session: AsyncSession, types: Sequence[str], stretch: Stretch, *, zone: ZoneInfo, unlikely: float
) -> list[Stopped]:
    """Return the flows of these types that are silent at the stretch's end, the strongest first."""
    latest = Stretch(max(stretch.since, stretch.until - _LONGEST), stretch.until)
    stretches = [latest, *same_before(latest, zone)]
    wanted = {
        "since": [each.since for each in stretches],
        "until": [each.until for each in stretches],
        "types": [_like(each) for each in types],
    }
    counts: dict[tuple[str, str], list[int]] = {}
    lasts: dict[tuple[str, str], datetime] = {}
    for row in (await (await session.connection()).execute(_EVENTS, wanted)).all():
        flow = row.type, row.channel
        counts.setdefault(flow, [0] * len(stretches))[row.number - 1] = row.events
        if row.number == 1:
            lasts[flow] = row.last
    found = list(_silent(counts, latest, lasts, unlikely))
    known = [await _dated(session, each, latest) for each in found]
    return sorted(known, key=lambda each: (-each.an_hour, each.type, each.channel))


def _silent(
    counts: Mapping[tuple[str, str], list[int]], latest: Stretch, lasts: Mapping[tuple[str, str], datetime], unlikely: float
) -> Iterator[Stopped]:
    for flow, (now, *before) in counts.items():
        known = before[: len(before) - next((at for at, each in enumerate(reversed(before)) if each), len(before))]
        usual = usual_of(known)  # weeks before the flow began tell nothing about it
        if usual is not None and now * 2 < usual.low and at_most(now, usual.low, usual.spread) < unlikely:
            yield Stopped(*flow, lasts.get(flow), round(usual.expected * (_HOUR / latest.length)))


async def _dated(session: AsyncSession, flow: Stopped, latest: Stretch) -> Stopped:
    """Return the flow with its last event, which may lie before the stretch that was looked at."""
    if flow.last is not None:
        return flow
    wanted = {"since": latest.since - _LONGEST, "until": latest.since, "type": flow.type, "channel": flow.channel}
    last = (await (await session.connection()).execute(_LAST, wanted)).scalar()
    return Stopped(flow.type, flow.channel, last, flow.an_hour)


def _like(pattern: str) -> str:
    literal = pattern.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return literal.replace("*", "%")
