"""All calendars, and how each stands now: open or closed and until when, what shuts it, which queues keep to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import Calendar, closure
from orchestrator.availability.intervals import utc
from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.availability.windows import Windows
from orchestrator.queueing.floor import parsed
from orchestrator.queueing.tables import QueueRow

_STRETCHES = (timedelta(days=14), timedelta(days=400))


@dataclass(frozen=True, slots=True)
class CalendarStanding:
    """A calendar at an instant. `changes_at` is when it next opens or closes, None where it does not for 400 days."""

    row: CalendarRow
    calendar: Calendar
    is_open: bool
    changes_at: datetime | None
    queues: tuple[str, ...]
    closures: tuple[ClosureRow, ...]
    shut: bool  # by an emergency close that lasts now

    @property
    def zone(self) -> str:
        return self.calendar.document.zone


async def calendar_standings(
    session: AsyncSession, *, now: datetime, names: Sequence[str] | None = None
) -> list[CalendarStanding]:
    """Return how calendars stand at `now` (aware UTC), by name; None: all."""
    query = select(CalendarRow).where(col(CalendarRow.retired_at).is_(None)).order_by(CalendarRow.name)
    rows = (await session.exec(query if names is None else query.where(col(CalendarRow.name).in_(names)))).all()
    queues, closures = await _queues(session), await _closures(session, now)
    return [_standing(row, tuple(queues[row.name]), tuple(closures[row.name]), now) for row in rows]


def next_change(hours: Windows, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether it is open at `now` (aware UTC), and when that changes; None where it does not for 400 days."""
    now = utc(now)
    is_open = hours.open_at(now)
    for stretch in _STRETCHES:
        found = hours.between(now, now + stretch)
        if is_open and found[0].end < now + stretch:
            return True, found[0].end
        if not is_open and found:
            return False, found[0].start
    return is_open, None


def _standing(row: CalendarRow, queues: tuple[str, ...], closures: tuple[ClosureRow, ...], now: datetime) -> CalendarStanding:
    calendar = parsed(row.document)
    hours = calendar.open_times(closure(each.starts_at, each.ends_at) for each in closures)
    is_open, changes_at = next_change(hours, now)
    shut = any(each.starts_at <= now for each in closures)
    return CalendarStanding(row, calendar, is_open, changes_at, queues, closures, shut)


async def _queues(session: AsyncSession) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    query = select(QueueRow.calendar, QueueRow.name).where(col(QueueRow.calendar).is_not(None)).order_by(QueueRow.name)
    for calendar, queue in (await session.exec(query)).all():
        found[calendar or ""].append(queue)
    return found


async def _closures(session: AsyncSession, now: datetime) -> dict[str, list[ClosureRow]]:
    found: dict[str, list[ClosureRow]] = defaultdict(list)
    ahead = or_(col(ClosureRow.ends_at).is_(None), col(ClosureRow.ends_at) > now)
    for row in (await session.exec(select(ClosureRow).where(ahead).order_by(col(ClosureRow.starts_at)))).all():
        found[row.calendar].append(row)
    return found
