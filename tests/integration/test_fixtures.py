"""What the suite's fixtures promise to every other test."""

import os

import psycopg
import pytest
from sqlalchemy import text
from temporalio.client import Client

from orchestrator.storage.database import Database


@pytest.mark.parametrize("number", [1, 2])
async def test_each_test_gets_a_migrated_database_that_nobody_wrote_to(database_url: str, number: int) -> None:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        found = await (await connection.execute("SELECT to_regclass('events'), to_regclass('mark')")).fetchone()
        await connection.execute("CREATE TABLE mark ()")

    assert found == ("events", None)


async def test_our_database_object_speaks_to_it(database: Database) -> None:
    async with database.transaction() as session:
        zone = (await (await session.connection()).execute(text("SHOW timezone"))).scalar_one()

    assert zone == "UTC"


async def test_temporal_is_a_real_server(temporal_client: Client) -> None:
    assert await temporal_client.service_client.check_health()


def test_no_setting_of_the_machine_reaches_the_tests() -> None:
    assert [name for name in os.environ if name.startswith("RINGBACK_")] == []
