"""Where benchmarks run: a folder of their own, and servers that start when the first asks for them and end with the run."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.processes import Addresses, Stack
from orchestrator.storage.database import Database, migrate

# Offers outlast the measuring, and nothing holds back what a benchmark sends.
_ENVIRONMENT = {"RINGBACK_RESERVATION": "10m", "RINGBACK_LATE_GRACE": "0s", "RINGBACK_LOG_LEVEL": "warning"}


class Place:
    """All on the disk's own guarantees: what a figure shows was committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ends = AsyncExitStack()
        self._addresses: Addresses | None = None

    @classmethod
    @asynccontextmanager
    async def make(cls) -> AsyncIterator[Self]:
        with TemporaryDirectory(prefix="ringback-bench-") as folder:
            place = cls(Path(folder))
            async with place._ends:
                yield place

    async def everything(self) -> Addresses:
        """Return where the whole stack listens: PostgreSQL, Temporal, the carrier simulator, an api and a worker process."""
        if self._addresses is None:
            stack = Stack(DataFolder(self.folder / "stack"), environment=_ENVIRONMENT)
            self._addresses = await stack.start()
            self._ends.push_async_callback(stack.stop)
        return self._addresses

    async def database_alone(self, *, pool_size: int) -> Database:
        """Return a migrated database on a server of its own, where nobody else is at work."""
        server = EmbeddedPostgres(DataFolder(self.folder / "postgres"))
        url = await server.start()
        self._ends.push_async_callback(server.stop)
        await migrate(url)
        return self.database(url, pool_size=pool_size)

    def database(self, url: str, *, pool_size: int) -> Database:
        """Return a `Database` that is closed with the place."""
        database = Database(url, pool_size=pool_size)
        self._ends.push_async_callback(database.close)
        return database
