"""A worker of ours in this process, on real PostgreSQL and real Temporal, each test in a namespace of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.escalation_world import RealClock, World, some_settings
from workflows.worker import Parts, connect, run

Seen = TypeVar("Seen")
PATIENCE = 30.0  # seconds until a condition that does not come about fails its test


async def a_namespace(address: str) -> str:
    """Return the name of a namespace that nobody else uses."""
    client = await Client.connect(address)
    name = f"test-{uuid4().hex[:12]}"
    retention = Duration(seconds=86_400)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
    )
    return name


async def engine_settings(database_url: str, temporal_address: str, **values: object) -> Settings:
    quick = {
        "staffing_relook": timedelta(seconds=1),
        "carrier_poll": timedelta(milliseconds=300),
        "queued_at_carrier": timedelta(seconds=2),
        "dialing_rate": 50.0,
        "contact_caps": "50/24h",
    }
    namespace = await a_namespace(temporal_address)
    where = {"database_url": database_url, "temporal_address": temporal_address, "temporal_namespace": namespace}
    return some_settings(**{**quick, **where, **values})


class Engine(World):
    """A world whose processes run in Temporal."""

    def __init__(self, database: Database, settings: Settings, client: Client) -> None:
        super().__init__(database, RealClock(), settings)
        self.client = client

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Run a worker meanwhile; its end is a drained one."""
        ending = asyncio.Event()
        parts = Parts(self.settings, self.database, self.client, self.carrier)
        worker = asyncio.create_task(run(parts, ending))
        try:
            yield
        finally:
            ending.set()
            await worker


@asynccontextmanager
async def an_engine(database_url: str, temporal_address: str, **values: object) -> AsyncIterator[Engine]:
    settings = await engine_settings(database_url, temporal_address, **values)
    database = Database(database_url, pool_size=10)
    yield Engine(database, settings, await connect(settings))
    await database.close()


async def eventually(look: Callable[[], Awaitable[Seen]], fits: Callable[[Seen], object] = bool) -> Seen:
    """Look until what is seen fits, and return it."""
    seen: Seen | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                seen = await look()
                if fits(seen):
                    return seen
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"waited in vain; last seen: {seen}") from None
