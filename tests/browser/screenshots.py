"""Photographs every page with the demo's data, light and dark, in both languages, wide and narrow: `make screenshots`."""

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from api.pages.people import Role
from tests.browser.conftest import Visitors
from tests.browser.demo_day import DemoDay, a_demo_day
from tests.browser.shown import LOOKS, NAMED, SHOWN, Look

FOLDER = Path(__file__).parents[2] / "screenshots"
LOGINS = {Role.AGENT: "noa", Role.ADMIN: "admin"}
# What an agent presses, and what the desk says then.
AT_WORK = (
    ("Be available", "On offer to you"),
    ("Accept", "Ready to call"),
    ("Call", "You are talking with the customer"),
    ("Hang up", "The call is over"),
)


async def test_every_page_is_photographed(browser: Browser, tmp_path: Path) -> None:
    async with a_demo_day(tmp_path / "day") as day:
        visitors = Visitors(browser, day.site, day.database)
        for role, paths in SHOWN.items():
            context = await (visitors.anybody() if role is None else visitors.known(LOGINS[role]))
            page = await context.new_page()
            for path in paths:
                await photograph_all(visitors, page, path, day)
                for button, answer in AT_WORK if path == "/desk" else ():
                    await press(visitors, page, button, answer)
                    await photograph_all(visitors, page, path, day, button)
            await context.close()


async def press(visitors: Visitors, page: Page, button: str, answer: str) -> None:
    await visitors.choose(page.context, language="en", theme="light")
    await page.reload(wait_until="load")
    await page.get_by_role("button", name=button, exact=True).click()
    await expect(page.locator("#work").get_by_text(answer)).to_be_visible(timeout=60_000)


async def photograph_all(visitors: Visitors, page: Page, path: str, day: DemoDay, step: str = "") -> None:
    ids = {"customer_id": day.customer_id, "person_id": day.person_id, "agent_id": day.agent_id, "letter_id": day.letter_id}
    await page.goto(path.format(**{**NAMED, **ids}), wait_until="load")
    for look in LOOKS:
        await photograph(visitors, page, f"{path} {step}", look)


async def photograph(visitors: Visitors, page: Page, shown: str, look: Look) -> None:
    language, theme, (width, height) = look
    await visitors.choose(page.context, language=language, theme=theme)
    await page.set_viewport_size({"width": width, "height": height})
    await page.reload(wait_until="load")
    await page.evaluate("document.fonts.ready")
    name = re.sub(r"[^a-z]+", "-", shown.lower().replace("customer_id", "one")).strip("-")
    FOLDER.mkdir(exist_ok=True)
    await page.screenshot(path=FOLDER / f"{name}-{language}-{theme}-{width}.png", full_page=True)
