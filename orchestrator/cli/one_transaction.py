"""A command that does one thing in the database, in one transaction, and ends."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator import logs
from orchestrator.detection.durations import parse_duration
from orchestrator.embedded import reach
from orchestrator.errors import BadInput
from orchestrator.settings import Settings, load
from orchestrator.storage.database import Database

Result = TypeVar("Result")
Work = Callable[[AsyncSession, datetime, Settings], Awaitable[Result]]


def in_transaction(work: Work[Result], *, data: Path | None) -> Result:
    """Run `work` with the database's time and the settings; commit, and return what it returned."""

    async def once(database: Database, settings: Settings) -> Result:
        async def timed(session: AsyncSession) -> Result:
            return await work(session, await database.clock.now(session), settings)

        return await database.run(timed)

    return with_database(once, data=data)


def with_database(work: Callable[[Database, Settings], Awaitable[Result]], *, data: Path | None) -> Result:
    """Run `work` with the database and the settings, in as many transactions as it needs, and return what it returned."""
    settings = load(data=data)
    logs.configure(level=settings.log_level, json=settings.log_json)
    return asyncio.run(_with_database(work, settings))


async def _with_database(work: Callable[[Database, Settings], Awaitable[Result]], settings: Settings) -> Result:
    url = settings.database()
    (await reach.database(url)).demand()
    database = Database(url, pool_size=1)
    try:
        return await work(database, settings)
    finally:
        await database.close()


def operator() -> str:
    """Return how the audit names whoever runs this command."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):  # a container's user may have no name
        return "cli"


def end_of(lifetime: str | None, now: datetime) -> datetime | None:
    """Return when something ends that lasts so long, such as `30d`. Raises `BadInput`."""
    if lifetime is None:
        return None
    try:
        return now + parse_duration(lifetime)
    except (ValueError, OverflowError):
        raise BadInput("not a duration", field="--expires", fix="write it like 30d, 12h or 45m") from None
