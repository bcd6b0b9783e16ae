"""From sending an event to the offer on an agent's screen, on a system with nothing else to do."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from benchmarks.callbacks import Callbacks, prepare
from benchmarks.errors import CannotRun
from benchmarks.figures import Figure
from benchmarks.place import Place

_EVENTS = 100
_FIRST = 5  # before these everything is cold
_PATIENCE = 30.0  # seconds


async def run(place: Place) -> list[Figure]:
    """Measure as a desk sees it: the clock starts before the request and stops at the stream's line. No floor is taken."""
    callbacks = await prepare(place, "latency")
    async with aiohttp.ClientSession() as client, _desk(client, callbacks) as news:
        await callbacks.introduce(client, _FIRST + _EVENTS)
        seen = [await _one(client, callbacks, news, number) for number in range(_FIRST + _EVENTS)]
    ordered = sorted(seen[_FIRST:])
    p50, p99 = ordered[_EVENTS // 2], ordered[_EVENTS * 99 // 100]
    return [
        Figure(f"event → task on a screen, idle, p50 of {_EVENTS}", "ms", p50 * 1000, limit=250),
        Figure(f"event → task on a screen, idle, p99 of {_EVENTS}", "ms", p99 * 1000, limit=1000),
    ]


async def _one(client: aiohttp.ClientSession, callbacks: Callbacks, news: "asyncio.Queue[str]", number: int) -> float:
    """Return the seconds of one event; the customer then calls in, which takes the task off the desk again."""
    began = time.perf_counter()
    await callbacks.send(client, [callbacks.event(number)])
    await _until(news, "offered")
    seconds = time.perf_counter() - began
    await callbacks.send(client, [callbacks.event(number, "contact.inbound")])
    await _until(news, "withdrawn")
    return seconds


@asynccontextmanager
async def _desk(client: aiohttp.ClientSession, callbacks: Callbacks) -> AsyncIterator["asyncio.Queue[str]"]:
    """Sit at the agent's desk: available, with its stream open. Yields what the stream says happened."""
    headers = {"Authorization": f"Bearer {callbacks.token}"}
    api, forever = callbacks.addresses.api, aiohttp.ClientTimeout(total=None)
    async with client.put(f"{api}/v1/agents/me/presence", json={"presence": "available"}, headers=headers) as response:
        me = (await response.json()).get("id")
    news: asyncio.Queue[str] = asyncio.Queue()
    async with client.get(f"{api}/v1/stream", headers=headers, timeout=forever) as stream:
        if stream.status != 200:
            raise CannotRun(f"the stream answered with {stream.status}")
        reading = asyncio.create_task(_read(stream, str(me), news))
        yield news
        reading.cancel()


async def _read(stream: aiohttp.ClientResponse, me: str, news: "asyncio.Queue[str]") -> None:
    kind = ""
    async for raw in stream.content:
        line = raw.decode().rstrip()
        if line.startswith("event:"):
            kind = line.removeprefix("event:").strip()
        elif line.startswith("data:") and json.loads(line.removeprefix("data:")).get("agent_id") == me:
            news.put_nowait(kind)


async def _until(news: "asyncio.Queue[str]", kind: str) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            while await news.get() != kind:
                pass
    except TimeoutError:
        raise CannotRun(f"no task was {kind} within {_PATIENCE:.0f} s") from None
