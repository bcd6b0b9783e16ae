"""Many open streams at once, each waiting for the same words."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from benchmarks.errors import CannotRun

_AT_ONCE = 20  # opened together
_PATIENCE = 30.0  # seconds


class Listener:
    """One open stream; `heard` tells when the words it waits for had come."""

    def __init__(self) -> None:
        self._words = b""
        self._said = b""
        self._heard: asyncio.Future[float] | None = None
        self.begun = asyncio.Event()

    def wait_for(self, words: bytes) -> "asyncio.Future[float]":
        self._words, self._said = words, b""
        self._heard = asyncio.get_running_loop().create_future()
        return self._heard

    async def listen(self, client: aiohttp.ClientSession, url: str, cookie: str | None) -> None:
        headers = {"Accept-Language": "en"} | ({} if cookie is None else {"Cookie": cookie})
        async with client.get(url, headers=headers, timeout=aiohttp.ClientTimeout(total=None)) as response:
            if response.status != 200:
                raise CannotRun(f"a stream answered with {response.status}")
            async for chunk in response.content.iter_any():
                self.begun.set()
                self._hear(chunk)

    def _hear(self, chunk: bytes) -> None:
        if self._heard is None or self._heard.done():
            return
        self._said += chunk
        if self._words in self._said:
            self._heard.set_result(time.perf_counter())


@asynccontextmanager
async def listening(url: str, cookies: Sequence[str | None]) -> AsyncIterator[list[Listener]]:
    """Yield a listener for each cookie, once all of them have heard something. Raises `CannotRun`."""
    listeners = [Listener() for _ in cookies]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client:
        tasks: list[asyncio.Task[None]] = []
        for first in range(0, len(listeners), _AT_ONCE):
            some = list(zip(listeners, cookies, strict=True))[first : first + _AT_ONCE]
            tasks += [asyncio.create_task(listener.listen(client, url, cookie)) for listener, cookie in some]
            await _patiently(*(listener.begun.wait() for listener, _ in some), what="streams did not open")
        yield listeners
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def heard_by_all(heard: Sequence["asyncio.Future[float]"], since: float) -> list[float]:
    """Return for each the milliseconds from `since` until it had heard. Raises `CannotRun`."""
    return [(at - since) * 1000 for at in await _patiently(*heard, what="a change did not reach every stream")]


async def _patiently(*awaited: object, what: str) -> list[float]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await asyncio.gather(*awaited)  # type: ignore[call-overload, no-any-return]  # waits and futures alike
    except TimeoutError:
        raise CannotRun(f"{what} within {_PATIENCE:.0f} s") from None
