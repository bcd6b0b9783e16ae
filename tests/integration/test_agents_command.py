"""`ringback agent`, `token`, `queue` and `calendar` against a real database."""

import asyncio
import base64
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from orchestrator.cli.agent import agent
from orchestrator.cli.calendar import calendar
from orchestrator.cli.queue import queue
from orchestrator.cli.token import token
from orchestrator.errors import BadInput
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import Unauthenticated, authenticate
from orchestrator.queueing.presence import NoSuchAgent
from orchestrator.queueing.queues import standing
from orchestrator.storage.database import Database

CALENDAR = 'calendar: weekdays\nzone: UTC\nweekly: {mon: ["09:00-17:00"]}\n'


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = {
        "DATA": str(tmp_path),
        "DATABASE_URL": database_url,
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "PAYLOAD_KEYS": f"a:{base64.b64encode(bytes(32)).decode()}",
    }
    for name, value in known.items():
        monkeypatch.setenv(f"RINGBACK_{name}", value)


def run(command: Typer, *arguments: str) -> Result:
    result = CliRunner().invoke(command, arguments)
    if result.exception is not None:
        raise result.exception
    return result


ADD = ("add", "dana", "--queue", "sales", "--queue", "service", "--language", "he", "--language", "en")


async def test_adding_an_agent_prints_a_working_token_and_nothing_else(database: Database) -> None:
    printed = await in_thread(agent, *ADD, "--phone", "+14155550100", "--expires", "30d")

    async with database.transaction() as session:
        who = await authenticate(session, printed.stdout.strip())
        sales = await standing(session, "sales", now=await database.clock.now(session))
    assert len(printed.stdout.splitlines()) == 1
    assert (who.name, who.scope) == ("dana", Scope.AGENT)
    assert sales.now.is_open


async def in_thread(command: Typer, *arguments: str) -> Result:
    return await asyncio.to_thread(run, command, *arguments)


async def test_a_revoked_agent_is_out_at_once(database: Database) -> None:
    first = (await in_thread(agent, *ADD)).stdout.strip()
    second = (await in_thread(agent, "token", "dana")).stdout.strip()

    await in_thread(agent, "revoke", "dana")

    for secret in (first, second):
        async with database.transaction() as session:
            with pytest.raises(Unauthenticated) as refused:
                await authenticate(session, secret)
        assert refused.value.code == "token_revoked"


async def test_agents_are_listed_with_what_they_can_do() -> None:
    await in_thread(agent, *ADD)

    assert (await in_thread(agent, "list")).stdout.split("\t")[:5] == ["dana", "offline", "away", "sales,service", "he,en"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("add", "da na", "--queue", "q", "--language", "en"), "name"),
        (("add", "dana", "--queue", "q u", "--language", "en"), "queue"),
        (("add", "dana", "--queue", "q", "--language", "english!"), "language"),
        (("add", "dana", "--queue", "q", "--language", "en", "--phone", "0541234567"), "phone"),
        (("add", "dana", "--queue", "q", "--language", "en", "--expires", "soon"), "--expires"),
    ],
)
async def test_an_agent_that_cannot_be_is_refused_by_field(arguments: tuple[str, ...], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        await in_thread(agent, *arguments)

    assert refused.value.field == field
    assert refused.value.fix


async def test_a_name_is_given_once() -> None:
    await in_thread(agent, *ADD)

    with pytest.raises(BadInput, match="there is an agent dana"):
        await in_thread(agent, *ADD)
    with pytest.raises(NoSuchAgent):
        await in_thread(agent, "revoke", "nobody")


async def test_a_supervisors_token_is_of_the_scope_asked_for(database: Database) -> None:
    secrets = [(await in_thread(token, "add", "ruth", "--scope", scope)).stdout.strip() for scope in ("supervisor", "admin")]

    async with database.transaction() as session:
        scopes = [(await authenticate(session, secret)).scope for secret in secrets]
    assert scopes == [Scope.SUPERVISOR, Scope.ADMIN]
    with pytest.raises(BadInput):
        await in_thread(token, "add", "ruth", "--scope", "agent")


async def test_a_calendar_and_a_queue_are_put_in_force(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "weekdays.yaml"
    file.write_text(CALENDAR)

    saved = await in_thread(calendar, "put", str(file))
    await in_thread(queue, "add", "sales", "--calendar", "weekdays", "--skill", "cards", "--pace", "5")
    listed = await in_thread(queue, "list")

    async with database.transaction() as session:
        sales = (await standing(session, "sales", now=await database.clock.now(session))).queue
    assert saved.stdout == "weekdays: version 1\n"
    assert (sales.calendar, sales.skills, sales.pace_per_minute) == ("weekdays", ["cards"], 5)
    assert listed.stdout.startswith("sales\t")


async def test_a_calendar_with_a_fault_is_refused_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("calendar: weekdays\nzone: Nowhere\n")

    with pytest.raises(BadInput) as refused:
        await in_thread(calendar, "put", str(file))

    assert f"{file}:2" in str(refused.value)
