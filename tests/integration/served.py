"""A real api process's server, reached over HTTP."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx

from orchestrator.cli.api import server
from orchestrator.embedded.probing import until
from tests.integration.floor import some_settings

PATIENCE = timedelta(seconds=20)


class Api:
    """A server in a thread of this one, at `url`."""

    def __init__(self, database_url: str, **changed: Any) -> None:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.server = server(some_settings(database_url).changed(**changed), host="127.0.0.1", port=port)
        self._thread = threading.Thread(target=self.server.run, args=([listening],))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join()

    async def answers(self) -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"{self.url}/healthz")).status_code == 200
        except httpx.TransportError:
            return False


@asynccontextmanager
async def served(database_url: str, **changed: Any) -> AsyncIterator[Api]:
    """Serve with the settings `changed` from the usual ones, until the block ends."""
    api = Api(database_url, **changed)
    await asyncio.to_thread(api.start)
    try:
        assert await until(api.answers, None, within=PATIENCE)
        yield api
    finally:
        await asyncio.to_thread(api.stop)
