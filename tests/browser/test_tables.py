"""Tables that are wider than a narrow screen: a shadow says that there is more, and the keyboard reaches it."""

import re

import pytest
from playwright.async_api import Page, expect

from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.conftest import NARROW, Visitors
from tests.browser.shown import a_busy_floor


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_wide_table_shows_that_there_is_more_and_scrolls_by_key(
    visitors: Visitors, database: Database, language: str
) -> None:
    page = await on_a_phone(visitors, database, language)
    table = page.locator("#tasks .scroll")
    await expect(table).to_have_css("background-attachment", re.compile("^local, local, scroll, scroll"))

    await table.focus()
    await page.keyboard.press("ArrowRight" if language == "en" else "ArrowLeft")

    await expect(table).not_to_have_js_property("scrollLeft", 0)
    await page.context.close()


@pytest.mark.parametrize("path", ["/console", "/console/settings/agents", "/console/audit", "/console/results"])
async def test_whatever_scrolls_sideways_has_a_name_or_something_to_go_to(
    visitors: Visitors, database: Database, path: str
) -> None:
    page = await on_a_phone(visitors, database, "en", path)

    unreached = await page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((one) =>
            one.scrollWidth > one.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
            && !(one.tabIndex === 0 && (one.ariaLabel || one.hasAttribute("aria-labelledby")))
            && !one.matches("nav, nav *")).map((one) => one.outerHTML.slice(0, 120))"""
    )

    assert unreached == []
    await page.context.close()


async def on_a_phone(visitors: Visitors, database: Database, language: str, path: str = "/console") -> Page:
    await a_busy_floor(database)
    context, _ = await visitors.person(Role.ADMIN, language=language, size=NARROW)
    page = await context.new_page()
    await page.goto(path)
    return page
