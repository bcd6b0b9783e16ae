"""What holds for whole queues at an instant: whether they are open, stopped by a switch, or out of pace."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import Calendar, closure, read_calendar
from orchestrator.availability.intervals import utc
from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import CalendarRow, ClosureRow, SwitchRow
from orchestrator.availability.windows import Windows
from orchestrator.queueing.tables import OfferRow, QueueRow

PACE = timedelta(minutes=1)  # the stretch in which a queue's pace is counted
_HORIZON = timedelta(days=14)  # how far ahead the next opening is looked for


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue at an instant. `opens_at` is the next opening of a closed one, where there is one within two weeks."""

    name: str
    is_open: bool
    opens_at: datetime | None
    switched_off: bool
    pace_per_minute: int | None

    @property
    def may_offer(self) -> bool:
        return self.is_open and not self.switched_off


async def queues_now(session: AsyncSession, names: Collection[str], *, now: datetime) -> list[QueueNow]:
    """Return the named queues that exist, as they are at `now` (aware UTC)."""
    query = select(QueueRow, CalendarRow).outerjoin(CalendarRow, col(QueueRow.calendar) == col(CalendarRow.name))
    rows = (await session.exec(query.where(col(QueueRow.name).in_(names)))).all()
    stopped = await _switched_off(session)
    closures = await _closures(session, {calendar.name for _, calendar in rows if calendar is not None}, now=now)
    return [
        _queue_now(queue, calendar, closures, stopped=not stopped.isdisjoint({None, queue.name}), now=now)
        for queue, calendar in rows
    ]


async def room(session: AsyncSession, queue: QueueNow, *, now: datetime) -> int | None:
    """Return how many offers the queue's pace leaves for this instant, None where it has none.

    Holds the queue's row, so that offers made at the same time are counted too.
    """
    if queue.pace_per_minute is None:
        return None
    await session.exec(select(QueueRow.name).where(QueueRow.name == queue.name).with_for_update())
    made = select(func.count()).where(OfferRow.queue == queue.name, col(OfferRow.offered_at) > now - PACE)
    return max(0, queue.pace_per_minute - (await session.exec(made)).one())


async def _switched_off(session: AsyncSession) -> set[str | None]:
    # None stands for everything; a switch for a rule stops its dials, not the queue.
    thrown = select(SwitchRow).where(
        col(SwitchRow.lifted_at).is_(None), col(SwitchRow.scope).in_([SwitchScope.EVERYTHING, SwitchScope.QUEUE])
    )
    return {row.target if row.scope == SwitchScope.QUEUE else None for row in (await session.exec(thrown)).all()}


async def _closures(session: AsyncSession, calendars: Collection[str], *, now: datetime) -> list[ClosureRow]:
    if not calendars:
        return []
    query = select(ClosureRow).where(
        col(ClosureRow.calendar).in_(calendars), or_(col(ClosureRow.ends_at).is_(None), col(ClosureRow.ends_at) > now)
    )
    return list((await session.exec(query)).all())


def _queue_now(
    queue: QueueRow, calendar: CalendarRow | None, closures: list[ClosureRow], *, stopped: bool, now: datetime
) -> QueueNow:
    hours = None if calendar is None else _hours(calendar, closures)
    is_open = hours is None or hours.open_at(now)
    return QueueNow(
        name=queue.name,
        is_open=is_open,
        opens_at=None if hours is None or is_open else _next_opening(hours, now=now),
        switched_off=stopped,
        pace_per_minute=queue.pace_per_minute,
    )


def _hours(calendar: CalendarRow, closures: list[ClosureRow]) -> Windows:
    cuts = [closure(row.starts_at, row.ends_at) for row in closures if row.calendar == calendar.name]
    return parsed(calendar.document).open_times(cuts)


def _next_opening(hours: Windows, *, now: datetime) -> datetime | None:
    times = hours.between(utc(now), utc(now) + _HORIZON)
    return times[0].start if times else None


@lru_cache(maxsize=256)
def parsed(document: str) -> Calendar:
    """Return the calendar a stored document describes; parsing takes longer than the whole claim does."""
    return read_calendar(document.encode())
