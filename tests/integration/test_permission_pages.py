"""Consent, do-not-call and registries on the console: who may change them, what is refused, and what is shown of them."""

from datetime import timedelta

import pytest
from sqlmodel import select

from api.pages.people import Role
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.registries import import_registry
from orchestrator.permissions.tables import ConsentRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser

HOSTILE = "<script>document.title='broken'</script>"


async def a_customer(database: Database) -> CustomerRow:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        row = CustomerRow(
            subject="c", attributes={"name": "Noa Levi", "phone": "+972527654321", "zone": "Etc/UTC"}, created_at=now
        )
        session.add(row)
    return row


async def said(database: Database) -> list[ConsentRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(ConsentRow))).all())


async def test_what_was_typed_stays_where_something_does_not_fit(database_url: str, database: Database) -> None:
    customer = await a_customer(database)
    typed = {"said": "no", "purpose": "service", "topic": "bill", "source": "Dana", "given_on": "2190-05-01", "proof": HOSTILE}

    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"/console/customers/{customer.id}/consent", **typed)

    assert answer.status_code == 422
    assert 'id="f-given_on-fault"' in answer.text
    assert all(f'value="{each}"' in answer.text for each in ("bill", "Dana", "2190-05-01"))
    assert HOSTILE not in answer.text
    assert await said(database) == []


@pytest.mark.parametrize(
    ("form", "typed", "fields"),
    [
        ("consent", {}, ["purpose", "proof", "source"]),
        ("consent", {"said": "deal", "purpose": "marketing", "source": "Dana", "proof": "7"}, ["topic", "expires_on"]),
        ("consent", {"purpose": "service", "source": "D", "proof": "7", "given_on": "soon"}, ["given_on"]),
        ("do-not-call", {"ban": "allow"}, ["ban_proof", "ban_source"]),
        ("do-not-call", {"ban_number": "12", "ban_source": "Dana"}, ["ban_number"]),
        ("do-not-call", {"ban_topic": "a bill", "ban_source": "Dana"}, ["ban_topic"]),
    ],
)
async def test_each_field_at_fault_is_named(
    database_url: str, database: Database, form: str, typed: dict[str, str], fields: list[str]
) -> None:
    customer = await a_customer(database)

    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"/console/customers/{customer.id}/{form}", **typed)

    assert answer.status_code == 422
    assert [field for field in fields if f'id="f-{field}-fault"' not in answer.text] == []


async def test_a_consent_lasts_through_its_last_day_on_the_readers_clock(database_url: str, database: Database) -> None:
    customer = await a_customer(database)
    typed = {"purpose": "marketing", "source": "Dana", "proof": "form 7", "given_on": "2026-01-05", "expires_on": "2126-03-01"}

    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"/console/customers/{customer.id}/consent", **typed)
        shown = (await browser.open(f"/console/customers/{customer.id}/permissions")).text

    assert answer.status_code == 303
    (row,) = await said(database)
    assert row.expires_at is not None
    assert row.expires_at - row.given_at > timedelta(days=36_000)
    assert row.expires_at.isoformat().startswith(("2126-03-01T2", "2126-03-02T00"))
    assert "form 7" in shown


async def test_an_auditor_reads_and_finds_no_form(database_url: str, database: Database) -> None:
    customer = await a_customer(database)

    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = await browser.open(f"/console/customers/{customer.id}/permissions")
        sent = await browser.send(f"/console/customers/{customer.id}/do-not-call", ban_source="x")

    assert (shown.status_code, sent.status_code) == (200, 403)
    assert "/consent" not in shown.text


async def test_registries_are_shown_with_their_age_and_what_the_law_asks(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for name, country, line in (("israel", "IL", b"0527654321"), ("america", "US", b"4155550100")):
            listed = [line + b"\nEND 1\n"]
            day = now - timedelta(days=20)
            await import_registry(session, name, listed, country=country, as_of=day, count=None, who="cli:ops", now=now)

    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = (await browser.open("/console/availability/registries")).text

    assert (shown.count("Too old: calls wait"), shown.count(">Current<")) == (1, 1)
    assert "20 days" in shown
    assert "Consumer Protection Law, amendment 61" in shown
