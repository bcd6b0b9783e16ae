"""The demo's own day to look at: played to its end, left running, and then a few more customers who wait to be called."""

import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import TextClause, text

from orchestrator.embedded.demo.hours import hours_for, may_be_called
from orchestrator.embedded.demo.journeys import CHANNELS, Crowd, Journey, Zones
from orchestrator.intake.channels import add_channel
from orchestrator.queueing.queues import Arrangement, arrange_queue
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.faults.floor import eventually
from tests.integration.floor import some_settings

RINGBACK = (sys.executable, "-m", "orchestrator.cli.main")
KINDS = ("checkout unfinished", "angry message", "lost in help", "courier trouble", "house move")
OF_EACH = 3
WAITING = text("SELECT count(*) FROM tasks WHERE state = 'queued'")
PERSON = text("SELECT id FROM people WHERE login = 'dana'")
AGENT = text("SELECT agent_id FROM people WHERE login = 'dana'")
REFUSED = text("SELECT id FROM dead_letters ORDER BY received_at, id LIMIT 1")
MOST_TOLD = text("""
SELECT e.customer_id FROM escalations e JOIN attempts a ON a.escalation_id = e.id
GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class DemoDay:
    """Where it runs; `customer_id` has the longest story, Dana is the person and the agent to look at, and
    `letter_id` is an event that was refused."""

    site: str
    database: Database
    customer_id: UUID
    person_id: UUID
    agent_id: UUID
    letter_id: UUID


@asynccontextmanager
async def a_demo_day(data: Path) -> AsyncIterator[DemoDay]:
    """Play the demo into the folder, start everything on it again, and let more customers wait than there are agents."""
    await asyncio.to_thread(subprocess.run, [*RINGBACK, "demo", "--data", str(data)], check=True)
    patient = {**os.environ, "RINGBACK_RESERVATION": "10m"}  # an offer waits until it is photographed
    running = await asyncio.create_subprocess_exec(*RINGBACK, "up", "--data", str(data), stdout=DEVNULL, env=patient)
    try:
        urls = await eventually(lambda: _addresses(data))
        assert urls is not None
        database = Database(urls["database"], pool_size=3)
        try:
            await _always_open(database, some_settings(urls["database"]))
            await _more_customers(urls["api"], database)
            ids = [await _scalar(database, query) for query in (MOST_TOLD, PERSON, AGENT, REFUSED)]
            yield DemoDay(urls["api"], database, *ids)
        finally:
            await database.close()
    finally:
        running.terminate()
        await running.wait()


async def _addresses(data: Path) -> dict[str, str] | None:
    file = data / "urls.json"
    if not file.exists():
        return None
    urls: dict[str, str] = json.loads(file.read_text())
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return urls if (await client.get(f"{urls['api']}/readyz")).is_success else None
        except httpx.TransportError:
            return None


async def _always_open(database: Database, settings: Settings) -> None:
    """The demo's calendars are those of its minutes."""
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for queue in ("sales", "service"):
            await arrange_queue(session, queue, Arrangement(), who="test", now=now, settings=settings)


async def _more_customers(site: str, database: Database) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        keys = {
            name: await add_channel(session, f"{name}-later", kind=kind, types=[], who="test", now=now)
            for name, kind in CHANNELS.items()
        }
    async with httpx.AsyncClient(base_url=site, trust_env=False) as client:
        for journey in _later():
            await _tell(client, keys, journey)
    await eventually(lambda: _scalar(database, WAITING), lambda waiting: waiting >= OF_EACH)


def _later() -> Sequence[Journey]:
    hours = hours_for(datetime.now(UTC), allowed=may_be_called)
    crowd = Crowd(Zones(hours.home, hours.home), seed=7, over=timedelta(seconds=1)).all()
    of_kinds = [[journey for journey in crowd if journey.kind == kind][:OF_EACH] for kind in KINDS]
    return [replace(journey, subject=f"later-{journey.subject}") for several in of_kinds for journey in several]


async def _tell(client: httpx.AsyncClient, keys: dict[str, str], journey: Journey) -> None:
    for number, said in enumerate(journey.said):
        event = {
            "specversion": "1.0",
            "id": f"{journey.subject}-{number}",
            "source": f"demo/{said.channel}",
            "type": said.type,
            "subject": journey.subject,
            "data": said.data,
        }
        headers = {"Authorization": f"Bearer {keys[said.channel]}", "Content-Type": "application/cloudevents+json"}
        (await client.post("/v1/events", content=json.dumps(event), headers=headers)).raise_for_status()


async def _scalar(database: Database, query: TextClause) -> Any:
    async with database.transaction() as session:
        return (await (await session.connection()).execute(query)).scalar_one()
