"""Real servers for the whole suite: one PostgreSQL and one Temporal per run, a fresh database per test.

`database_url` is a migrated database of the test's own, `temporal_address` a real dev server; each starts when the first
test asks for it. Settings of the machine do not reach the tests.
"""

import os
import uuid
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio
from hypothesis import settings
from psycopg import sql
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.temporal import EmbeddedTemporal
from orchestrator.settings import PREFIX
from orchestrator.storage.database import Database
from orchestrator.storage.migrate import migrate

# What the tests write may be lost with the power; what `kill -9` leaves is the same as with these on.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    settings.register_profile("untimed", deadline=None)  # a slow machine is no fault of what is tested
    settings.load_profile("untimed")


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """The data folder of the run's servers."""
    return DataFolder(tmp_path_factory.mktemp("servers"))


@pytest_asyncio.fixture(scope="session")
async def postgres_url(server_folder: DataFolder) -> AsyncIterator[str]:
    """URL of the run's PostgreSQL server, with an empty database."""
    server = EmbeddedPostgres(server_folder, options=_FAST)
    yield await server.start()
    await server.stop()


@pytest_asyncio.fixture(scope="session")
async def template_url(postgres_url: str) -> str:
    """URL of a migrated database that others are cloned from: nobody may be connected to it then."""
    url = await _create(postgres_url, "migrated")
    await migrate(url)
    return url


@pytest_asyncio.fixture
async def database_url(postgres_url: str, template_url: str) -> AsyncIterator[str]:
    """URL of a fresh, migrated database of this test's own; gone after it, with whoever is still connected."""
    name = f"test_{uuid.uuid4().hex}"
    yield await _create(postgres_url, name, template=template_url.rpartition("/")[2])
    await _execute(postgres_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Our `Database` on this test's own database."""
    database = Database(database_url, pool_size=5)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session")
async def temporal_address(server_folder: DataFolder) -> AsyncIterator[str]:
    """`host:port` of the run's Temporal dev server, namespace `default`."""
    server = EmbeddedTemporal(server_folder)
    yield (await server.start()).address
    await server.kill()


@pytest_asyncio.fixture(scope="session")
async def temporal_client(temporal_address: str) -> Client:
    """A client of the run's Temporal with readable payloads. Use workflow ids and task queues of your own."""
    return await Client.connect(temporal_address, data_converter=pydantic_data_converter)


async def _create(server_url: str, name: str, *, template: str = "template1") -> str:
    command = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    await _execute(server_url, command)
    return f"{server_url.rpartition('/')[0]}/{name}"


async def _execute(server_url: str, command: sql.Composed) -> None:
    async with await psycopg.AsyncConnection.connect(server_url, autocommit=True) as connection:
        await connection.execute(command)
