"""The revisions make exactly the tables that the code declares."""

import asyncio

from sqlalchemy import create_engine

from orchestrator.storage.database import Database, async_url
from orchestrator.storage.migrate import differences, migrate


async def test_the_revisions_and_the_tables_agree(database_url: str) -> None:
    def look() -> list[object]:
        engine = create_engine(async_url(database_url))
        with engine.connect() as connection:
            found = differences(connection)
        engine.dispose()
        return found

    assert await asyncio.to_thread(look) == []


async def test_several_processes_that_migrate_at_once_do_it_once(postgres_url: str, database_url: str) -> None:
    await asyncio.gather(*(migrate(database_url) for _ in range(3)))

    database = Database(database_url, pool_size=1)
    async with database.transaction() as session:
        assert await database.clock.now(session)
    await database.close()
