"""The guarantees, asked of the database itself: one query each. Read-only, and safe to run while everything is at work."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.hours_book import CallingHoursBook
from orchestrator.insights.outside_hours import dials_outside_hours

# Calls the carrier rang beyond the first with one attempt's token, and calls that carry no attempt of ours at all.
DOUBLE_DIALS = """
WITH ledger AS (SELECT attempt FROM jsonb_to_recordset(CAST(:ledger AS jsonb)) AS entry(attempt text))
SELECT (SELECT count(*) FROM ledger) - (SELECT count(DISTINCT token) FROM ledger JOIN attempts ON token = attempt)
"""

# Attempts prepared when no moment of their escalation was live any more. Both instants were read from one clock while the
# customer's row was locked, so their order is the order in which the transactions happened. An escalation that was merged
# into another customer's gave its live moments away: there, those of the customer count.
DIALS_AFTER_RESOLUTION = """
SELECT count(*) FROM attempts a JOIN escalations e ON e.id = a.escalation_id
WHERE NOT EXISTS (
  SELECT 1 FROM moments m
  WHERE (m.escalation_id = a.escalation_id OR (e.canceled_reason = 'merged' AND m.customer_id = a.customer_id))
    AND m.found_at <= a.prepared_at
    AND (m.ended_at IS NULL OR m.ended_at > a.prepared_at)
)
"""

OPEN_ESCALATIONS = "SELECT count(*) FROM escalations WHERE state <> 'closed'"

DOUBLE_ESCALATIONS = """
SELECT count(*) FROM (
  SELECT customer_id FROM escalations WHERE state <> 'closed' GROUP BY customer_id HAVING count(*) > 1
) AS crowded
"""

# A promise whose escalation is closed must have ended in a named state.
PROMISES_WITHOUT_STATE = """
SELECT count(*) FROM promises p JOIN escalations e ON e.id = p.escalation_id
WHERE e.state = 'closed' AND p.state IN ('written', 'open')
"""

PROMISES = "SELECT state, count(*) FROM promises GROUP BY state"

ESCALATIONS = "SELECT coalesce(outcome, 'open'), count(*) FROM escalations GROUP BY 1"

# A moment that was withdrawn never was one.
MOMENTS = "SELECT moment, count(*) FROM moments WHERE mode = 'live' AND status <> 'withdrawn' GROUP BY 1"

LOST_EVENTS = """
SELECT count(*) FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[])) AS sent(source, id)
WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.source = sent.source AND e.id = sent.id)
"""

# From the commit of the event that fired an occurrence or a score to the task's first offer, in milliseconds. Such a moment
# is stamped with the time of the last event of its evidence; one that lay ahead (a watch's) with its deadline, and is left
# out. So is one that had to wait, for its grace, for a window or for staff: that was not this service's slowness.
EVENT_TO_TASK = """
SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM offered.first - m.found_at) * 1000)
FROM moments m
JOIN events e ON e.source = split_part(m.evidence ->> -1, ' ', 1)
             AND e.id = substr(m.evidence ->> -1, strpos(m.evidence ->> -1, ' ') + 1)
             AND e.time = m.at
JOIN LATERAL (
  SELECT min(t.offered_at) AS first FROM tasks t WHERE t.escalation_id = m.escalation_id
) AS offered ON offered.first IS NOT NULL
WHERE m.mode = 'live' AND m.verdict = 'escalate' AND m.grace = interval '0'
  AND (CAST(:rules AS text[]) IS NULL OR m.rule = ANY(CAST(:rules AS text[])))
  AND NOT EXISTS (
    SELECT 1 FROM decisions d WHERE d.escalation_id = m.escalation_id AND d.answer = 'wait' AND d.at <= offered.first
  )
"""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; None where nothing was measured."""

    p50: float | None
    p99: float | None


async def count(session: AsyncSession, query: str, **values: Any) -> int:
    connection = await session.connection()
    return int((await connection.execute(text(query), values)).scalar_one())


async def tally(session: AsyncSession, query: str) -> dict[str, int]:
    connection = await session.connection()
    return {str(name): int(number) for name, number in await connection.execute(text(query))}


async def lost_events(session: AsyncSession, accepted: Sequence[tuple[str, str]]) -> int:
    """Count the events a `202` called accepted that are not in the database; `accepted` holds (source, id)."""
    sources, ids = [source for source, _ in accepted], [event_id for _, event_id in accepted]
    return await count(session, LOST_EVENTS, sources=sources, ids=ids)


async def double_dials(session: AsyncSession, ledger: Iterable[Mapping[str, Any]]) -> int:
    """Count the carrier's ledger entries beyond one for each attempt of ours; an entry without an attempt counts whole."""
    return await count(session, DOUBLE_DIALS, ledger=json.dumps([{"attempt": entry["attempt"]} for entry in ledger]))


async def promises(session: AsyncSession) -> dict[str, int]:
    """Return `{made, kept, renewed, broken, released}`; words that never went out were no promise."""
    by_state = await tally(session, PROMISES)
    made = sum(number for state, number in by_state.items() if state not in ("unsaid", "written"))
    named = {state: by_state.get(state, 0) for state in ("kept", "renewed", "broken", "released")}
    return {"made": made, **named}


async def event_to_task(session: AsyncSession, rules: Sequence[str] | None = None) -> Latency:
    """Return how long the first offer took after the event that fired an occurrence or a score; of `rules` alone, if given."""
    connection = await session.connection()
    values = {"rules": None if rules is None else list(rules)}
    both = (await connection.execute(text(EVENT_TO_TASK), values)).scalar_one()
    return Latency(None, None) if both is None else Latency(both[0], both[1])


# A case that was not called must say why; one that is closed must say how it ended.
UNEXPLAINED = """
SELECT count(*) FROM escalations
WHERE (state = 'closed' AND outcome IS NULL)
   OR (outcome IN ('suppressed', 'expired') AND jsonb_array_length(reasons) = 0)
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an audit found. All but the tallies ought to be zero; `open_escalations` where all is `at_rest`."""

    open_escalations: int
    double_escalations: int
    double_dials: int
    dials_after_resolution: int
    dials_outside_hours: int
    promises_without_state: int
    unexplained: int
    lost_events: int
    escalations: Mapping[str, int]
    moments: Mapping[str, int]
    promises: Mapping[str, int]
    event_to_task: Latency
    at_rest: bool = False

    @property
    def violations(self) -> dict[str, int]:
        """Return what breaks a guarantee, by name, with how often."""
        found = {
            "double_escalations": self.double_escalations,
            "double_dials": self.double_dials,
            "dials_after_resolution": self.dials_after_resolution,
            "dials_outside_hours": self.dials_outside_hours,
            "promises_without_state": self.promises_without_state,
            "unexplained": self.unexplained,
            "lost_events": self.lost_events,
            "open_escalations": self.open_escalations if self.at_rest else 0,
        }
        return {name: number for name, number in found.items() if number}


async def audit(
    session: AsyncSession,
    *,
    ledger: Sequence[Mapping[str, Any]],
    accepted: Sequence[tuple[str, str]],
    book: CallingHoursBook,
    at_rest: bool = False,
) -> Findings:
    """Ask every question. `ledger` is the carrier's list of rings, `accepted` the (source, id) that a `202` called accepted.

    `at_rest`: everything ought to be over by now, so an escalation that is still open counts as broken too.
    """
    return Findings(
        open_escalations=await count(session, OPEN_ESCALATIONS),
        double_escalations=await count(session, DOUBLE_ESCALATIONS),
        double_dials=await double_dials(session, ledger),
        dials_after_resolution=await count(session, DIALS_AFTER_RESOLUTION),
        dials_outside_hours=len(await dials_outside_hours(session, book)),
        promises_without_state=await count(session, PROMISES_WITHOUT_STATE),
        unexplained=await count(session, UNEXPLAINED),
        lost_events=await lost_events(session, accepted),
        escalations=await tally(session, ESCALATIONS),
        moments=await tally(session, MOMENTS),
        promises=await promises(session),
        event_to_task=await event_to_task(session),
        at_rest=at_rest,
    )
