"""Shift plans, the strip of coming days and the end of a calendar, by keyboard alone."""

from playwright.async_api import expect

from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.keyboard import reach, use
from tests.browser.shown import a_busy_floor


async def test_a_shift_plan_is_mended_ticked_and_removed_by_keyboard(visitors: Visitors, database: Database) -> None:
    await a_busy_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    await page.goto("/console/availability/staffing", wait_until="load")
    await reach(page, page.get_by_role("link", name="Tal").last)
    await page.keyboard.press("Enter")
    monday = page.get_by_label("Monday")

    await reach(page, monday)
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("9-5")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("group", name="1 thing does not fit yet")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(monday).to_be_focused()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("09:00-17:00")
    await reach(page, page.get_by_role("checkbox", name="complaints"))
    await page.keyboard.press("Space")
    await use(page, "Save")
    await expect(page).to_have_url("/console/availability/staffing")

    await reach(page, page.get_by_role("link", name="Tal").last)
    await page.keyboard.press("Enter")
    await expect(monday).to_have_value("09:00-17:00")
    await expect(page.get_by_role("checkbox", name="complaints")).to_be_checked()
    await use(page, "Remove the plan…")
    await use(page, "Remove it")
    await expect(page).to_have_url("/console/availability/staffing")
    await context.close()


async def test_when_a_customer_could_be_called_is_asked_and_read_by_keyboard(visitors: Visitors, database: Database) -> None:
    _, customer = await a_busy_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    await page.goto(f"/console/customers/{customer}/when", wait_until="load")

    await reach(page, page.get_by_label("For which rule"))
    await page.keyboard.press("ArrowDown")
    await use(page, "Show")
    strip = page.get_by_role("group", name="The coming two weeks")
    await reach(page, strip)
    summary = page.locator("details summary").last
    await reach(page, summary)
    await page.keyboard.press("Enter")

    await expect(page.locator("details li").first).to_be_visible()
    await context.close()


async def test_a_calendar_is_retired_by_keyboard(visitors: Visitors, database: Database) -> None:
    await a_busy_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    await page.goto("/console/availability", wait_until="load")
    await reach(page, page.get_by_label("Name"))
    await page.keyboard.type("old-hours")
    await reach(page, page.get_by_label("Zone"))
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.type("Asia/Jerusalem")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("old-hours")

    await reach(page, page.get_by_role("link", name="Retire the calendar…"))
    await page.keyboard.press("Enter")
    await use(page, "Retire it")

    await expect(page).to_have_url("/console/availability")
    await expect(page.get_by_role("link", name="old-hours")).to_have_count(0)
    await context.close()
