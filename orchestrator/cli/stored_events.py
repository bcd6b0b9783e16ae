"""The events a deployment has accepted, for a back-test on its own past."""

from orchestrator.intake.event_files import EventFile
from orchestrator.intake.store import accepted_events
from orchestrator.settings import load
from orchestrator.storage.database import Database


async def stored_events() -> EventFile:
    """Read every accepted event of the configured database. Raises `NotConfigured` or `DatabaseUnavailable`."""
    file = EventFile()
    database = Database(load().database(), pool_size=1)
    try:
        async with database.transaction() as session:
            async for event in accepted_events(session):
                file.add(event)
    finally:
        await database.close()
    return file
