"""Where two have to agree before a rule may dial, in a browser: its author waits, a second person approves, then it runs."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect
from sqlmodel import select

from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.test_rule_flows import BEGUN, MINE, a_supervisor, press, save, words_of
from tests.integration.floor import a_queue
from tests.integration.served import served
from tests.integration.test_rule_life import MOVED


@pytest_asyncio.fixture
async def site(database_url: str) -> AsyncIterator[str]:
    """The address of an api server that demands a second person."""
    async with served(database_url, rules_need_approval=True) as api:
        yield api.url


async def state(database: Database) -> RuleState:
    async with database.transaction() as session:
        return RuleState((await session.exec(select(RuleRow))).one().state)


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_rule_runs_once_somebody_other_than_its_author_has_approved_it(
    visitors: Visitors, database: Database, language: str
) -> None:
    _ = words_of(language)
    async with database.transaction() as session:
        await a_queue(session, "sales")
    author = await a_supervisor(visitors, language, path=BEGUN)
    publish, approve = _("Publish version %(number)s") % {"number": 1}, _("Approve version %(number)s") % {"number": 1}
    await save(author, _, MOVED)
    await press(author, publish)
    await expect(
        author.get_by_text(_("Not done: somebody other than the author of this version has to approve it first."))
    ).to_be_visible()
    before = await state(database)
    await expect(author.get_by_role("button", name=approve)).to_have_count(0)

    second = await a_supervisor(visitors, language)
    await press(second, approve)
    await expect(second.get_by_text(_("Approved."), exact=True)).to_be_visible()
    await author.goto(MINE)
    await press(author, publish)

    await expect(author.get_by_text(_("Published: the rule finds moments and people are called."))).to_be_visible()
    assert (before, await state(database)) == (RuleState.DRAFT, RuleState.PUBLISHED)
    await author.context.close()
    await second.context.close()
