"""An agent's desk: what a person does through the public API, with their own token."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(slots=True)
class Desk:
    """One agent, by their token; `phone` is what rings for them."""

    http: httpx.AsyncClient
    token: str
    phone: str

    async def arrive(self) -> None:
        await self._ask("PUT", "/v1/agents/me/presence", {"presence": "available"})

    async def leave(self) -> None:
        await self._ask("PUT", "/v1/agents/me/presence", {"presence": "offline"})

    async def task(self) -> dict[str, Any] | None:
        """Return the task in hand or on offer; looking is a sign of life."""
        me = await self._ask("GET", "/v1/agents/me")
        task: dict[str, Any] | None = me["task"]
        return task

    async def state(self) -> str | None:
        task = await self.task()
        return None if task is None else task["state"]

    async def accept(self) -> None:
        await self._do("accept")

    async def call(self) -> None:
        await self._do("call")

    async def complete(self, disposition: str = "solved", *, notes: str | None = None) -> None:
        await self._do("complete", disposition=disposition, notes=notes)

    async def heartbeat(self) -> None:
        await self._do("heartbeat")

    async def try_to(self, what: str, **given: Any) -> httpx.Response:
        """Do something with the task in hand, and return the answer whatever it is."""
        task = await self.task()
        assert task is not None
        return await self._request("POST", f"/v1/tasks/{task['id']}/{what}", {"fence": task["fence"], **given})

    async def _do(self, what: str, **given: Any) -> None:
        answer = await self.try_to(what, **given)
        assert answer.is_success, f"{what}: {answer.status_code} {answer.text}"

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = await self._request(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def _request(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        return await self.http.request(method, path, json=body, headers={"Authorization": f"Bearer {self.token}"})
