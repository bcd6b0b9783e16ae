"""Real api processes on one database, each reached over HTTP as a load balancer would."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.program import Program
from orchestrator.settings import PREFIX
from orchestrator.storage.database import Database
from tests.integration.floor import a_token, bearer
from tests.integration.intake_world import BATCH, a_channel_key
from tests.integration.simulated_carrier import a_free_port

_SETTINGS = {
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "token",
    "payload_keys": "k1:" + "A" * 43 + "=",
}


@dataclass(frozen=True, slots=True)
class Process:
    """One api process, as a supervisor's program and a channel speak to it."""

    http: httpx.AsyncClient
    supervisor: Mapping[str, str]
    channel: Mapping[str, str]

    async def save(self, rule: str, document: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.put(f"/v1/rules/{rule}", content=document, headers={**self.supervisor, **given})

    async def tag(self, rule: str) -> str:
        return (await self.http.get(f"/v1/rules/{rule}", headers=self.supervisor)).headers["ETag"]

    async def decide(self, rule: str, verb: str, **body: Any) -> httpx.Response:
        headers = {**self.supervisor, "If-Match": await self.tag(rule)}
        answer = await self.http.post(f"/v1/rules/{rule}/{verb}", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer

    async def report(self, *events: Mapping[str, Any]) -> list[str]:
        answer = await self.http.post("/v1/events", json=events, headers={**self.channel, **BATCH})
        return [each["verdict"] for each in answer.json()["events"]]


@asynccontextmanager
async def api_processes(root: Path, database: Database, database_url: str, *, count: int = 2) -> AsyncIterator[list[Process]]:
    """Start so many, and end them afterwards. They share a supervisor's token for each and one channel."""
    channel = bearer(await a_channel_key(database))
    async with AsyncExitStack() as stack:
        found = []
        for number in range(count):
            async with database.transaction() as session:
                supervisor = bearer(await a_token(session))
            url = await _started(stack, root / f"api-{number}", database_url)
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=None))
            found.append(Process(http, supervisor, channel))
        yield found


async def _started(stack: AsyncExitStack, root: Path, database_url: str) -> str:
    url = f"http://127.0.0.1:{(port := a_free_port())}"
    values = {**_SETTINGS, "database_url": database_url, "data": str(root)}
    environment = {PREFIX + name.upper(): value for name, value in values.items()}
    program = Program(DataFolder(root), "api", "--port", str(port), ready=f"{url}/healthz", environment=environment)
    stack.push_async_callback(program.kill)
    await program.start()
    return url
