"""The events a deployment has accepted, for a back-test on its own past."""

from collections.abc import AsyncIterator

from sqlalchemy import text

from orchestrator.intake.event import Event
from orchestrator.intake.store import accepted_events
from orchestrator.settings import load
from orchestrator.storage.database import Database

_READ_ONLY = text("SET TRANSACTION READ ONLY")


async def stored_events() -> AsyncIterator[Event]:
    """Yield every accepted event of the configured database. Raises `NotConfigured` or `DatabaseUnavailable`."""
    database = Database(load().database(), pool_size=1)
    try:
        async with database.transaction() as session:
            await (await session.connection()).execute(_READ_ONLY)
            async for event in accepted_events(session):
                yield event
    finally:
        await database.close()
