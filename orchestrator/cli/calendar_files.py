"""`ringback calendar import` and `export`: .ics files."""

import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.ics.scanning import MAX_BYTES
from orchestrator.availability.ics.writing import write_ics
from orchestrator.cli.arguments import Data, file_bytes
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_ics import Import, read_import
from orchestrator.queueing.floor import parsed
from orchestrator.queueing.hours import calendar_named, save_calendar
from orchestrator.queueing.seen import ANYTHING
from orchestrator.settings import Settings

_YEAR = timedelta(days=365)


def import_file(
    file: Annotated[Path, typer.Argument(help="The .ics file.")],
    calendar: Annotated[str, typer.Option(help="The calendar it changes.")],
    preview: Annotated[bool, typer.Option("--preview", help="Show what would change, and save nothing.")] = False,
    opens: Annotated[bool, typer.Option("--opens", help="All events are opening hours; otherwise those named OPEN.")] = False,
    data: Data = None,
) -> None:
    """Take over closed days and opening hours from an .ics file, from today on, for two years."""
    raw = file_bytes(file, field="FILE", most=MAX_BYTES)

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> tuple[Import, int]:
        found = await read_import(session, calendar, raw, opens=opens, now=now)
        if preview:
            return found, found.row.version
        text, why, who = found.text.encode(), "imported an .ics file", operator()
        row = await save_calendar(session, calendar, text, seen=ANYTHING, who=who, now=now, settings=settings, reason=why)
        return found, row.version

    found, version = in_transaction(work, data=data)
    print(found.difference, end="")
    print(f"{calendar}: {len(found.days)} dates change, nothing saved" if preview else f"{calendar}: version {version}")


def export(
    name: Annotated[str, typer.Argument(help="The calendar.")],
    since: Annotated[str | None, typer.Option("--from", help="The first date, YYYY-MM-DD; today otherwise.")] = None,
    until: Annotated[str | None, typer.Option(help="The date after the last, YYYY-MM-DD; a year later otherwise.")] = None,
    data: Data = None,
) -> None:
    """Print a calendar's dates as an .ics file: its opening hours, and the days it is closed."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> bytes:
        calendar = parsed((await calendar_named(session, name)).document)
        first = calendar.date_at(now) if since is None else _date(since, field="--from")
        last = first + _YEAR if until is None else _date(until, field="--until")
        return write_ics(calendar, first=first, last=last, now=now)

    sys.stdout.buffer.write(in_transaction(work, data=data))


def _date(text: str, *, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("there is no such date", field=field, fix="write a date that exists, as YYYY-MM-DD") from None
