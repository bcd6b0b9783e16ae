"""What holds for whole queues at an instant: whether they are open, stopped by a switch, or out of pace."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import Calendar, closure, read_calendar
from orchestrator.availability.intervals import Interval, utc
from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.windows import Windows
from orchestrator.queueing.tables import OfferRow, QueueRow

GATHERING = timedelta(seconds=5)  # an opening waits no longer for the last of those it lets look again
PACE = timedelta(minutes=1)  # the stretch in which a queue's pace is counted
_HORIZON = timedelta(days=14)  # how far ahead the next opening is looked for


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue at an instant. `opens_at` is the next opening of a closed one, where there is one within two weeks.

    `gathering`: it has opened just now, and some of those that waited for it have not looked at their gates yet. Nothing is
    offered before they have, so that the most urgent of them go first and not the quickest.
    """

    name: str
    is_open: bool
    opens_at: datetime | None
    switched_off: bool
    gathering: bool
    pace_per_minute: int | None

    @property
    def may_offer(self) -> bool:
        return self.is_open and not self.switched_off and not self.gathering


# Closes and switches come with the queues: this is asked before every offer.
_QUEUES = text("""
SELECT queues.name, queues.pace_per_minute, calendars.document,
    (SELECT json_agg(json_build_array(starts_at, ends_at)) FROM closures
     WHERE closures.calendar = queues.calendar AND (ends_at IS NULL OR ends_at > :now)) AS closures,
    EXISTS (SELECT FROM switches WHERE lifted_at IS NULL
            AND (scope = :everything OR scope = :queue AND target = queues.name)) AS stopped,
    EXISTS (SELECT FROM escalations WHERE escalations.queue = queues.name AND state = 'waiting'
            AND wait_until <= :now AND wait_until > :now - :gathering
            AND reasons @> '["business_hours"]') AS gathering
FROM queues LEFT JOIN calendars ON calendars.name = queues.calendar
WHERE queues.name = ANY (:names) OR queues.name IN (SELECT queue FROM agent_queues WHERE agent_id = :agent)
""").bindparams(
    bindparam("names", type_=ARRAY(Text)),
    bindparam("agent", type_=Uuid),
    bindparam("gathering", GATHERING),
    bindparam("everything", SwitchScope.EVERYTHING.value),
    bindparam("queue", SwitchScope.QUEUE.value),
)


async def queues_now(session: AsyncSession, names: Collection[str], *, now: datetime) -> list[QueueNow]:
    """Return the named queues that exist, as they are at `now` (aware UTC)."""
    return await _ask(session, names=list(names), agent=None, now=now)


async def queues_of(session: AsyncSession, agent_id: UUID, *, now: datetime) -> list[QueueNow]:
    """Return the queues the agent serves, as they are at `now` (aware UTC)."""
    return await _ask(session, names=[], agent=agent_id, now=now)


async def _ask(session: AsyncSession, *, names: list[str], agent: UUID | None, now: datetime) -> list[QueueNow]:
    connection = await session.connection()
    rows = (await connection.execute(_QUEUES, {"names": names, "agent": agent, "now": now})).all()
    return [_queue_now(row, now=now) for row in rows]


async def room(session: AsyncSession, queue: QueueNow, *, now: datetime) -> int | None:
    """Return how many offers the queue's pace leaves for this instant, None where it has none.

    Holds the queue's row, so that offers made at the same time are counted too.
    """
    if queue.pace_per_minute is None:
        return None
    await session.exec(select(QueueRow.name).where(QueueRow.name == queue.name).with_for_update())
    made = select(func.count()).where(OfferRow.queue == queue.name, col(OfferRow.offered_at) > now - PACE)
    return max(0, queue.pace_per_minute - (await session.exec(made)).one())


def _queue_now(row: Row[Any], *, now: datetime) -> QueueNow:
    hours = None if row.document is None else parsed(row.document).open_times(_cuts(row.closures))
    is_open = hours is None or hours.open_at(now)
    return QueueNow(
        name=row.name,
        is_open=is_open,
        opens_at=None if hours is None or is_open else _next_opening(hours, now=now),
        switched_off=row.stopped,
        gathering=row.gathering,
        pace_per_minute=row.pace_per_minute,
    )


def _cuts(closures: list[tuple[str, str | None]] | None) -> list[Interval]:
    return [
        closure(datetime.fromisoformat(starts), None if ends is None else datetime.fromisoformat(ends))
        for starts, ends in closures or ()
    ]


def _next_opening(hours: Windows, *, now: datetime) -> datetime | None:
    times = hours.between(utc(now), utc(now) + _HORIZON)
    return times[0].start if times else None


@lru_cache(maxsize=256)
def parsed(document: str) -> Calendar:
    """Return the calendar a stored document describes; parsing takes longer than the whole claim does."""
    return read_calendar(document.encode())
