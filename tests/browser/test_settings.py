"""A place is set up in the browser, in both languages: a queue, an agent for it, and a channel."""

import pytest
from playwright.async_api import Page, expect

from api.pages.languages import translations
from api.pages.people import Role
from orchestrator.identity.tokens import authenticate
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, Visitors


async def fit(page: Page) -> list[str]:
    return [*await violations(page), *await overflow(page)]


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_place_is_set_up(visitors: Visitors, database: Database, language: str) -> None:
    _ = translations(language).gettext
    context, _viewer = await visitors.person(Role.ADMIN, language=language, size=NARROW)
    page = await context.new_page()
    said = complaints_of(page)
    found: list[str] = []
    await page.goto("/console/settings/queues")

    await page.get_by_label(_("Name")).fill("billing")
    await page.get_by_label(_("Skills")).fill("law")
    await page.get_by_label(_("Pace")).fill("0")
    await page.get_by_role("button", name=_("Add"), exact=True).click()
    await expect(page.locator("#f-pace-fault")).to_be_visible()
    await expect(page.get_by_label(_("Skills"))).to_have_value("law")
    found += await fit(page)
    await page.get_by_label(_("Pace")).fill("5")
    await page.get_by_role("button", name=_("Add"), exact=True).click()
    await expect(page.get_by_role("link", name="billing")).to_be_visible()

    await page.get_by_role("link", name=_("Agents and skills")).click()
    await expect(page.locator(".notice.warn")).to_contain_text("law")
    await page.get_by_label(_("Name")).fill("dana")
    await page.get_by_label(_("Languages")).fill("he, en")
    await page.get_by_label("billing").check()
    await page.get_by_label(_("Skills")).fill("law")
    await page.get_by_role("button", name=_("Add"), exact=True).click()
    token = await page.locator("code.key").inner_text()
    await expect(page.locator(".notice.warn")).to_have_count(0)
    found += await fit(page)

    await page.get_by_role("link", name=_("Channels")).click()
    await page.get_by_label(_("Name")).fill("shop")
    await page.get_by_role("button", name=_("Add and show the key")).click()
    first = await page.locator("code.key").inner_text()
    await page.get_by_role("link", name="shop").click()
    await page.get_by_role("button", name=_("New key…")).click()
    found += await fit(page)
    await page.get_by_role("button", name=_("Make it and show it")).click()
    await expect(page.locator("code.key")).to_be_visible()
    assert await page.locator("code.key").inner_text() != first
    await page.get_by_role("link", name="shop").click()
    await page.get_by_role("button", name=_("Revoke…")).click()
    found += await fit(page)
    await page.get_by_role("button", name=_("Revoke it")).click()
    await expect(page.get_by_role("row", name="shop")).to_contain_text(_("Revoked"))

    async with database.transaction() as session:
        assert (await authenticate(session, token)).name == "dana"
    assert found == []
    assert [text for text in said if "422" not in text] == []
    await context.close()
