"""Back-tests that a supervisor asks for: run by the worker in a process of their own, one at a time, and called off."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from api.app import create_app
from orchestrator.availability.tables import CalendarRow
from orchestrator.backtests.asking import KEPT
from orchestrator.identity.tables import Scope
from orchestrator.queueing.tables import QueueRow
from orchestrator.rule_life.drafts import save_draft
from orchestrator.settings import variable
from orchestrator.storage.database import Database
from tests.integration.engine import Engine, an_engine, eventually
from tests.integration.floor import a_client, a_token, an_agent, bearer, some_settings
from tests.integration.intake_world import COMPLAINT, World, an_event, publish_rules

DAYS = 'calendar: days\nzone: UTC\nweekly: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-12:30"]}\n'
CART = """
rule: cart
moment: cart
purpose: service
detect: {absence: {start: [{type: checkout.started}], until: [{type: checkout.completed}], within: 20m}}
worth: {value: event.data.total, chance: 0.5, call_cost: 20}
steps: [{callback: {queue: sales, due: 30m}}]
expires: 2h
cooldown: 1d
holdout: 10%
"""
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
LATER, UNTIL = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
PATH = "/v1/rules/cart/backtests"
PERIOD = {"from": LATER.isoformat(), "until": UNTIL.isoformat()}


class Supervisor:
    """A supervisor's program, beside a worker that may run."""

    def __init__(self, engine: Engine, http: httpx.AsyncClient) -> None:
        self.engine, self.database, self._http = engine, engine.database, http

    async def ask(self, **body: Any) -> httpx.Response:
        return await self._http.post(PATH, json=PERIOD | body)

    async def asked(self, **body: Any) -> str:
        answer = await self.ask(**body)
        assert answer.status_code == 202, answer.text
        return answer.headers["location"]

    async def call_off(self, path: str) -> httpx.Response:
        return await self._http.post(f"{path}/cancellation")

    async def look(self, path: str) -> Any:
        return (await self._http.get(path)).json()

    async def ends(self, path: str, state: str) -> Any:
        return await eventually(lambda: self.look(path), lambda seen: seen["state"] == state)

    async def save(self, document: str) -> None:
        async with self.database.transaction() as session:
            await save_draft(
                session, "cart", document.encode(), seen="*", only_new=False, author="noa", who="test", now=datetime.now(UTC)
            )


@pytest_asyncio.fixture
async def supervisor(database_url: str, temporal_address: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervisor]:
    settings = some_settings(database_url)
    given = {
        "twilio_account_sid": settings.twilio_account_sid,
        "twilio_auth_token": settings.twilio_auth_token.get_secret_value(),
        "payload_keys": settings.payload_keys.get_secret_value(),
    }
    for name, value in given.items():  # a worker's own environment
        monkeypatch.setenv(variable(name), value)
    async with an_engine(database_url, temporal_address) as engine:
        async with engine.database.transaction() as session:
            secret = await a_token(session, scope=Scope.SUPERVISOR)
        app = create_app(settings)
        async with app.router.lifespan_context(app), a_client(app) as http:
            http.headers.update(bearer(secret))
            yield Supervisor(engine, http)


async def a_past(database: Database) -> None:
    """Two rules, a queue with hours and two agents, and four days of thirty customers."""
    await publish_rules(database, CART, COMPLAINT)
    async with database.transaction() as session:
        session.add(CalendarRow(name="days", document=DAYS, changed_at=MONDAY))
        await session.flush()
        queue = await session.get_one(QueueRow, "sales") if await session.get(QueueRow, "sales") else QueueRow(name="sales")
        queue.calendar = "days"
        session.add(queue)
        await session.flush()
        for _ in range(2):
            await an_agent(session)
    world = World.on(database)
    events = []
    for number in range(90):
        at = MONDAY + timedelta(hours=number, minutes=number % 7)
        subject = f"customer-{number % 30}@example.com"
        events.append(an_event("checkout.started", subject, at=at, total=10 * (number % 9)))
        if number % 5 == 0:
            events.append(an_event("checkout.completed", subject, at=at + timedelta(minutes=9)))
        if number % 4 == 0:
            events.append(an_event("complaint.filed", subject, at=at + timedelta(minutes=30)))
    await world.send(*events, history=True)


def by_command(database_url: str, folder: Path, *documents: str) -> tuple[Any, Any]:
    """Return what the command prints and reports for these rules."""
    rules, report = folder / "rules", folder / "report.json"
    rules.mkdir()
    for number, document in enumerate(documents):
        (rules / f"{number}.yaml").write_text(document)
    words = ("backtest", "--rules", str(rules), "--events", "db", "--json", "--report", str(report))
    period = ("--from", PERIOD["from"], "--until", PERIOD["until"])
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.cli.main", *words, *period],
        env=os.environ | {variable("database_url"): database_url},
        check=True,
        capture_output=True,
    )
    return json.loads(done.stdout), json.loads(report.read_text())


@asynccontextmanager
async def nobody_reads_events(database: Database) -> AsyncIterator[None]:
    """Keep whoever would read them waiting."""
    async with database.transaction() as session:
        await (await session.connection()).execute(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        yield


async def readers(database: Database) -> int:
    """Return how many connections wait to read all events."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        " AND query LIKE '%FROM events ORDER BY time%'"
    )
    async with database.transaction() as session:
        return int((await (await session.connection()).execute(waiting)).scalar_one())


def commands(parent: int) -> set[int]:
    """Return the back-tests that a process has started and that still run, by their process ids."""
    return {pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _is_command(Path(f"/proc/{pid}"), parent)}


def _is_command(process: Path, parent: int) -> bool:
    try:
        words, state = (process / "cmdline").read_bytes(), (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # gone meanwhile
        return False
    return int(state[1]) == parent and b"\0backtest\0" in words


async def test_a_draft_gives_the_same_figures_as_the_command(supervisor: Supervisor, database_url: str, tmp_path: Path) -> None:
    await a_past(supervisor.database)
    draft = CART.replace("20m", "25m")
    await supervisor.save(draft)

    async with supervisor.engine.working():
        path = await supervisor.asked()
        shown = await supervisor.ends(path, "done")
    printed, reported = await asyncio.to_thread(by_command, database_url, tmp_path, draft, COMPLAINT)

    result, verdicts = shown["result"], printed["rules"]["cart"]["verdicts"]
    assert (shown["version"], shown["from"], shown["progress"]) == (2, "2026-03-03T08:00:00Z", None)
    assert result["figures"] == printed["rules"]["cart"]
    assert {"control", "suppressed:worth", "suppressed:cooldown", "joined", "escalate"} >= set(verdicts) >= {"escalate"}
    assert len(verdicts) >= 3
    assert result["events"] == printed["events"]
    assert [each["customers"] for each in result["overlap"]] == [each["customers"] for each in reported["overlap"]]
    assert result["others"] == ["complaint"]
    assert result["worth"] == reported["worth"]["cart"]
    without = ("customer", "rule", "key")
    plain = [{name: each[name] for name in each if name not in without} for each in reported["samples"]["cart"]]
    assert [{name: each[name] for name in each if name not in without} for each in result["samples"]] == plain
    hours = result["hours"]
    assert sum(moments for _, moments, _, _ in hours) == printed["rules"]["cart"]["moments"]
    assert sum(calls for _, _, calls, _ in hours) == verdicts["escalate"]


async def test_the_hours_of_a_back_test_have_the_agents_of_its_queue_while_that_is_open(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)

    async with supervisor.engine.working():
        shown = await supervisor.ends(await supervisor.asked(), "done")

    agents = {hour: there for hour, _, _, there in shown["result"]["hours"] if there}
    assert (shown["result"]["queue"], shown["result"]["agents"]) == ("sales", 2)
    assert [agents.get(f"2026-03-04T{hour:02}:00:00Z") for hour in (8, 9, 11, 12, 13)] == [None, 2, 2, 1, None]


async def test_what_is_kept_of_a_back_test_has_no_customers_ids_but_ours(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)

    async with supervisor.engine.working():
        shown = await supervisor.ends(await supervisor.asked(), "done")

    customers = {
        str((await World.on(supervisor.database).customer(f"customer-{number}@example.com")).id) for number in range(30)
    }
    samples = shown["result"]["samples"]
    assert samples
    assert {each["customer"] for each in samples} <= customers
    assert "@example.com" not in json.dumps(shown)


async def test_one_runs_at_a_time_and_the_next_when_it_is_called_off(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)

    async with supervisor.engine.working():
        async with nobody_reads_events(supervisor.database):
            first = await supervisor.asked()
            await supervisor.ends(first, "running")
            second = await supervisor.asked(version=1)
            await eventually(lambda: readers(supervisor.database), lambda seen: seen == 1)
            waiting, at_work = await supervisor.look(second), commands(os.getpid())
            called_off = await supervisor.call_off(first)
            await supervisor.ends(second, "running")
        done = await supervisor.ends(second, "done")

    assert (waiting["state"], len(at_work)) == ("queued", 1)
    assert (called_off.status_code, called_off.json()["state"]) == (202, "cancelled")
    assert done["result"]["figures"]["moments"] > 0
    assert (await supervisor.look(first))["result"] is None


async def test_one_that_is_called_off_stops_at_once_and_stays_so(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)

    async with supervisor.engine.working():
        async with nobody_reads_events(supervisor.database):
            path = await supervisor.asked()
            await eventually(lambda: readers(supervisor.database), lambda seen: seen == 1)
            at_work = commands(os.getpid())
            await supervisor.call_off(path)
            await eventually(lambda: asyncio.to_thread(commands, os.getpid()), lambda seen: not seen)
        again = await supervisor.call_off(path)

    assert len(at_work) == 1
    assert again.json()["state"] == "cancelled"


async def test_one_whose_start_was_lost_is_found_by_the_sweep(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)
    path = await supervisor.asked()
    async with supervisor.database.transaction() as session:
        await (await session.connection()).execute(text("DELETE FROM outbox"))

    async with supervisor.engine.working():
        done = await supervisor.ends(path, "done")

    assert done["result"]["figures"]["moments"] > 0


async def test_rules_that_cannot_be_read_any_more_end_it_as_failed(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)
    async with supervisor.database.transaction() as session:
        broken = text("UPDATE rule_versions SET document = 'rule: complaint' WHERE rule = 'complaint'")
        await (await session.connection()).execute(broken)

    async with supervisor.engine.working():
        ended = await supervisor.ends(await supervisor.asked(), "failed")

    assert ended["result"] is None


async def test_a_document_is_tried_without_being_saved(supervisor: Supervisor) -> None:
    await a_past(supervisor.database)

    path = await supervisor.asked(document=CART.replace("20m", "1h"))

    asked = await supervisor.look(path)
    listed = await supervisor.look(PATH)
    assert (asked["version"], "within: 1h" in asked["document"], asked["state"]) == (None, True, "queued")
    assert [each["id"] for each in listed] == [asked["id"]]
    assert "result" not in listed[0]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": UNTIL.isoformat()}, "from"),
        ({"from": "2024-01-01T00:00:00Z"}, "from"),
        ({"until": "2199-01-01T00:00:00Z"}, "until"),
        ({"from": "2026-03-01T00:00:00"}, "from"),
        ({"document": "rule: cart"}, "detect"),
        ({"document": CART.replace("rule: cart", "rule: other")}, "document"),
        ({"version": 0}, "version"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_field(supervisor: Supervisor, body: dict[str, Any], field: str) -> None:
    await publish_rules(supervisor.database, CART)

    answer = await supervisor.ask(**body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert await supervisor.look(PATH) == []


async def test_what_is_not_there_is_not_found(supervisor: Supervisor) -> None:
    nothing = (await supervisor.ask()).status_code
    await publish_rules(supervisor.database, CART, COMPLAINT)
    path = await supervisor.asked()

    elsewhere = await supervisor.look(path.replace("cart", "complaint"))

    assert nothing == 404
    assert (await supervisor.ask(version=7)).status_code == 404
    assert elsewhere["status"] == 404


async def test_no_more_than_five_of_a_rule_wait(supervisor: Supervisor) -> None:
    await publish_rules(supervisor.database, CART)
    paths = [await supervisor.asked() for _ in range(5)]

    refused = await supervisor.ask()
    await supervisor.call_off(paths[0])

    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (409, "too_many_backtests")
    assert (await supervisor.ask()).status_code == 202


async def test_the_oldest_go_when_there_are_more_than_are_kept(supervisor: Supervisor) -> None:
    await publish_rules(supervisor.database, CART)
    paths = []
    for _ in range(KEPT + 1):
        paths.append(await supervisor.asked())
        await supervisor.call_off(paths[-1])

    listed = [f"{PATH}/{each['id']}" for each in await supervisor.look(PATH)]

    assert listed == list(reversed(paths[1:]))
