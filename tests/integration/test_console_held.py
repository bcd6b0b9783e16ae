"""The console's page of the floor counts the cases that are held back before they become tasks, and leads to them."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from api.pages.console.now import Lens
from api.pages.console.stream import ConsoleWatcher
from api.pages.people import COOKIE
from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.advance import advance
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.people import Role
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, an_escalation, some_settings

MORNING = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


async def a_held_case(database: Database, *reasons: str, until: datetime = MORNING, name: str = "Noa Levi") -> EscalationRow:
    async with database.transaction() as session:
        case = await an_escalation(session, state=State.WAITING)
        case.reasons, case.wait_until = list(reasons), until
        customer = await session.get_one(CustomerRow, case.customer_id)
        customer.attributes = {**customer.attributes, "name": name}
        session.add_all([case, customer])
    return case


def row_of(text: str, why: str) -> str:
    """The text of the table's row that begins with this sentence."""
    return re.sub(r"<[^>]+>", " ", text.partition(f'<th scope="row">{why}')[2].partition("</tr>")[0])


async def test_cases_held_back_are_counted_by_reason_with_when_they_go_on(supervisor: Browser, database: Database) -> None:
    await a_held_case(database, "business_hours", "calling_hours")
    await a_held_case(database, "business_hours", "calling_hours", until=MORNING + timedelta(hours=2))
    await a_held_case(database, "kill_switch")
    async with database.transaction() as session:
        await an_escalation(session, state=State.QUEUED)
        await an_escalation(session, state=State.OPEN)

    shown = (await supervisor.open("/console")).text

    both = "Their queue is closed at this hour · No call is allowed at this hour where they are"
    assert re.search(r"Held back</dt><dd><a href=\"/console/held\">4<", shown)
    assert re.search(r"\b2\b.*Tue, Nov 24\s+09:30\s*–\s*11:30", row_of(shown, both), re.DOTALL)
    assert re.search(r"\b1\b.*As soon as that changes", row_of(shown, "Calls are switched off"), re.DOTALL)
    assert re.search(r"\b1\b", row_of(shown, "They are looked at in a moment"))


async def test_a_count_leads_to_its_customers_alone(supervisor: Browser, database: Database) -> None:
    closed = await a_held_case(database, "business_hours", "calling_hours", name="Closed Carl")
    await a_held_case(database, "no_such_queue", name="Lost Lea")
    shown = (await supervisor.open("/console")).text
    address = next(each for each in re.findall(r'href="(/console/held\?why=[^"]+)"', shown) if "calling_hours" in each)

    listed = (await supervisor.open(address)).text
    every = (await supervisor.open("/console/held")).text

    assert f'href="/console/customers/{closed.customer_id}"' in listed
    assert ("Closed Carl" in listed, "Lost Lea" in listed, "Tue, Nov 24 <bdi>09:30" in listed) == (True, False, True)
    assert ("Closed Carl" in every, "Lost Lea" in every) == (True, True)
    assert "Checkout left unfinished" in listed


async def test_a_reason_nobody_is_held_back_for_says_so(supervisor: Browser) -> None:
    assert "Nobody is held back for this" in (await supervisor.open("/console/held?why=budget")).text
    assert "Held back before they become tasks" not in (await supervisor.open("/console")).text


async def test_an_agent_does_not_see_who_is_held_back(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, role=Role.AGENT) as browser:
        assert (await browser.open("/console/held")).status_code == 403


async def test_what_holds_a_case_back_is_drawn_within_a_second(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        case = await an_escalation(session, state=State.OPEN)
    lens = Lens(database.clock, "en")
    newsroom = supervisor.app.state.newsroom
    await newsroom.listening.wait()
    told = ConsoleWatcher(database, supervisor.client.cookies[COOKIE], lens).watch(newsroom)
    first = await anext(told)
    assert (await anext(told)).event == "tasks"

    async with database.transaction() as session:  # nobody is on duty
        settings = some_settings("postgresql://unused")
        await advance(session, case.id, clock=database.clock, rules=RuleLibrary(), settings=settings)
    async with asyncio.timeout(1):
        second = await anext(told)

    assert "They are looked at in a moment" in str(first.raw_data)
    assert "Nobody is on duty for them" in str(second.raw_data)
