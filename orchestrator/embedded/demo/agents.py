"""Simulated agents: people who take, call and close tasks through the public API, and nothing else."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

_LOOK = 0.25  # seconds between looks at a task that is under way
_HEARTBEAT = 3.0


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

    async def work(self) -> None:
        await self._ask("PUT", "/v1/agents/me/presence", {"presence": "available"})
        while True:
            offered = await self._ask("POST", "/v1/agents/me/next", {})
            task = (offered or {}).get("task")
            if task is None:
                await asyncio.sleep(_LOOK)
            else:
                await self._handle(task)

    async def _handle(self, task: dict[str, Any]) -> None:
        held = {"fence": task["fence"]}
        path = f"/v1/tasks/{task['id']}"
        if task["state"] == "reserved" and task["kind"] == "callback":
            if await self._ask("POST", f"{path}/accept", held) is None:
                return
            self._did["accepted"] += 1
            await self._ask("POST", f"{path}/call", held)
        await self._see_through(path, task["fence"])

    async def _see_through(self, path: str, fence: int) -> None:
        """Stay with the task until it is over or somebody else's; close it once the call is."""
        looks = 0
        while True:
            seen = await self._ask("GET", path)
            if seen is None or seen["state"] in ("done", "withdrawn", "queued") or seen["fence"] != fence:
                return
            if seen["state"] == "wrapping":
                await self._close(path, seen)
                return
            looks += 1
            if looks % int(_HEARTBEAT / _LOOK) == 0:
                await self._ask("POST", f"{path}/heartbeat", {"fence": fence})
            await asyncio.sleep(_LOOK)

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
                await asyncio.sleep(_LOOK)
                continue
            if response.status_code >= 500:
                await asyncio.sleep(_LOOK)
                continue
            if response.is_error:
                self._did[f"told {response.status_code}"] += 1
                return None
            answer: dict[str, Any] = response.json() if response.content else {}
            return answer
