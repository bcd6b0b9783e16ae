"""The sweep: an outbox row for all that shall have a process: open escalations, owed messages, watches, back-tests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from temporalio import activity

from orchestrator.storage.database import Database
from orchestrator.storage.outbox import Topic, backtest_row, escalation_row, post, watch_row
from workflows.contracts import SweepActivities, Swept

log = structlog.get_logger(__name__)

_PAGE = 500

# Those that already have a row in the outbox are being told anyway.
_ESCALATIONS = text("""
SELECT e.id, NULL AS deadline FROM escalations e
WHERE e.state <> 'closed' AND e.id > :after
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.workflow_id = 'escalation-' || e.id)
ORDER BY e.id LIMIT :most
""")
_MESSAGES = text("""
SELECT DISTINCT m.escalation_id AS id, NULL AS deadline FROM moments m
WHERE m.status = 'message_due' AND m.escalation_id > :after
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.workflow_id = 'escalation-' || m.escalation_id)
ORDER BY 1 LIMIT :most
""")
_WATCHES = text("""
SELECT w.id, w.deadline FROM watches w
WHERE w.status = 'open' AND w.id > :after
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.workflow_id = 'watch-' || w.id)
ORDER BY w.id LIMIT :most
""")
_BACKTESTS = text("""
SELECT b.id, NULL AS deadline FROM backtests b
WHERE b.state IN ('queued', 'running') AND b.id > :after
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.workflow_id = 'backtest-' || b.id)
ORDER BY b.id LIMIT :most
""")
_FIRST = UUID(int=0)


class Sweeping(SweepActivities):
    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="housekeeping.sweep")
    async def sweep(self) -> Swept:
        """Start what has no process. Run twice, the second start finds the first's workflow running and changes nothing."""
        started = await self._through(_ESCALATIONS, Topic.HINT_ESCALATION)
        started += await self._through(_MESSAGES, Topic.HINT_ESCALATION)
        started += await self._through(_WATCHES, Topic.START_WATCH)
        started += await self._through(_BACKTESTS, Topic.HINT_BACKTEST)
        log.info("swept", started=started)
        return Swept(started=started)

    async def _through(self, query: Any, topic: Topic) -> int:  # a textual statement
        after, started = _FIRST, 0
        while rows := await self._page(query, topic, after):
            after, started = rows[-1].id, started + len(rows)
            activity.heartbeat(started)
        return started

    async def _page(self, query: Any, topic: Topic, after: UUID) -> Sequence[Any]:  # rows of (id, deadline)
        async with self._database.transaction() as session:
            now = await self._database.clock.now(session)
            connection = await session.connection()
            rows = (await connection.execute(query, {"after": after, "most": _PAGE})).all()
            await post(session, [_owed(topic, row, now) for row in rows])
        return rows


def _owed(topic: Topic, row: Any, now: datetime) -> dict[str, Any]:  # a row of (id, deadline)
    match topic:
        case Topic.START_WATCH:
            return watch_row(topic, row.id, deadline=row.deadline, at=now)
        case Topic.HINT_BACKTEST:
            return backtest_row(row.id, at=now)
        case _:
            return escalation_row(topic, row.id, at=now)
