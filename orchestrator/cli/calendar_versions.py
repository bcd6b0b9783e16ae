"""`ringback calendar`: the versions of a calendar, and its end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.tables import CalendarVersionRow
from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.cli.when import to_the_second
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_versions import difference, version_of, versions_of
from orchestrator.queueing.hours import retire_calendar
from orchestrator.queueing.seen import ANYTHING
from orchestrator.settings import Settings

Name = Annotated[str, typer.Argument(help="The calendar.")]


def versions(name: Name, data: Data = None) -> None:
    """List the versions of a calendar, newest first: when and by whom."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> Sequence[CalendarVersionRow]:
        return await versions_of(session, name)

    for row in in_transaction(work, data=data):
        print("\t".join([f"version {row.version}", to_the_second(row.saved_at), row.author or "-"]))


def diff(
    name: Name,
    since: Annotated[int | None, typer.Option("--from", min=1, help="The earlier version; the last but one otherwise.")] = None,
    to: Annotated[int | None, typer.Option("--to", min=1, help="The later version; the newest otherwise.")] = None,
    data: Data = None,
) -> None:
    """Print what changed from one version of a calendar to another."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> str:
        known = await versions_of(session, name)
        if since is None and len(known) < 2:
            raise BadInput("there is one version only", field="--from", fix="save another one first")
        old = known[1] if since is None else await version_of(session, name, since)
        return difference(old, known[0] if to is None else await version_of(session, name, to))

    print(in_transaction(work, data=data), end="")


def retire(name: Name, data: Data = None) -> None:
    """Take a calendar away that no queue keeps to; its versions stay."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> None:
        await retire_calendar(session, name, seen=ANYTHING, who=operator(), now=now)

    in_transaction(work, data=data)


async def document_of(session: AsyncSession, name: str, version: int) -> str:
    """Return a version as it was written."""
    return (await version_of(session, name, version)).document
