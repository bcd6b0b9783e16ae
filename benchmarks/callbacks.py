"""A queue with agents, a rule that asks for a callback at once, and customers who may be called: what moments need."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.errors import CannotRun
from benchmarks.place import Place
from orchestrator.detection.rule_files import read_rule_files
from orchestrator.embedded.demo.hours import hours_for, may_be_called
from orchestrator.embedded.processes import Addresses
from orchestrator.intake.channels import add_channel
from orchestrator.queueing.roster import add_agent
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, Presence
from orchestrator.rule_life.publishing import publish
from orchestrator.storage.database import Database

_RULE = """
rule: bench-{name}
moment: bench_{name}
detect: {{occurrence: {{on: [{{type: bench.{name}}}]}}}}
steps: [{{callback: {{queue: bench-{name}, due: 1h}}}}]
expires: 1d
"""
_ONE_HOUR = timedelta(hours=1)
_BATCH = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Callbacks:
    """One benchmark's own: `queue` is served by `token`'s agent and those hired, `kind` is the event its rule waits for."""

    name: str
    addresses: Addresses
    database: Database
    key: str
    token: str

    @property
    def queue(self) -> str:
        return f"bench-{self.name}"

    @property
    def kind(self) -> str:
        return f"bench.{self.name}"

    def event(self, number: int, kind: str | None = None, **data: Any) -> dict[str, Any]:
        """Return an event of customer `number` that happens now, by default the one the rule waits for."""
        kind = kind or self.kind
        return {
            "specversion": "1.0",
            "id": f"{kind}-{number}",
            "source": f"bench/{self.name}",
            "type": kind,
            "subject": f"{self.name}-{number}",
            "time": datetime.now(UTC).isoformat(),
            "data": data,
        }

    async def send(self, client: aiohttp.ClientSession, events: Sequence[dict[str, Any]]) -> None:
        """Report events in one batch. Raises `CannotRun` unless every one is accepted."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": _BATCH}
        async with client.post(f"{self.addresses.api}/v1/events", json=events, headers=headers) as response:
            verdicts = {answer["verdict"] for answer in (await response.json()).get("events", [])}
        if verdicts != {"accepted"}:
            raise CannotRun(f"events were answered with {response.status}, verdicts {sorted(verdicts)}")

    async def introduce(self, client: aiohttp.ClientSession, customers: int) -> None:
        """Tell who the customers are: reachable where it is a decent time to call."""
        hours = hours_for(datetime.now(UTC), allowed=may_be_called)
        events = []
        for number in range(customers):
            phone = f"+9725276{number:05}"
            events.append(self.event(number, "customer.updated", phone=phone, zone=hours.home, consent={"service": True}))
        await self.send(client, events)

    async def hire(self, agents: int) -> None:
        """Write agents who are there for the next hour, whoever asks."""
        async with self.database.transaction() as session:
            now = await self.database.clock.now(session)
            await _hire(session, self.queue, agents, now=now)


async def prepare(place: Place, name: str) -> Callbacks:
    """Arrange everything under `name` on the whole stack, with one agent who has a token and is not there yet."""
    addresses = await place.everything()
    database = place.database(addresses.database, pool_size=2)
    rules = place.folder / f"rules-{name}"
    rules.mkdir()
    (rules / "rule.yaml").write_text(_RULE.format(name=name), encoding="utf-8")
    async with database.transaction() as session:
        now = await database.clock.now(session)
        key = await add_channel(session, name, kind="web", types=[], who="bench", now=now)
        token = await add_agent(
            session, name, queues=[f"bench-{name}"], languages=["en"], phone="+13035550100", who="bench", now=now
        )
        await publish(session, read_rule_files(rules), author="bench", who="bench", now=now)
    return Callbacks(name, addresses, database, key, token)


async def _hire(session: AsyncSession, queue: str, agents: int, *, now: datetime) -> None:
    hired = [
        AgentRow(
            name=f"{queue}-{number}",
            languages=["en"],
            presence=Presence.AVAILABLE,
            presence_since=now,
            idle_since=now,
            seen_at=now + _ONE_HOUR,
            created_at=now,
        )
        for number in range(agents)
    ]
    session.add_all(hired)
    await session.flush()
    session.add_all([AgentQueueRow(agent_id=agent.id, queue=queue) for agent in hired])
