"""A deployment of real processes that tests may kill: PostgreSQL, Temporal, our api, our worker, the simulated carrier.

A `Case` is one customer with a rule, a queue and an agent of their own, so that the cases of one floor never meet.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from orchestrator.detection.rule_files import read_rule_file
from orchestrator.embedded.child import Child
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.program import Program
from orchestrator.embedded.temporal import EmbeddedTemporal
from orchestrator.intake.channels import add_channel
from orchestrator.queueing.roster import add_agent
from orchestrator.rule_life.publishing import publish
from orchestrator.settings import PREFIX, Settings
from orchestrator.storage.database import Database
from tests.integration.faults.desk import Desk
from tests.integration.simulated_carrier import ACCOUNT_SID, AUTH_TOKEN, OURS, Carrier, a_free_port

Seen = TypeVar("Seen")

# A worker that is killed in the middle of an activity is noticed after that activity's own time, 30 s at most: looks enough
# for that and for a slow machine, counted and not timed.
LOOKS, BETWEEN = 1000, 0.2
ENTRY = Path(__file__).with_name("blocking_worker.py")
PAYLOAD_KEY = "k1:" + "A" * 43 + "="
QUICK = {
    "ring_timeout": "20s",
    "quiet_period": "3s",
    "queued_at_carrier": "2s",
    "carrier_poll": "300ms",
    "late_grace": "0s",
    "staffing_relook": "1s",
    "dialing_rate": "50",
    "sender_slots": "50",
    "contact_caps": "50/24h",
}


async def eventually(
    look: Callable[[], Awaitable[Seen]],
    fits: Callable[[Seen], Any] = bool,
    *,
    story: Callable[[], Awaitable[str]] | None = None,
) -> Seen:
    """Look again and again until what is seen fits, and return it; fail with the `story` when it never does."""
    seen = await look()
    for _ in range(LOOKS):
        if fits(seen):
            return seen
        await asyncio.sleep(BETWEEN)
        seen = await look()
    raise AssertionError(f"waited in vain; last seen: {seen}\n{await story() if story else ''}")


class Worker:
    """A worker process that is killed and started again; `entry` is a program that runs ours with another carrier."""

    def __init__(self, folder: DataFolder, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self.child: Child | None = None

    async def start(self, *, entry: Path | None = None, **environment: str) -> None:
        """Start it; it works as soon as it has connected."""
        assert self.child is None or not self.child.alive
        ours = ("-P", "-m", "orchestrator.cli.main", "worker")
        command = (sys.executable, *(ours if entry is None else ("-P", str(entry))))
        given = {**self._environment, **environment}
        self.child = await Child.start(command, log=self._folder.logs / "worker.log", environment=given)

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        assert self.child is not None
        assert self.child.alive, "it had ended by itself"
        await self.child.kill()

    async def kill_and_start(self) -> None:
        await self.kill()
        await self.start()

    async def stop(self) -> None:
        if self.child is not None:
            await self.child.kill()


@dataclass(slots=True)
class Floor:
    """The running parts. `database` is the test's own pair of eyes; `http` speaks to our API."""

    folder: DataFolder
    settings: Settings
    database: Database
    temporal: EmbeddedTemporal
    sim: Carrier
    api: Program
    worker: Worker
    http: httpx.AsyncClient
    channel_key: str

    async def publish(self, document: str) -> None:
        file = read_rule_file(document.encode(), name="test.yaml")
        async with self.database.transaction() as session:
            now = await self.database.clock.now(session)
            await publish(session, [file], author="test", who="test", now=now)

    async def report(self, *events: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Report events as a channel does, until the API answers; return what it said of each."""

        async def post() -> httpx.Response | None:
            try:
                return await self.http.post("/v1/events", json=events, headers=headers)
            except httpx.TransportError:
                return None

        headers = {"Authorization": f"Bearer {self.channel_key}", "Content-Type": "application/cloudevents-batch+json"}
        answer = await eventually(post, lambda seen: seen is not None and seen.status_code < 500)
        assert answer is not None
        assert answer.status_code == 202, answer.text
        return list(answer.json()["events"])

    async def desk(self, queue: str, phone: str, *, language: str = "en", name: str | None = None) -> Desk:
        """Hire an agent for the queue, who is offline yet."""
        async with self.database.transaction() as session:
            now = await self.database.clock.now(session)
            known_as = f"{queue}-{name or language}"
            token = await add_agent(session, known_as, queues=[queue], languages=[language], phone=phone, who="test", now=now)
        return Desk(self.http, token, phone)

    async def rings(self, number: str) -> list[dict[str, Any]]:
        """Return the carrier's calls to a number, oldest first."""
        ledger = await asyncio.to_thread(self.sim.ledger)
        return [call for call in ledger if call["to"] == number]


def event(type: str, subject: str, **data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": uuid4().hex, "source": "/tests", "type": type, "subject": subject, "data": data}


@asynccontextmanager
async def a_floor(root: Path, database_url: str, sim: Carrier, **settings: str) -> AsyncIterator[Floor]:
    """Start a deployment on a database of its own, and end every process of it afterwards."""
    folder = DataFolder(root)
    temporal = EmbeddedTemporal(folder)
    address = (await temporal.start()).address
    port = a_free_port()
    values = {**_fixed(folder, database_url, address, port, sim), **QUICK, **settings}
    known = Settings(**values)  # type: ignore[arg-type]  # texts, as in an environment
    environment = {PREFIX + name.upper(): value for name, value in values.items()}
    api = Program(folder, "api", "--port", str(port), ready=f"http://127.0.0.1:{port}/healthz", environment=environment)
    worker = Worker(folder, environment)
    database = Database(database_url, pool_size=4)
    await asyncio.gather(api.start(), worker.start())
    key = await _channel(database)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=None) as http:
            yield Floor(folder, known, database, temporal, sim, api, worker, http, key)
    finally:
        await database.close()
        await asyncio.gather(worker.stop(), api.kill())
        await temporal.kill()
        await asyncio.to_thread(sim.control.post, "/_sim/reset")


def _fixed(folder: DataFolder, database_url: str, temporal: str, port: int, sim: Carrier) -> dict[str, str]:
    return {
        "data": str(folder.root),
        "database_url": database_url,
        "temporal_address": temporal,
        "carrier_url": sim.base,
        "public_url": f"http://127.0.0.1:{port}",
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": AUTH_TOKEN,
        "twilio_from_numbers": OURS,
        "payload_keys": PAYLOAD_KEY,
        "organisation": "Acme",
    }


async def _channel(database: Database) -> str:
    async with database.transaction() as session:
        return await add_channel(session, "tests", kind="web", types=[], who="test", now=await database.clock.now(session))
