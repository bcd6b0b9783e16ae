"""`ringback calendar`: business hours, as documents."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import read_calendar
from orchestrator.cli import calendar_closes, calendar_files, calendar_versions
from orchestrator.cli.arguments import Data, file_bytes
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.cli.when import to_the_second
from orchestrator.queueing.calendar_list import CalendarStanding, calendar_standings
from orchestrator.queueing.hours import calendar_named, save_calendar
from orchestrator.queueing.seen import ANYTHING
from orchestrator.settings import Settings

calendar = typer.Typer(no_args_is_help=True, add_completion=False, help="Calendars: the business hours of queues.")
calendar.command("close")(calendar_closes.close)
calendar.command("open")(calendar_closes.reopen)
calendar.command("import")(calendar_files.import_file)
calendar.command("export")(calendar_files.export)
calendar.command("retire")(calendar_versions.retire)
calendar.command("versions")(calendar_versions.versions)
calendar.command("diff")(calendar_versions.diff)


@calendar.command()
def put(
    file: Annotated[Path, typer.Argument(help="The calendar as YAML; its `calendar` is the name.")], data: Data = None
) -> None:
    """Save a calendar; it is in force at once."""
    document = file_bytes(file, field="FILE")
    name = read_calendar(document, name=str(file)).name

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> int:
        row = await save_calendar(session, name, document, seen=ANYTHING, who=operator(), now=now, settings=settings)
        return row.version

    print(f"{name}: version {in_transaction(work, data=data)}")


@calendar.command("list")
def list_calendars(data: Data = None) -> None:
    """Show all calendars: open or closed, until when, and the queues that keep to them."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[CalendarStanding]:
        return await calendar_standings(session, now=now)

    for each in in_transaction(work, data=data):
        state = "shut" if each.shut else "open" if each.is_open else "closed"
        until = "" if each.changes_at is None else f" until {to_the_second(each.changes_at)}"
        print("\t".join([each.row.name, each.zone, f"{state}{until}", ", ".join(each.queues) or "no queue"]))


@calendar.command()
def show(
    name: Annotated[str, typer.Argument(help="The calendar.")],
    version: Annotated[int | None, typer.Option(min=1, help="A version's number; the one in force otherwise.")] = None,
    data: Data = None,
) -> None:
    """Print a calendar exactly as it was written."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> str:
        if version is not None:
            return await calendar_versions.document_of(session, name, version)
        return (await calendar_named(session, name)).document

    text = in_transaction(work, data=data)
    print(text, end="" if text.endswith("\n") else "\n")
