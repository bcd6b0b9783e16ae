"""The outbox's relay: tells Temporal what transactions wrote, in order for each workflow, in parallel for different ones.

Everything it delivers is safe to deliver twice: a start uses the workflow that is there, a hint carries no facts. So a relay
takes rows for a few seconds, delivers them outside any transaction, and deletes them; another takes over from a killed one.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from orchestrator.errors import OrchestratorError
from orchestrator.insights.metrics import outbox_delivered, outbox_set_aside
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import CHANNEL_OUTBOX, Topic
from workflows.contracts import (
    BACKTEST_WORKFLOW,
    ESCALATION_WORKFLOW,
    ESCALATIONS,
    HINT_SIGNAL,
    HOUSEKEEPING,
    WATCH_WORKFLOW,
    WATCHES,
    Contract,
    StartBacktest,
    StartEscalation,
    StartWatch,
)

log = structlog.get_logger(__name__)

MOST_TRIES = 20
_AT_ONCE = 64  # workflows told in one round, and at the same time
_TAKEN_FOR = timedelta(seconds=10)
_RPC = timedelta(seconds=5)
_LONGEST_PAUSE = 5.0  # seconds between looks while Temporal or the database is away

# Temporal is away or overwhelmed: no fault of the row's, so it is not counted against it.
_AWAY = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    }
)

_HINTS = frozenset({Topic.HINT_ESCALATION, Topic.HINT_WATCH, Topic.HINT_BACKTEST})

# The workflows whose first row is due, watch starts last. A row that was set aside blocks its own workflow and no other.
_TAKE = text("""
WITH heads AS (
  SELECT o.workflow_id, o.slow, o.seq FROM outbox o
  WHERE o.set_aside_at IS NULL AND (o.next_try_at IS NULL OR o.next_try_at <= clock_timestamp())
    AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.workflow_id = o.workflow_id AND p.seq < o.seq)
  ORDER BY o.slow, o.seq
  LIMIT :most
  FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE outbox SET next_try_at = clock_timestamp() + :lease
  FROM heads WHERE outbox.seq = heads.seq
  RETURNING outbox.workflow_id
)
SELECT o.seq, o.topic, o.workflow_id, o.payload, o.tries FROM outbox o JOIN taken USING (workflow_id) ORDER BY o.seq
""")

# What no longer matters by the time it is looked at: the start of a watch that is not open any more.
_DROP_STALE = text("""
DELETE FROM outbox USING watches
WHERE outbox.seq = ANY(:seqs) AND outbox.topic = 'start_watch'
  AND watches.id = (outbox.payload ->> 'watch_id')::uuid AND watches.status <> 'open'
RETURNING outbox.workflow_id
""")

_DONE = text("DELETE FROM outbox WHERE seq = ANY(:seqs)")

_AGAIN = text("UPDATE outbox SET next_try_at = clock_timestamp() + :pause WHERE seq = :seq")

_FAILED = text("""
UPDATE outbox SET tries = tries + 1, error = :error, next_try_at = clock_timestamp() + :pause,
  set_aside_at = CASE WHEN tries + 1 >= :most THEN clock_timestamp() END
WHERE seq = :seq RETURNING set_aside_at IS NOT NULL
""")


class TemporalAway(OrchestratorError):
    """Temporal did not answer. The row stays as it is, and the relay waits."""

    code = "temporal_unavailable"
    retryable = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """All that is owed to one workflow just now: `seqs` in order, and whether any of them is a hint."""

    workflow_id: str
    seqs: tuple[int, ...]
    topic: Topic
    hint: bool
    payload: dict[str, Any]
    tries: int


class Relay:
    """Delivers until it is cancelled. Run as many as you like."""

    def __init__(self, database: Database, client: Client, *, poll: timedelta) -> None:
        self._database, self._client, self._poll = database, client, poll

    async def run(self) -> None:
        """Deliver what is owed, at each notification and each `poll`; wait out a database or a Temporal that is away."""
        pause = 0.0
        while True:
            try:
                async with self._listening() as woken:
                    while True:
                        await self.deliver_all()
                        pause = 0.0
                        await woken.wait_for_a_while(self._poll)
            except (OrchestratorError, psycopg.Error) as error:
                pause = min(_LONGEST_PAUSE, pause * 2 or 0.2)
                log.warning("relay waits", error=type(error).__name__, pause=pause)
                await asyncio.sleep(pause)

    async def deliver_all(self) -> int:
        """Deliver whatever is due now; return how many workflows were told. Raises `TemporalAway`, `DatabaseUnavailable`."""
        told = 0
        while deliveries := await self._take():
            results = await self._deliver_in_turn(deliveries)
            done = [each for each, well in results if well]
            await self._finish(done)
            told += len(done)
            if any(well is None for _, well in results):
                raise TemporalAway("Temporal did not answer")
            if len(deliveries) < _AT_ONCE:
                break
        return told

    async def _deliver_in_turn(self, deliveries: Sequence[Delivery]) -> list[tuple[Delivery, bool | None]]:
        """Deliver all at once, but for watches: they sleep anyway, and begin when nobody else waits."""
        results: list[tuple[Delivery, bool | None]] = []
        for are_watches in (False, True):
            turn = [each for each in deliveries if (each.topic is Topic.START_WATCH) is are_watches]
            told = await asyncio.gather(*(self._deliver(each) for each in turn))
            results += zip(turn, told, strict=True)
        return results

    async def _take(self) -> list[Delivery]:
        async with self._database.transaction() as session:
            connection = await session.connection()
            rows = (await connection.execute(_TAKE, {"most": _AT_ONCE, "lease": _TAKEN_FOR})).all()
            seqs = [row.seq for row in rows if row.topic == Topic.START_WATCH]
            stale = {id_ for (id_,) in await connection.execute(_DROP_STALE, {"seqs": seqs})} if seqs else set()
        return _grouped([row for row in rows if row.workflow_id not in stale or row.topic != Topic.START_WATCH])

    async def _deliver(self, delivery: Delivery) -> bool | None:
        """Tell one workflow; say whether it is told, or None when Temporal is away."""
        try:
            await self._tell(delivery)
        except WorkflowAlreadyStartedError:
            return True  # it has run and is over: there is nobody left to tell
        except RPCError as error:
            if error.status in _AWAY:
                await self._note(_AGAIN, seq=delivery.seqs[0], pause=timedelta(seconds=1))
                return None
            await self._count_against(delivery, type(error).__name__)
            return False
        except (TypeError, ValueError) as error:  # a payload that the contract does not fit
            await self._count_against(delivery, type(error).__name__)
            return False
        return True

    async def _tell(self, delivery: Delivery) -> None:
        name, queue, argument = _target(delivery)
        await self._client.start_workflow(
            name,
            argument,
            id=delivery.workflow_id,
            task_queue=queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=HINT_SIGNAL if delivery.hint else None,
            rpc_timeout=_RPC,
        )

    async def _count_against(self, delivery: Delivery, error: str) -> None:
        pause = timedelta(seconds=min(300.0, 0.2 * 2**delivery.tries))
        seq = delivery.seqs[0]
        set_aside = await self._note(_FAILED, seq=seq, error=error, pause=pause, most=MOST_TRIES)
        if set_aside:
            outbox_set_aside()
            log.error("outbox row set aside", seq=seq, workflow_id=delivery.workflow_id, error=error)

    async def _finish(self, done: Sequence[Delivery]) -> None:
        if not done:
            return
        async with self._database.transaction() as session:
            connection = await session.connection()
            await connection.execute(_DONE, {"seqs": [seq for each in done for seq in each.seqs]})
        outbox_delivered(len(done))

    async def _note(self, statement: Any, **values: Any) -> bool:
        async with self._database.transaction() as session:
            result = await _execute(session, statement, values)
            return bool(result.scalar()) if result.returns_rows else False

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator["_Woken"]:
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await psycopg.AsyncConnection.connect(url, autocommit=True, connect_timeout=5)
        try:
            await connection.execute(f"LISTEN {CHANNEL_OUTBOX}")
            yield _Woken(connection)
        finally:
            await connection.close()


class _Woken:
    """Waits on the connection that listens."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def wait_for_a_while(self, longest: timedelta) -> None:
        """Return at the next notification, or after `longest`."""
        async for _ in self._connection.notifies(timeout=longest.total_seconds(), stop_after=1):
            return


async def _execute(session: AsyncSession, statement: Any, values: dict[str, Any]) -> Any:  # a CursorResult of any shape
    connection = await session.connection()
    return await connection.execute(statement, values)


def _grouped(rows: Sequence[Any]) -> list[Delivery]:
    """Join the rows of each workflow: starts and hints in a row are one start, with a hint where there is one."""
    by_workflow: dict[str, list[Any]] = {}
    for row in rows:
        by_workflow.setdefault(row.workflow_id, []).append(row)
    return [
        Delivery(
            workflow_id=workflow_id,
            seqs=tuple(row.seq for row in owed),
            topic=Topic(owed[-1].topic),
            hint=any(row.topic in _HINTS for row in owed),
            payload=owed[-1].payload,
            tries=owed[0].tries,
        )
        for workflow_id, owed in by_workflow.items()
    ]


def _target(delivery: Delivery) -> tuple[str, str, Contract]:
    """Return the workflow's name, its task queue and its argument. Raises `ValueError` for a payload that does not fit."""
    if delivery.topic in (Topic.START_WATCH, Topic.HINT_WATCH):
        return WATCH_WORKFLOW, WATCHES, StartWatch.model_validate(delivery.payload)
    if delivery.topic is Topic.HINT_BACKTEST:
        return BACKTEST_WORKFLOW, HOUSEKEEPING, StartBacktest.model_validate(delivery.payload)
    return ESCALATION_WORKFLOW, ESCALATIONS, StartEscalation.model_validate(delivery.payload)
