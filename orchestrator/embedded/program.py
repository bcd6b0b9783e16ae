"""One of our own commands as a child process: `ringback api`, `ringback worker`, `ringback carrier`."""

import sys
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx

from orchestrator.embedded.child import Child
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.probing import until
from orchestrator.embedded.server import ServerFailed, last_words

_READY = timedelta(seconds=60)


class Program:
    """A `ringback` command on a data folder, from which it reads its settings and where its log lies."""

    def __init__(
        self,
        folder: DataFolder,
        *arguments: str,
        ready: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`ready` is the URL that answers with 200 once the program serves; None: it is ready when it runs."""
        self._folder = folder
        self._arguments = arguments
        self._ready = ready
        self._environment = dict(environment or {})
        self.child: Child | None = None

    async def start(self) -> None:
        """Start the command and wait until it serves. Raises `ServerFailed` with the end of its log."""
        # -P: the folder we are called from is the user's, and may hold packages named like ours.
        command = (sys.executable, "-P", "-m", "orchestrator.cli.main", *self._arguments)
        self.child = await Child.start(command, log=self._log, environment=self._environment)
        if self._ready and not await until(partial(_serves, self._ready), self.child, within=_READY):
            await self.child.kill()
            raise ServerFailed(f"`ringback {self._arguments[0]}` did not come up; {last_words(self._log)}")

    async def stop(self) -> None:
        """Let it finish what it has in hand, for 30 s at most."""
        if self.child is not None:
            await self.child.stop()

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        if self.child is not None:
            await self.child.kill()

    @property
    def _log(self) -> Path:
        return self._folder.logs / f"{self._arguments[0]}.log"


async def _serves(url: str) -> bool:
    # Never through a proxy: these are our own addresses.
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        try:
            return (await client.get(url)).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
