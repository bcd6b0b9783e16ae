"""What a database needs before anything runs on it: this version's schema, and the shipped rules, in shadow."""

from orchestrator.rule_life.shipped import load_shipped
from orchestrator.storage.database import Database
from orchestrator.storage.migrate import migrate


async def make_ready(url: str) -> list[str]:
    """Bring the database at `url` up to date and return the names of the shipped rules it did not have."""
    await migrate(url)
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as session:
            return await load_shipped(session, now=await database.clock.now(session))
    finally:
        await database.close()
