"""Where benchmarks run: a folder of their own, and servers that start when the first asks for them and end with the run."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import httpx

from benchmarks.errors import CannotRun
from orchestrator.embedded.child import Child
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.probing import until
from orchestrator.embedded.processes import Addresses, Stack
from orchestrator.embedded.program import Program
from orchestrator.storage.database import Database
from orchestrator.storage.migrate import migrate

# Offers outlast the measuring, and nothing holds back what a benchmark sends.
_ENVIRONMENT = {"RINGBACK_RESERVATION": "10m", "RINGBACK_LATE_GRACE": "0s", "RINGBACK_LOG_LEVEL": "warning"}


_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Api:
    """An api process and its database; nothing else is there to take the processor from it."""

    url: str
    database: str


class Place:
    """All on the disk's own guarantees: what a figure shows was committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ends = AsyncExitStack()
        self._addresses: Addresses | None = None
        self._apis: dict[str, Api] = {}

    @classmethod
    @asynccontextmanager
    async def make(cls) -> AsyncIterator[Self]:
        with TemporaryDirectory(prefix="ringback-bench-") as folder:
            place = cls(Path(folder))
            async with place._ends:
                yield place

    @property
    def stack_folder(self) -> Path:
        """The data folder of `everything`."""
        return self.folder / "stack"

    async def everything(self) -> Addresses:
        """Return where the whole stack listens: PostgreSQL, Temporal, the carrier simulator, an api and a worker process."""
        if self._addresses is None:
            stack = Stack(DataFolder(self.stack_folder), environment=_ENVIRONMENT)
            self._addresses = await stack.start()
            self._ends.push_async_callback(stack.stop)
        return self._addresses

    async def api_alone(self, name: str = "api") -> Api:
        """Return an api process on a PostgreSQL of its own, one by name: what it hands on to a worker waits for ever."""
        if name not in self._apis:
            self._apis[name] = await self._api(DataFolder(self.folder / name))
        return self._apis[name]

    async def _api(self, folder: DataFolder) -> Api:
        folder.make_secrets()
        database = await self._postgres(folder)
        port = folder.port("api")
        url = f"http://127.0.0.1:{port}"
        folder.announce({"database_url": database, "public_url": url})
        environment = {"RINGBACK_DATA": str(folder.root), **_ENVIRONMENT}
        program = Program(folder, "api", "--port", str(port), ready=f"{url}/healthz", environment=environment)
        await program.start()
        self._ends.push_async_callback(program.stop)
        return Api(url, database)

    async def floor_app(self, database: str) -> str:
        """Return the address of the application that does one bare insert a request."""
        folder = DataFolder(self.folder / "floor")
        port = folder.port("floor")
        url = f"http://127.0.0.1:{port}/"
        folder.write("database_url", database)
        await self.child("benchmarks.floor_app", str(port), str(folder.root / "database_url"), ready=f"{url}healthz")
        return url

    async def floor_stream(self) -> str:
        """Return the address of the application that passes on to open streams what it is told."""
        port = DataFolder(self.folder / "floor-stream").port("floor")
        url = f"http://127.0.0.1:{port}"
        await self.child("benchmarks.floor_stream", str(port), ready=f"{url}/healthz")
        return url

    async def child(self, module: str, *arguments: str, ready: str | None = None) -> None:
        """Run a module of ours as a process that ends with the place; `ready` is the URL it serves. Raises `CannotRun`."""
        log = self.folder / f"{module}.log"
        child = await Child.start((sys.executable, "-m", module, *arguments), log=log, environment={})
        self._ends.push_async_callback(child.stop)
        if ready is not None and not await until(partial(_serves, ready), child, within=_PATIENCE):
            raise CannotRun(f"{module} did not come up: {log.read_text()[-300:]}")

    async def database_alone(self, *, pool_size: int) -> Database:
        """Return a migrated database on a server of its own, where nobody else is at work."""
        return self.database(await self._postgres(DataFolder(self.folder / "postgres")), pool_size=pool_size)

    def database(self, url: str, *, pool_size: int) -> Database:
        """Return a `Database` that is closed with the place."""
        database = Database(url, pool_size=pool_size)
        self._ends.push_async_callback(database.close)
        return database

    async def _postgres(self, folder: DataFolder) -> str:
        server = EmbeddedPostgres(folder)
        url = await server.start()
        self._ends.push_async_callback(server.stop)
        await migrate(url)
        return url


async def _serves(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
