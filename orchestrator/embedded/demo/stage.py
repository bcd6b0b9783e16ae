"""Sets the demo's stage: channels, calendars, queues, agents and rules, as the people of a company would."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path

import httpx

from orchestrator.detection.rule_files import read_rule_files
from orchestrator.embedded.demo.agents import Badge
from orchestrator.embedded.demo.hours import Hours
from orchestrator.embedded.demo.journeys import CHANNELS, Journey
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import issue
from orchestrator.intake.channels import add_channel
from orchestrator.queueing.roster import add_agent
from orchestrator.rule_life.publishing import publish
from orchestrator.storage.database import Database

RULES = "rules"
_QUEUES = {"sales": "sales-hours", "service": "service-hours", "deliveries": "deliveries-hours", "feedback": "feedback-hours"}
_TOKEN_LIFE = timedelta(hours=1)
# Numbers kept for fiction, as the customers' are.
_AGENT_PHONE = "+1303555{:04}"
_FIRST_AGENT_PHONE = 100

# What the demo shortens, so that a day fits into two minutes. Everything else is as it ships.
SHORTENED = {
    "RINGBACK_QUIET_PERIOD": "8s",
    "RINGBACK_LATE_GRACE": "2s",
    "RINGBACK_RESERVATION": "5s",
    "RINGBACK_LEASE": "12s",
    "RINGBACK_WRAP_UP_LIMIT": "15s",
    "RINGBACK_STAFFING_RELOOK": "2s",
    "RINGBACK_RING_TIMEOUT": "15s",
    "RINGBACK_LATER_WITHIN": "15s",
    "RINGBACK_CARRIER_POLL": "5s",
    "RINGBACK_DIALING_RATE": "40",
    "RINGBACK_SENDER_SLOTS": "40",
}


@dataclass(frozen=True, slots=True)
class Cast:
    """A key for each channel, and the token of the supervisor."""

    keys: Mapping[str, str]
    supervisor: str


async def cast(database: Database) -> Cast:
    """Create the channels with their keys, and the supervisor."""
    async with database.transaction() as session:
        now = await database.clock.now(session)
        keys = {
            name: await add_channel(session, name, kind=kind, types=[], who="demo", now=now) for name, kind in CHANNELS.items()
        }
        life = now + _TOKEN_LIFE
        supervisor = await issue(session, name="demo-supervisor", scope=Scope.SUPERVISOR, who="demo", now=now, expires_at=life)
    return Cast(keys, supervisor)


async def open_floor(client: httpx.AsyncClient, supervisor: str, hours: Hours) -> None:
    """Put the calendars and the queues through the public API."""
    headers = {"Authorization": f"Bearer {supervisor}"}
    for name, document in hours.calendars.items():
        new = {**headers, "If-None-Match": "*"}
        (await client.put(f"/v1/calendars/{name}", json=document, headers=new)).raise_for_status()
    for name, calendar in _QUEUES.items():
        (await client.put(f"/v1/queues/{name}", json={"calendar": calendar}, headers=headers)).raise_for_status()


async def hire(database: Database, number: int) -> list[Badge]:
    """Create the agents; every one serves all queues, most speak both languages."""
    badges = []
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for index in range(number):
            languages = ["en", "he"] if index % 4 else [("en", "he")[index % 8 // 4]]
            token = await add_agent(
                session,
                f"agent-{index + 1:02}",
                queues=list(_QUEUES),
                languages=languages,
                phone=_AGENT_PHONE.format(_FIRST_AGENT_PHONE + index),
                skills=[],
                expires_at=now + _TOKEN_LIFE,
                who="demo",
                now=now,
            )
            badges.append(Badge(f"agent-{index + 1:02}", token))
    return badges


async def publish_rules(database: Database) -> None:
    """Publish the demo's rules: from now on they may dial."""
    with resources.as_file(resources.files("orchestrator.embedded.demo") / RULES) as folder:
        files = read_rule_files(Path(folder))
    async with database.transaction() as session:
        await publish(session, files, author="demo", who="demo", now=await database.clock.now(session))


async def give_phones(client: httpx.AsyncClient, journeys: Sequence[Journey]) -> None:
    """Tell the simulator what each customer's phone does."""
    puts = (client.put(f"/_sim/phones/{each.attributes['phone']}", json=list(each.phone)) for each in journeys)
    for answer in await asyncio.gather(*puts):
        answer.raise_for_status()
