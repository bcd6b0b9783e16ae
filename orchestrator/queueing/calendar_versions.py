"""Calendars as they were, and what somebody saw of one when they changed it: nobody overwrites what they have not seen."""

from collections.abc import Sequence

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.tables import CalendarRow, CalendarVersionRow
from orchestrator.errors import NoSuch, Stale, Unseen
from orchestrator.queueing.seen import Seen, unified


class NoSuchCalendar(NoSuch):
    code = "no_such_calendar"


class CalendarUnseen(Unseen):
    def __init__(self) -> None:
        fix = "send the ETag of the calendar as it was read; for a new calendar, If-None-Match: *"
        super().__init__("a calendar is changed only by who says what they saw of it", fix=fix)


class CalendarStale(Stale):
    code = "stale_calendar"


def tag_of(row: CalendarRow) -> str:
    """Return the calendar's ETag."""
    return f'"{row.version}"'


async def hold(session: AsyncSession, name: str, *, seen: Seen) -> CalendarRow | None:
    """Return a calendar that nobody else changes until this transaction ends, as its author saw it.

    None where there is none and that is what they saw; a retired one counts as none, unless it is wanted back. Raises
    `CalendarUnseen`, `CalendarStale`, `NoSuchCalendar`.
    """
    row = await locked(session, name)
    if row is None or row.retired_at is not None:
        if seen.absent:
            return row
        raise CalendarUnseen if seen.tag is None else NoSuchCalendar(f"no calendar {name}")
    if seen.tag is None and not seen.absent:
        raise CalendarUnseen
    if not seen.fits(row.version):
        changed = await _since(session, row, seen.version)
        raise CalendarStale(f"the calendar {name} was changed meanwhile", tag=tag_of(row), difference=changed)
    return row


async def locked(session: AsyncSession, name: str) -> CalendarRow | None:
    """Return the row, held; two who make a calendar of one name take turns as well."""
    await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(f"calendar {name}", 0))))
    query = select(CalendarRow).where(CalendarRow.name == name).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).first()


async def versions_of(session: AsyncSession, name: str) -> Sequence[CalendarVersionRow]:
    """Return every version, newest first; a retired calendar's too. Raises `NoSuchCalendar`."""
    query = select(CalendarVersionRow).where(CalendarVersionRow.calendar == name)
    found = (await session.exec(query.order_by(col(CalendarVersionRow.version).desc()))).all()
    if not found:
        raise NoSuchCalendar(f"no calendar {name}")
    return found


async def version_of(session: AsyncSession, name: str, version: int) -> CalendarVersionRow:
    """Return one version. Raises `NoSuchCalendar`."""
    row = await session.get(CalendarVersionRow, (name, version))
    if row is None:
        raise NoSuchCalendar(f"there is no version {version} of the calendar {name}")
    return row


def difference(old: CalendarVersionRow, new: CalendarVersionRow) -> str:
    """Return what changed from one version to another as a unified diff; empty where they say the same."""
    return unified(old.document, new.document, since=_named(old), to=_named(new))


def _named(row: CalendarVersionRow) -> str:
    return f"{row.calendar} version {row.version}" + (f" by {row.author}" if row.author else "")


async def _since(session: AsyncSession, row: CalendarRow, seen: int | None) -> str:
    if seen is None:
        return ""
    old = await session.get(CalendarVersionRow, (row.name, seen))
    new = await session.get(CalendarVersionRow, (row.name, row.version))
    return "" if old is None or new is None else difference(old, new)
