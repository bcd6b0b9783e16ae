"""`ringback person` against a real database."""

import asyncio
import base64
from pathlib import Path

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from orchestrator.cli.person import person
from orchestrator.errors import BadInput
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tables import ChangeRow
from orchestrator.identity.tries import Refusal
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, an_agent

HERE = "192.0.2.7"
DANA = ("add", "dana@example.com", "--name", "Dana")


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


async def run(*arguments: str, typed: str | None = None) -> Result:
    result = await asyncio.to_thread(CliRunner().invoke, person, arguments, input=typed)
    if result.exception is not None:
        raise result.exception
    return result


async def test_adding_a_person_prints_a_password_that_opens(database: Database) -> None:
    printed = await run(*DANA, "--role", "supervisor")

    assert len(printed.stdout.splitlines()) == 1
    assert isinstance(await sign_in(database, "dana@example.com", printed.stdout.strip(), address=HERE), SignedIn)


async def test_a_password_may_come_from_standard_input_and_is_printed_nowhere(database: Database) -> None:
    printed = await run(*DANA, "--role", "admin", "--password-stdin", typed="correct horse battery\n")

    assert printed.stdout == ""
    assert isinstance(await sign_in(database, "dana@example.com", "correct horse battery", address=HERE), SignedIn)


async def test_an_agents_person_names_the_agent(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, "dana")

    with pytest.raises(BadInput):
        await run(*DANA, "--role", "agent", "--openid")
    await run(*DANA, "--role", "agent", "--agent", "dana", "--openid")

    assert (await run("list")).stdout.split("\t")[:3] == ["dana@example.com", "Dana", "agent"]


async def test_disabling_and_a_new_password_stand_in_the_audit_without_the_password(database: Database) -> None:
    await run(*DANA, "--role", "auditor")
    changed = (await run("password", "dana@example.com")).stdout.strip()
    await run("disable", "dana@example.com")

    async with database.transaction() as session:
        changes = (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all()
    assert [change.what for change in changes] == ["person.added", "person.password_set", "person.disabled"]
    assert all(change.who.startswith("cli") and change.subject == "dana@example.com" for change in changes)
    assert (changes[2].before or {})["disabled"] is False
    assert (changes[2].after or {})["disabled"] is True
    assert changed not in str([change.model_dump() for change in changes])
    assert await sign_in(database, "dana@example.com", changed, address=HERE) is Refusal.WRONG


async def test_who_goes_over_to_openid_has_no_password_any_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made = (await run(*DANA, "--role", "auditor")).stdout.strip()
    with pytest.raises(BadInput):  # no provider is named: they could not sign in at all
        await run("openid", "dana@example.com")
    assert isinstance(await sign_in(database, "dana@example.com", made, address=HERE), SignedIn)

    monkeypatch.setenv("RINGBACK_OPENID_ISSUER", "https://accounts.example.com")
    monkeypatch.setenv("RINGBACK_OPENID_CLIENT_ID", "ringback")
    first, again = await run("openid", "dana@example.com"), await run("openid", "dana@example.com")

    assert (first.stdout, again.stdout) == ("1 sessions ended\n", "0 sessions ended\n")
    assert await sign_in(database, "dana@example.com", made, address=HERE) is Refusal.WRONG
    async with database.transaction() as session:
        changes = (await session.exec(select(ChangeRow.what).order_by(col(ChangeRow.id)))).all()
    assert changes == ["person.added", "person.password_removed"]
