"""Results of a busy time: their parts come by themselves, and what has come is fit for everybody."""

from playwright.async_api import expect

from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import Visitors
from tests.integration.test_console_results import DAYS
from tests.integration.test_results_in_parts import a_busy_month


async def test_all_parts_arrive_without_a_hand(visitors: Visitors, database: Database) -> None:
    await a_busy_month(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    said = complaints_of(page)

    await page.goto(f"/console/results?{DAYS}")

    await expect(page.locator("[aria-busy]")).to_have_count(0)
    for part in ("funnel", "uncalled", "worth", "promises", "days", "attempts", "agents"):
        await expect(page.locator(f"#{part}-heading")).to_be_visible()
    assert [*await violations(page), *await overflow(page), *said] == []
    await context.close()
