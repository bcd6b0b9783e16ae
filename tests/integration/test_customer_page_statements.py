"""A customer's pages of availability ask the database a few times, however much is on record."""

from datetime import timedelta
from uuid import UUID

import pytest

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Scope
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.checking import Word
from orchestrator.permissions.consenting import record_consent
from orchestrator.permissions.forbidding import Ban, record_do_not_call
from orchestrator.permissions.registries import import_registry
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import some_settings
from tests.integration.test_page_statements import statements_of
from tests.integration.test_when_customer import a_deployment

NUMBER = b"0527654321"


async def a_long_record(database: Database, database_url: str, customer_id: UUID) -> None:
    """A number that is on a registry's list, and many words about every medium."""
    async with database.transaction() as session:
        customer = await session.get_one(CustomerRow, customer_id)
        customer.attributes = {**customer.attributes, "phone": NUMBER.decode(), "country": "IL"}
        now = await database.clock.now(session)
        day = now - timedelta(days=2)
        await import_registry(session, "il", [NUMBER + b"\nEND 1\n"], country="IL", as_of=day, count=None, who="x", now=now)
        for medium in (*Medium, *Medium):
            word = Word(scope=Scope(Purpose.MARKETING, None, medium), given=True, source="web", proof="form 7")
            await record_consent(session, customer_id, word, who="x", clock=database.clock)
        ban = Ban(forbidden=True, topic="bill", source="web")
        await record_do_not_call(session, customer_id, ban, who="x", clock=database.clock, settings=some_settings(database_url))


@pytest.mark.parametrize(("page", "most"), [("permissions", 15), ("when", 30)])
async def test_a_customers_page_sends_few_statements(database_url: str, database: Database, page: str, most: int) -> None:
    customer = await a_deployment(database)
    await a_long_record(database, database_url, customer)

    async with a_browser(database_url, database) as browser:
        sent = await statements_of(browser, f"/console/customers/{customer}/{page}")

    assert sent <= most
