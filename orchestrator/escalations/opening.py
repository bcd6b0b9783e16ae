"""When a queue is open, by the calendar that is saved now, and what stops calls altogether."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.agreement import HORIZON
from orchestrator.availability.calendars import Calendar, closure
from orchestrator.availability.due import callback_due
from orchestrator.availability.intervals import FOREVER, Interval, Intervals, clip
from orchestrator.availability.situation import CalendarVersion, SwitchScope
from orchestrator.availability.tables import CalendarRow, ClosureRow, SwitchRow
from orchestrator.availability.windows import Windows
from orchestrator.queueing.floor import parsed
from orchestrator.queueing.tables import QueueRow


class Opening(NamedTuple):
    """When a queue is open: `hours` with the emergency closes that end cut out, and when one that has no end begins.

    `calendar` says which one told so. All None: the queue has no calendar and is always open.
    """

    hours: Windows | None = None
    closed_from: datetime | None = None
    calendar: CalendarVersion | None = None


async def business_hours(session: AsyncSession, queue: str | None, *, now: datetime) -> Opening:
    """Return when the queue is open."""
    saved = await _saved(session, queue)
    if saved is None:
        return Opening()
    closures = await _closures(session, saved.name, now)
    ending = [each for each in closures if each.end != FOREVER]
    return Opening(
        hours=parsed(saved.document).open_times(ending),
        closed_from=min((each.start for each in closures if each.end == FOREVER), default=None),
        calendar=CalendarVersion(saved.name, saved.version),
    )


async def due_at(session: AsyncSession, queue: str, *, within: timedelta, now: datetime) -> datetime:
    """Return by when somebody is called back who is told so now: `within`, and while the queue is open.

    Later than the queue's cut-off (`within`, where it has none) before closing is too late for that day: the time then
    counts from the next opening.
    """
    known = await _calendar(session, queue)
    if known is None:
        return now + within
    row = await session.get(QueueRow, queue)
    cutoff = within if row is None or row.callback_cutoff is None else row.callback_cutoff
    closures = await _closures(session, known.name, now)
    return callback_due(known, now, within=within, cutoff=cutoff, closures=closures) or now + within


async def own_within(session: AsyncSession, queue: str) -> timedelta | None:
    """Return how soon the queue itself wants its callbacks made, None where it leaves that to others."""
    row = await session.get(QueueRow, queue)
    return None if row is None else row.callback_within


async def business_day(session: AsyncSession, queue: str, *, now: datetime) -> Intervals | None:
    """Return what is left of the queue's day, or its next day where nothing is; closes are cut out.

    None: it has no calendar and is always open. Nothing at all: it does not open for 400 days.
    """
    known = await _calendar(session, queue)
    if known is None:
        return None
    closures = await _closures(session, known.name, now)
    today = known.date_at(now)
    for offset in range(-1, HORIZON.days):
        if left := clip(known.opening_on(today + timedelta(days=offset), closures), now, FOREVER):
            return left
    return ()


async def switches(session: AsyncSession, *, queue: str | None, rule: str) -> tuple[SwitchScope, ...]:
    """Return the scopes of the kill switches thrown now that cover a call of this rule on this queue."""
    covers = or_(
        SwitchRow.scope == SwitchScope.EVERYTHING,
        (col(SwitchRow.scope) == SwitchScope.QUEUE) & (col(SwitchRow.target) == queue),
        (col(SwitchRow.scope) == SwitchScope.RULE) & (col(SwitchRow.target) == rule),
    )
    query = select(SwitchRow.scope).where(covers, col(SwitchRow.lifted_at).is_(None))
    return tuple(sorted({SwitchScope(scope) for scope in (await session.exec(query)).all()}))


async def _calendar(session: AsyncSession, queue: str | None) -> Calendar | None:
    saved = await _saved(session, queue)
    return None if saved is None else parsed(saved.document)


async def _saved(session: AsyncSession, queue: str | None) -> CalendarRow | None:
    """Return the queue's calendar. Who holds the queue's row in this session has it without asking again."""
    row = None if queue is None else await session.get(QueueRow, queue)
    return None if row is None or row.calendar is None else await session.get(CalendarRow, row.calendar)


async def _closures(session: AsyncSession, calendar: str, now: datetime) -> tuple[Interval, ...]:
    lasting = or_(col(ClosureRow.ends_at).is_(None), col(ClosureRow.ends_at) > now)
    query = select(ClosureRow.starts_at, ClosureRow.ends_at).where(ClosureRow.calendar == calendar, lasting)
    return tuple(closure(start, end) for start, end in (await session.exec(query)).all())
