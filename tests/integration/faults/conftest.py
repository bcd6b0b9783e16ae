"""One floor for a module's tests, each with a case of its own; and one of its own for a test that breaks more than a worker."""

import uuid
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from tests.integration.faults.floor import Floor, a_floor
from tests.integration.simulated_carrier import Carrier


@pytest_asyncio.fixture(scope="module")
async def floor_database(postgres_url: str, template_url: str) -> AsyncIterator[str]:
    """URL of a migrated database for a module's floor; gone after it, with whoever is still connected."""
    name = f"floor_{uuid.uuid4().hex}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
    async with await psycopg.AsyncConnection.connect(postgres_url, autocommit=True) as connection:
        await connection.execute(create.format(sql.Identifier(name), sql.Identifier(template_url.rpartition("/")[2])))
        yield f"{postgres_url.rpartition('/')[0]}/{name}"
        await connection.execute(drop.format(sql.Identifier(name)))


@pytest_asyncio.fixture(scope="module")
async def floor(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    floor_database: str,
    running_carrier: Carrier,
) -> AsyncIterator[Floor]:
    """A deployment that a module's tests share; the module's `SETTINGS` are its own."""
    running_carrier.control.post("/_sim/reset").raise_for_status()
    settings: dict[str, str] = getattr(request.module, "SETTINGS", {})
    async with a_floor(tmp_path_factory.mktemp("floor"), floor_database, running_carrier, **settings) as floor:
        yield floor


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder works on a deployment of its own."""
    for item in items:
        if "faults" in item.path.parts:
            item.add_marker(pytest.mark.deployment)
