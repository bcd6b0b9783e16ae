"""A travel site's recorded days: sent live in any order, they lead to the moments that the back-test finds in them."""

import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select
from typer.testing import CliRunner

from api.app import create_app
from orchestrator.cli.main import app as commands
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, some_settings
from tests.integration.intake_world import BATCH, World, a_channel_key
from tests.recorded import travel
from tests.recorded.material import recorded

RULES = {
    "booking-left": """
rule: booking-left
moment: incomplete_checkout
detect:
  absence:
    start: [{type: checkout.started}]
    touch: [{type: checkout.updated}]
    until: [{type: checkout.completed}]
    within: 30m
steps: [{message: {template: finish-link}}]
expires: 24h
cooldown: 2h
""",
    "comes-again": """
rule: comes-again
moment: lost_in_help
detect: {score: {events: [{type: checkout.updated}], until: [{type: checkout.completed}], within: 12h, threshold: 2}}
steps: [{message: {template: finish-link}}]
expires: 24h
""",
    "old-friend": """
rule: old-friend
moment: incomplete_checkout
detect: {occurrence: {on: [{type: checkout.updated, where: event.data.sessions > 2}]}}
steps: [{message: {template: finish-link}}]
expires: 24h
""",
}
DAYS = [datetime(2014, 9, day, tzinfo=UTC) for day in (2, 11, 13, 17)]
Moment = tuple[str, str, str, datetime]


@pytest.fixture
async def client(database: Database, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        client.headers["authorization"] = f"Bearer {await a_channel_key(database)}"
        yield client


def shifted(day: datetime, until: datetime) -> list[dict[str, Any]]:
    """Return that day's events, moved so that every deadline they set lies before `until`."""
    sessions = travel.sessions(day, day + timedelta(hours=20))
    last = max(datetime.fromisoformat(event["time"]) for event in travel.events(sessions))
    return travel.events(sessions, shift=until - timedelta(hours=1) - last)


def backtested(folder: Path, events: Sequence[dict[str, Any]], until: datetime) -> set[Moment]:
    """Return what `ringback backtest` finds in the events."""
    rules, told, found = folder / "rules", folder / "events.jsonl", folder / "moments.jsonl"
    rules.mkdir()
    for name, document in RULES.items():
        (rules / f"{name}.yaml").write_text(document, encoding="utf-8")
    told.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    arguments = ["backtest", "--rules", rules, "--events", told, "--until", until.isoformat(), "--moments", found, "--json"]
    result = CliRunner().invoke(commands, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    return {(line["rule"], line["customer"], line["key"], datetime.fromisoformat(line["at"])) for line in lines}


async def standing(world: World) -> set[Moment]:
    """Return the moments found live that were not withdrawn."""
    subjects = {row.id: row.subject for row in await world.rows(select(CustomerRow))}
    rows = await world.rows(select(MomentRow).where(MomentRow.status != MomentStatus.WITHDRAWN))
    return {(row.rule, subjects[row.customer_id], row.key, row.at) for row in rows}


@recorded
@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day:%d-%b}")
async def test_a_day_sent_in_shuffled_batches_leads_to_the_back_tests_moments(
    client: httpx.AsyncClient, database: Database, tmp_path: Path, day: datetime
) -> None:
    world, until = World.on(database), datetime.now(UTC).replace(microsecond=0)
    await world.publish(*RULES.values())
    events = shifted(day, until)
    shuffled = random.Random(day.day).sample(events, k=len(events))

    while shuffled:
        batch, shuffled = shuffled[:7], shuffled[7:]
        answer = await client.post("/v1/events", json=batch, headers=BATCH)
        assert {one["verdict"] for one in answer.json()["events"]} == {"accepted"}

    expected = backtested(tmp_path, events, until)
    assert {rule for rule, *_ in expected} >= {"booking-left", "comes-again"}
    assert await standing(world) == expected
