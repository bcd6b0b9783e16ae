"""A customer's consent in a browser: recorded, mended and read back, with script and without, in both languages."""

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
async def test_what_a_customer_said_is_mended_recorded_and_read_back(
    visitors: Visitors, database: Database, language: str, script: bool, size: tuple[int, int]
) -> None:
    _ = translations(language).gettext
    _agent, customer = await a_busy_floor(database)
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language, script=script, size=size)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto(f"/console/customers/{customer}")
    await page.get_by_role("link", name=_("Consent and do-not-call")).click()
    form = page.locator("form[action$='/consent']")
    await form.locator("#f-purpose").select_option("marketing")
    await form.locator("#f-topic").fill("renewal_due")

    await form.get_by_role("button", name=_("Record it")).click()
    await expect(page.locator("#f-proof-fault")).to_have_text(_("Say what shows it: a form, a recording, a letter."))
    kept = [await form.locator(each).input_value() for each in ("#f-purpose", "#f-topic")]
    looked_at = [*await violations(page), *await overflow(page)] if script else []
    await form.locator("#f-proof").fill("form 4711")
    await form.get_by_role("button", name=_("Record it")).click()

    history = page.get_by_role("region", name=_("What was agreed to and refused"))
    await expect(history.locator("li")).to_have_count(1)
    await expect(history.locator("li")).to_contain_text("form 4711")
    assert (kept, looked_at) == (["marketing", "renewal_due"], [])
    assert [each for each in said if "422" not in each] == []
    await context.close()
