"""What the demo looks up in the database, the logs and the API to judge itself."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

from orchestrator.availability.hours_book import default_book
from orchestrator.embedded.demo.channels import Sent
from orchestrator.embedded.demo.hours import Hours
from orchestrator.embedded.demo.journeys import Journey
from orchestrator.embedded.demo.verdict import Seen, personal_lines
from orchestrator.insights import audit
from orchestrator.storage.database import Database

# The rules whose moments are found by an event, not at a deadline, and that wait neither a grace nor an opening.
_AT_ONCE = ("angry-customer", "lost-in-help")

_COUNTS = """
SELECT 'events', count(*) FROM events
UNION ALL SELECT 'moments', count(*) FROM moments WHERE mode = 'live'
UNION ALL SELECT 'open cases', count(*) FROM escalations WHERE state <> 'closed'
UNION ALL SELECT 'closed cases', count(*) FROM escalations WHERE state = 'closed'
UNION ALL SELECT 'tasks waiting', count(*) FROM tasks WHERE state = 'queued'
UNION ALL SELECT 'calls under way', count(*) FROM attempts WHERE state IN ('submitted', 'ringing', 'connected')
"""

# Open cases, and watches of live rules that will still fire before the demo could end.
_UNDER_WAY = """
SELECT (SELECT count(*) FROM escalations WHERE state <> 'closed')
     + (SELECT count(*) FROM watches WHERE status = 'open' AND mode = 'live' AND deadline < now() + interval '2 minutes')
"""

_EXPIRED_FEEDBACK = """
SELECT count(*) FILTER (WHERE outcome = 'expired'), count(*) FROM escalations WHERE rule = 'bad-feedback'
"""

_OFFERED_TOO_EARLY = "SELECT count(*) FROM tasks WHERE queue = 'deliveries' AND offered_at < :opening"

_WITHOUT_TOKEN = (
    ("POST", "/v1/events"),
    ("GET", "/v1/tasks"),
    ("POST", "/v1/agents/me/next"),
    ("POST", "/v1/customers/lookup"),
    ("PUT", "/v1/queues/sales"),
    ("POST", "/telephony/status"),
)


async def counts(database: Database) -> dict[str, int]:
    """Return the numbers of the live display."""
    async with database.transaction() as session:
        return await audit.tally(session, _COUNTS)


async def all_closed(database: Database) -> bool:
    """Say whether no case is open and no deadline is near."""
    async with database.transaction() as session:
        return await audit.count(session, _UNDER_WAY) == 0


async def findings(database: Database, ledger: Sequence[Mapping[str, Any]], sent: Sent) -> audit.Findings:
    async with database.transaction() as session:
        return await audit.audit(session, ledger=ledger, accepted=sent.accepted, book=default_book())


async def seen(
    database: Database,
    api: httpx.AsyncClient,
    *,
    hours: Hours,
    journeys: Sequence[Journey],
    sent: Sent,
    unsent: int,
    rings: int,
    logs: Path,
    worker_restarts: int,
    seconds: float,
) -> Seen:
    """Gather what the audit does not ask."""
    async with database.transaction() as session:
        connection = await session.connection()
        latency = await audit.event_to_task(session, _AT_ONCE)
        expired, feedback = (await connection.execute(text(_EXPIRED_FEEDBACK))).one()
        too_early = await audit.count(session, _OFFERED_TOO_EARLY, opening=hours.opening_at)
    marks = [journey.attributes[name] for journey in journeys for name in ("phone", "name")]
    return Seen(
        sent=sent,
        unsent=unsent,
        rings=rings,
        latency=latency,
        seconds=seconds,
        personal_in_logs=await asyncio.to_thread(personal_lines, logs, marks),
        let_in=await _let_in(api),
        expired_feedback=expired,
        feedback=feedback,
        offered_too_early=too_early,
        worker_restarts=worker_restarts,
    )


async def _let_in(api: httpx.AsyncClient) -> int:
    """Count the requests without a token that were not refused."""
    answers = [await api.request(method, path, json={}) for method, path in _WITHOUT_TOKEN]
    return sum(answer.status_code not in (401, 403, 404) for answer in answers)
