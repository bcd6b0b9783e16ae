"""`ringback calendar`: business hours, as documents."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import read_calendar
from orchestrator.cli.arguments import file_bytes
from orchestrator.cli.one_transaction import Data, in_transaction, operator
from orchestrator.queueing.hours import save_calendar
from orchestrator.settings import Settings

calendar = typer.Typer(no_args_is_help=True, add_completion=False, help="Calendars: the business hours of queues.")


@calendar.callback()
def _of_calendars() -> None:
    pass  # so that `put` is named even while it is the only command


@calendar.command()
def put(
    file: Annotated[Path, typer.Argument(help="The calendar as YAML; its `calendar` is the name.")], data: Data = None
) -> None:
    """Save a calendar; it is in force at once."""
    document = file_bytes(file, field="FILE")
    name = read_calendar(document, name=str(file)).name

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> int:
        return (await save_calendar(session, name, document, who=operator(), now=now, settings=settings)).version

    print(f"{name}: version {in_transaction(work, data=data)}")
