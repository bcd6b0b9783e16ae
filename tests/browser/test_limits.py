"""The form of the limits, by keyboard alone: what does not fit is led to, what fits is in force."""

from playwright.async_api import expect

from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.shown import a_busy_floor


async def test_a_cap_is_changed_by_keyboard_and_a_mistake_is_led_to(visitors: Visitors, database: Database) -> None:
    await a_busy_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    await page.goto("/console/availability/limits", wait_until="load")
    limit = page.get_by_role("group", name="Cap 1").get_by_label("At most")

    await limit.focus()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("none")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("group", name="1 thing does not fit yet")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(limit).to_be_focused()
    await expect(limit).to_have_value("none")
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("4")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("group", name="1 thing does not fit yet")).to_have_count(0)
    await page.reload()
    await expect(limit).to_have_value("4")
    await context.close()
