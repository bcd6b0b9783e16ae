"""Photographs every page, light and dark, in both languages, wide and narrow: `make screenshots`, into `screenshots/`."""

import re
from pathlib import Path

from playwright.async_api import Page

from api.pages.navigation import paths
from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.shown import LOOKS, NAMED, SHOWN, STEPS, Look, a_busy_floor, take

FOLDER = Path(__file__).parents[2] / "screenshots"


async def test_every_page_is_photographed(visitors: Visitors, database: Database) -> None:
    agent, customer = await a_busy_floor(database)

    for role, shown in SHOWN.items():
        if role is None:
            context = await visitors.anybody()
        else:
            context, _ = await visitors.person(role, agent_id=agent if role is Role.AGENT else None)
        page = await context.new_page()
        for path in (path for path in shown if path in paths() or role is None):
            await page.goto(path.format(customer_id=customer, **NAMED), wait_until="load")
            for step in ("", *STEPS.get(path, ())):
                await take(visitors, page, step)
                for look in LOOKS:
                    await photograph(visitors, page, f"{path} {step}", look)
        await context.close()


async def photograph(visitors: Visitors, page: Page, shown: str, look: Look) -> None:
    language, theme, (width, height) = look
    await visitors.choose(page.context, language=language, theme=theme)
    await page.set_viewport_size({"width": width, "height": height})
    await page.reload(wait_until="load")
    await page.evaluate("document.fonts.ready")
    name = re.sub(r"[^a-z]+", "-", shown.lower().replace("customer_id", "one")).strip("-")
    FOLDER.mkdir(exist_ok=True)
    await page.screenshot(path=FOLDER / f"{name}-{language}-{theme}-{width}.png", full_page=True)
