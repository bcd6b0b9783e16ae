"""A back-test watched in a browser: its page follows it by itself until what it found stands there."""

from datetime import UTC, datetime

from playwright.async_api import expect
from sqlmodel import select

from api.pages.people import Role
from orchestrator.backtests.tables import BacktestRow, BacktestState
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.planted_backtest import plant_backtests
from tests.integration.intake_world import publish_rules
from tests.integration.test_backtests import CART


async def test_a_page_follows_a_back_test_to_its_end(visitors: Visitors, database: Database) -> None:
    await publish_rules(database, CART)
    async with database.transaction() as session:
        await plant_backtests(session, "cart", now=datetime.now(UTC))
        done = (await session.exec(select(BacktestRow).where(BacktestRow.state == BacktestState.DONE))).one()
        result, done.result = done.result, None
        done.state, done.progress = BacktestState.RUNNING, {"phase": "running", "done": 1, "of": 4}
        session.add(done)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()

    await page.goto("/console/rules/cart/backtest", wait_until="load")
    await expect(page.get_by_text("1 of 4 events")).to_be_visible(timeout=15_000)
    await now_is(database, progress={"phase": "running", "done": 3, "of": 4})
    await expect(page.get_by_text("3 of 4 events")).to_be_visible(timeout=15_000)
    await now_is(database, state=BacktestState.DONE, progress=None, result=result)

    await expect(page.get_by_text("It would have made")).to_be_visible(timeout=15_000)
    await context.close()


async def now_is(database: Database, **values: object) -> None:
    async with database.transaction() as session:
        row = (await session.exec(select(BacktestRow).where(BacktestRow.state == BacktestState.RUNNING))).one()
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
