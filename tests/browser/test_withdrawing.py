"""Withdrawing tasks in a browser: asked about twice, with script and without, in both languages, and fit for everybody."""

import pytest
from playwright.async_api import expect

from api.pages.languages import translations
from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.browser.shown import a_busy_floor


@pytest.mark.parametrize(
    ("language", "script", "size"), [("en", True, WIDE), ("he", True, NARROW), ("he", False, WIDE), ("en", False, NARROW)]
)
async def test_a_task_goes_only_after_a_second_question(
    visitors: Visitors, database: Database, language: str, script: bool, size: tuple[int, int]
) -> None:
    _ = translations(language).gettext
    await a_busy_floor(database)
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language, script=script, size=size)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto("/console")
    boxes = page.locator("#tasks input[name=task]")
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await page.get_by_label(_("With the chosen tasks")).select_option("withdraw")
    await page.locator("#f-reason").fill("storm")

    await page.get_by_role("button", name=_("Do it")).click()
    await expect(page.locator("h1")).to_contain_text("2")
    looked_at = [*await violations(page), *await overflow(page)] if script else []
    await page.get_by_role("button", name=_("Back")).click()
    kept = [await boxes.nth(number).is_checked() for number in range(2)]
    typed = await page.locator("#f-reason").input_value()
    await page.get_by_role("button", name=_("Do it")).click()
    await page.locator("button[name=confirmed][value=yes]").click()

    await expect(page.locator("#tasks tbody tr")).to_have_count(7)
    assert (looked_at, kept, typed) == ([], [True, True], "storm")
    assert said == []
    await context.close()
