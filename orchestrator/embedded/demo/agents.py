"""Simulated agents: people who take, call and close tasks through the public API, and nothing else."""

import asyncio
import json
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

_PATIENCE = 3.0  # seconds without news after which a desk looks for itself, and renews its lease
_PAUSE = 0.25  # seconds before a request is tried again


@dataclass(frozen=True, slots=True)
class Badge:
    """One simulated agent: the bearer token its desk would hold."""

    name: str
    token: str


class SimulatedAgent:
    """Works until it is cancelled. A request that fails is tried again: the network is not always there."""

    def __init__(self, client: httpx.AsyncClient, badge: Badge, *, seed: int, did: Counter[str]) -> None:
        self._client, self._badge, self._did = client, badge, did
        self._random = random.Random(seed)
        self._news = asyncio.Event()

    async def work(self) -> None:
        """Become available, then take whatever is offered; the stream says when to look."""
        me = await self._ask("PUT", "/v1/agents/me/presence", {"presence": "available"})
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(str((me or {}).get("id"))))
            while True:
                offered = await self._ask("POST", "/v1/agents/me/next", {})
                task = (offered or {}).get("task")
                if task is None:
                    await self._news_or_patience()
                else:
                    await self._handle(task)

    async def _listen(self, me: str) -> None:
        """Read the desk's stream; news of one's own tasks wake the desk."""
        headers = {"Authorization": f"Bearer {self._badge.token}"}
        while True:
            with suppress(httpx.TransportError):
                async with self._client.stream("GET", "/v1/stream", headers=headers, timeout=None) as response:
                    async for line in response.aiter_lines():
                        if line.startswith("data:") and json.loads(line.removeprefix("data:")).get("agent_id") == me:
                            self._news.set()
            await asyncio.sleep(_PAUSE)

    async def _news_or_patience(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._news.wait()
        self._news.clear()

    async def _handle(self, task: dict[str, Any]) -> None:
        held = {"fence": task["fence"]}
        path = f"/v1/tasks/{task['id']}"
        if task["state"] == "reserved" and task["kind"] == "callback":
            if await self._ask("POST", f"{path}/accept", held) is None:
                return
            self._did["accepted"] += 1
            await self._ask("GET", path)  # read the card before calling
            await self._ask("POST", f"{path}/call", held)
        await self._see_through(path, task["fence"])

    async def _see_through(self, path: str, fence: int) -> None:
        """Stay with the task until it is over or somebody else's; close it once the call is."""
        while True:
            seen = await self._ask("POST", f"{path}/heartbeat", {"fence": fence})
            if seen is None or seen["state"] in ("done", "withdrawn", "queued"):
                return
            if seen["state"] == "assigned" and seen["call_requested_at"] is None and seen["kind"] == "callback":
                await self._ask("POST", f"{path}/call", {"fence": fence})  # one's own phone was not reached: again
            if seen["state"] == "wrapping":
                card = await self._ask("GET", path)
                if card is not None:
                    await self._close(path, card)
                return
            await self._news_or_patience()

    async def _close(self, path: str, seen: dict[str, Any]) -> None:
        disposition = self._disposition(seen)
        body = {"fence": seen["fence"], "disposition": disposition, "notes": "Spoke with the customer."}
        if await self._ask("POST", f"{path}/complete", body) is not None:
            self._did[disposition] += 1

    def _disposition(self, seen: dict[str, Any]) -> str:
        if (suggested := seen.get("suggested_disposition")) is not None:
            return str(suggested)
        return self._random.choices(("solved", "not_solved", "declined"), weights=(85, 10, 5))[0]

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the answer's JSON, `{}` where there is none, or None when the server says no: the work has moved on."""
        headers = {"Authorization": f"Bearer {self._badge.token}"}
        while True:
            try:
                response = await self._client.request(method, path, json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(_PAUSE)
                continue
            if response.status_code >= 500:
                await asyncio.sleep(_PAUSE)
                continue
            if response.is_error:
                self._did[f"told {response.status_code}"] += 1
                return None
            answer: dict[str, Any] = response.json() if response.content else {}
            return answer
