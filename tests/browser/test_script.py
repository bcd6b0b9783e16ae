"""What `ringback.js` adds to a page: counting, keeping what is typed, remembering choices, reading new work out."""

import re

from playwright.async_api import Page, Route, expect

from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.shown import a_busy_floor, take


async def a_desk(visitors: Visitors, database: Database, *, script: bool = True) -> Page:
    """The desk of an agent on a busy floor."""
    agent, _ = await a_busy_floor(database)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent, script=script)
    page = await context.new_page()
    await page.goto("/desk")
    return page


async def test_a_countdown_counts_and_says_that_it_is_late(visitors: Visitors, database: Database) -> None:
    page = await a_desk(visitors, database)
    first, second = page.locator("#waiting .countdown").nth(0), page.locator("#waiting .countdown").nth(1)

    await expect(first).to_have_text(re.compile(r"^8:\d\d late$"))
    await expect(first).to_have_class(re.compile("late"))
    await expect(second).to_have_text(re.compile(r"^in 3:\d\d$"))
    await expect(second).to_have_class(re.compile("soon"))
    before = await second.text_content()
    await expect(second).not_to_have_text(before or "")
    await page.context.close()


async def test_without_script_the_time_itself_stands_there(visitors: Visitors, database: Database) -> None:
    page = await a_desk(visitors, database, script=False)

    await expect(page.locator("#waiting .countdown").first).to_have_text(re.compile(r"^\d\d:\d\d$"))
    await page.context.close()


async def test_new_work_is_read_out_at_once(visitors: Visitors, database: Database) -> None:
    page = await a_desk(visitors, database)

    await take(visitors, page, "Give me the next")

    await expect(page.locator("[data-announcer-now]")).to_have_text(re.compile("^New offer: Checkout left unfinished"))
    await page.context.close()


async def test_what_is_typed_survives_a_reload(visitors: Visitors, database: Database) -> None:
    page = await a_desk(visitors, database)
    await take(visitors, page, "Give me the next")
    await take(visitors, page, "Accept")

    await page.get_by_label("Note").fill("Wants the blue one")
    await page.reload()

    await expect(page.get_by_label("Note")).to_have_value("Wants the blue one")
    await page.context.close()


async def test_sound_is_off_until_it_is_chosen_and_stays_chosen(visitors: Visitors, database: Database) -> None:
    page = await a_desk(visitors, database)
    sound = page.get_by_label("Sound for new offers")

    await expect(sound).not_to_be_checked()
    await sound.check()
    await page.reload()

    await expect(sound).to_be_checked()
    await page.context.close()


async def test_a_stream_opens_however_late_its_part_of_the_script_comes(visitors: Visitors, database: Database) -> None:
    agent, _ = await a_busy_floor(database)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent)
    page = await context.new_page()

    async def after_everything_else(route: Route) -> None:
        while not await page.evaluate("document.readyState !== 'loading' && typeof htmx !== 'undefined'"):
            continue  # the policy lets no page poll by itself
        await page.evaluate("new Promise((done) => setTimeout(() => setTimeout(done)))")
        await route.continue_()

    await page.route("**/hx-sse*", after_everything_else)
    async with page.expect_request("**/desk/stream", timeout=60_000):
        await page.goto("/desk", wait_until="commit")
    await context.close()
