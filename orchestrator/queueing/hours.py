"""Calendars and emergency closes as supervisors change them, in force at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import closure, read_calendar
from orchestrator.availability.intervals import check_reach
from orchestrator.availability.tables import CalendarRow, CalendarVersionRow, ClosureRow
from orchestrator.availability.verdicts import GateCode
from orchestrator.errors import BadInput, Conflict, NoSuch
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.changes import Who, name_of, note_change
from orchestrator.queueing.calendar_versions import NoSuchCalendar, hold
from orchestrator.queueing.seen import Seen
from orchestrator.queueing.tables import QueueRow
from orchestrator.queueing.waking import wake
from orchestrator.settings import Settings
from orchestrator.storage.columns import Json


class NoSuchClosure(NoSuch):
    code = "no_such_closure"


class CalendarInUse(Conflict):
    """Queues keep to the calendar; `queues` names them."""

    code = "calendar_in_use"

    def __init__(self, name: str, queues: Sequence[str]) -> None:
        detail = f"queues keep to the calendar {name}: {', '.join(queues)}"
        super().__init__(detail, fix="give these queues another calendar first")
        self.queues = tuple(queues)


async def save_calendar(
    session: AsyncSession,
    name: str,
    document: bytes,
    *,
    seen: Seen,
    who: Who,
    now: datetime,
    settings: Settings,
    reason: str | None = None,
) -> CalendarRow:
    """Save a calendar's YAML (or JSON) as its next version; a text that is in force already makes none.

    Raises `BadInput` with field, place and fix, `CalendarUnseen`, `CalendarStale` and `NoSuchCalendar`.
    """
    calendar = read_calendar(document)
    if calendar.name != name:
        raise BadInput("the document names another calendar", field="calendar", fix=f"write calendar: {name}")
    row, text = await hold(session, name, seen=seen), document.decode("utf-8-sig")
    before = _told(row)
    if row is None:
        row = CalendarRow(name=name, document=text, changed_at=now)
    elif row.document == text and row.retired_at is None:
        return row
    else:
        row.document, row.version, row.changed_at, row.retired_at = text, row.version + 1, now, None
    session.add(row)
    await session.flush()
    version = CalendarVersionRow(calendar=name, version=row.version, document=text, author=name_of(who), saved_at=now)
    version.reason = reason
    session.add(version)
    after = {**(_told(row) or {}), **({} if reason is None else {"reason": reason})}
    await note_change(session, who=who, what="calendar.saved", subject=name, before=before, after=after, now=now)
    await wake(session, queues=await _queues_of(session, name), now=now, settings=settings)
    return row


async def retire_calendar(session: AsyncSession, name: str, *, seen: Seen, who: Who, now: datetime) -> None:
    """Take a calendar away that no queue keeps to; its versions stay. Raises `CalendarInUse` and what `hold` does."""
    row = await hold(session, name, seen=seen)
    if row is None or row.retired_at is not None:
        raise NoSuchCalendar(f"no calendar {name}")
    if queues := await _queues_of(session, name):
        raise CalendarInUse(name, queues)
    before = _told(row)
    row.retired_at = now
    session.add(row)
    await note_change(session, who=who, what="calendar.retired", subject=name, before=before, after=None, now=now)


async def calendar_named(session: AsyncSession, name: str) -> CalendarRow:
    """Raises `NoSuchCalendar`, for a retired one too."""
    row = None if "\0" in name else await session.get(CalendarRow, name)  # PostgreSQL takes no text with NUL
    if row is None or row.retired_at is not None:
        raise NoSuchCalendar(f"no calendar {name}")
    return row


async def closures_of(session: AsyncSession, name: str, *, now: datetime) -> Sequence[ClosureRow]:
    """Return the calendar's closes that last or lie ahead, by their start."""
    ahead = or_(col(ClosureRow.ends_at).is_(None), col(ClosureRow.ends_at) > now)
    query = select(ClosureRow).where(ClosureRow.calendar == name, ahead).order_by(col(ClosureRow.starts_at))
    return (await session.exec(query)).all()


async def close_calendar(
    session: AsyncSession,
    name: str,
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    reason: str,
    author: str,
    who: Who,
    now: datetime,
    settings: Settings,
) -> ClosureRow:
    """Close all queues of a calendar, from now unless `starts_at` says later, until told otherwise unless `ends_at` does."""
    await calendar_named(session, name)
    check_reach(starts_at or now, field="starts_at")
    check_reach(ends_at or now, field="ends_at")
    begins, ends = closure(starts_at or now, ends_at)
    row = ClosureRow(calendar=name, starts_at=begins, ends_at=None if ends_at is None else ends, reason=reason, author=author)
    session.add(row)
    await session.flush()
    after = _told_of_closure(row)
    await note_change(session, who=who, what="calendar.closed", subject=name, before=None, after=after, now=now)
    await wake(session, queues=await _queues_of(session, name), now=now, settings=settings)
    return row


async def end_closure(
    session: AsyncSession, name: str, closure_id: UUID, *, who: Who, now: datetime, settings: Settings
) -> None:
    """Open again; a close that lies ahead is struck out. Done twice, it changes nothing. Raises `NoSuchClosure`."""
    row = await session.get(ClosureRow, closure_id)
    if row is None or row.calendar != name:
        raise NoSuchClosure(f"no closure {closure_id}")
    before, after = _told_of_closure(row), None
    if row.starts_at >= now:
        await session.delete(row)
    elif row.ends_at is None or row.ends_at > now:
        row.ends_at = now
        session.add(row)
        after = _told_of_closure(row)
    else:
        return
    await session.flush()
    await note_change(session, who=who, what="calendar.opened", subject=name, before=before, after=after, now=now)
    queues = await _queues_of(session, name)
    await _let_go(session, queues, now=now)
    await wake(session, queues=queues, now=now, settings=settings)


async def _let_go(session: AsyncSession, queues: Sequence[str], *, now: datetime) -> None:
    """Let what waited for these queues wait no longer than now, so that it gathers as at any opening (`floor.QueueNow`)."""
    waiting = update(EscalationRow).where(
        col(EscalationRow.queue).in_(queues),
        col(EscalationRow.state) == State.WAITING,
        col(EscalationRow.reasons).contains([GateCode.BUSINESS_HOURS.value]),
    )
    await session.exec(waiting.values(wait_until=now))


def _told(row: CalendarRow | None) -> Json | None:
    return None if row is None else {"version": row.version, "document": row.document}


def _told_of_closure(row: ClosureRow) -> Json:
    ends = None if row.ends_at is None else row.ends_at.isoformat()
    return {"starts_at": row.starts_at.isoformat(), "ends_at": ends, "reason": row.reason}


async def _queues_of(session: AsyncSession, calendar: str) -> Sequence[str]:
    return (await session.exec(select(QueueRow.name).where(QueueRow.calendar == calendar).order_by(QueueRow.name))).all()
