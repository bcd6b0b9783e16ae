"""The page that says when a customer could be called: the strip, the same in words, and the ways that lead there."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from orchestrator.availability.tables import ClosureRow
from orchestrator.escalations.states import State
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import an_escalation
from tests.integration.test_when_customer import RULE, a_deployment


@pytest.fixture
async def browser(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


async def test_each_gate_has_a_row_and_the_times_of_all_stand_in_words(browser: Browser, database: Database) -> None:
    customer = await a_deployment(database)

    shown = (await browser.open(f"/console/customers/{customer}/when")).text

    rows = shown.split("<tbody>")[1].split("</tbody>")[0].split("<tr")[1:]
    assert [row.count("<td>") for row in rows] == [14] * len(rows)
    assert [label in row for label, row in zip(("May be called", "Calling hours"), rows, strict=False)] == [True, True]
    assert any("The queue is open" in row and "10:00–17:00" in row for row in rows)
    assert "Asia/Jerusalem" in shown
    assert "10:00–17:00" in shown.split('id="times-heading"')[1]


async def test_what_refuses_leaves_no_time_at_all(browser: Browser, database: Database) -> None:
    customer = await a_deployment(database, do_not_call=True)

    shown = (await browser.open(f"/console/customers/{customer}/when")).text

    assert "Not to be called" in shown
    assert "No time of these two weeks is allowed by all gates." in shown


async def test_a_queue_closed_without_an_end_is_closed_until_told_otherwise(browser: Browser, database: Database) -> None:
    customer = await a_deployment(database)
    async with database.transaction() as session:
        begins = await database.clock.now(session)
        session.add(ClosureRow(calendar="sales-hours", starts_at=begins, reason="fire", author="dana"))

    shown = (await browser.open(f"/console/customers/{customer}/when")).text

    answer = shown.split('class="answer">')[1].split("</section>")[0]
    assert "until told otherwise" in answer.split("</p>")[0]
    assert "<time" not in answer.split("</p>")[0]
    assert "The queue is closed in an emergency" in answer


async def test_a_rule_is_chosen_and_one_that_is_not_there_is_marked(browser: Browser, database: Database) -> None:
    sms = "rule: sms\nmoment: sms\ndetect: {occurrence: {on: [{type: x}]}}\nsteps: [{message: {template: t}}]\nexpires: 1d\n"
    customer = await a_deployment(database, RULE, sms)

    called = (await browser.open(f"/console/customers/{customer}/when?rule=moved")).text
    written = (await browser.open(f"/console/customers/{customer}/when?rule=sms")).text
    gone = await browser.open(f"/console/customers/{customer}/when?rule=gone")

    assert ("The queue is open" in called, "The queue is open" in written) == (True, False)
    assert (gone.status_code, "Choose one of the rules." in gone.text) == (422, True)


async def test_the_customers_page_and_the_menu_lead_there(browser: Browser, database: Database) -> None:
    customer = await a_deployment(database)
    async with database.transaction() as session:
        case = await an_escalation(session, state=State.WAITING)
        case.wait_until = datetime.now(UTC)
        session.add(case)
    way = f'href="/console/customers/{customer}/when"'

    listed = (await browser.open("/console/availability/when")).text
    calendars = (await browser.open("/console/availability")).text

    assert way in (await browser.open(f"/console/customers/{customer}")).text
    assert f'href="/console/customers/{case.customer_id}/when"' in listed
    assert 'href="/console/availability/when"' in calendars


async def test_nobody_by_this_id_is_not_found(browser: Browser) -> None:
    assert (await browser.open(f"/console/customers/{uuid4()}/when")).status_code == 404
