"""What forms say of what does not fit: in the page's language, beside the fields, all at once."""

import pytest
from playwright.async_api import Page, expect

from api.pages.people import Role
from api.pages.settings.words import QUEUE_FAULTS
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import Visitors
from tests.browser.shown import a_busy_floor
from tests.browser.test_flows import words_of

_ = words_of("he")
# Each form with fields that have to be filled: its page, the button that sends it, and what is said of the first.
EMPTY = [
    ("/console/customers", "Find", "Type an id, a name or a number."),
    ("/console/switch", "Go on", "Say why: whoever asks tomorrow has to know."),
    ("/console", "Do it", "Choose what to do with the tasks."),
]


async def faults(page: Page) -> list[str]:
    """Return what is said beside the fields that are marked, as a screen reader would read it with them."""
    found: list[str] = await page.evaluate(
        """() => [...document.querySelectorAll("[aria-invalid=true]")].map((field) =>
            document.getElementById(field.getAttribute("aria-describedby").split(" ")[0]).textContent)"""
    )
    return found


async def test_who_types_nothing_to_sign_in_is_told_in_hebrew_beside_both_fields(visitors: Visitors) -> None:
    context = await visitors.anybody(language="he")
    page = await context.new_page()
    await page.goto("/sign-in")

    await page.get_by_role("button", name=_("Sign in"), exact=True).click()

    await expect(page.locator(".fault").first).to_have_text(_("Type your login."))
    assert await faults(page) == [_("Type your login."), _("Type your password.")]
    await context.close()


@pytest.mark.parametrize(("path", "button", "said"), EMPTY)
async def test_a_form_with_nothing_in_it_is_answered_in_hebrew(
    visitors: Visitors, database: Database, path: str, button: str, said: str
) -> None:
    await a_busy_floor(database)
    context, _viewer = await visitors.person(Role.ADMIN, language="he")
    page = await context.new_page()
    await page.goto(path)

    await page.get_by_role("button", name=_(button), exact=True).click()

    await expect(page.locator(".fault").first).to_be_visible()
    assert _(said) in await faults(page)
    await context.close()


async def test_an_offer_is_not_rejected_without_a_reason(visitors: Visitors, database: Database) -> None:
    agent, _customer = await a_busy_floor(database)
    context, _viewer = await visitors.person(Role.AGENT, agent_id=agent, language="he")
    page = await context.new_page()
    await page.goto("/desk")
    await page.keyboard.press("n")
    await expect(page.get_by_role("button", name=_("Accept"))).to_be_visible()

    await page.keyboard.press("x")

    await expect(page.locator("#f-reason-fault")).to_have_text(_("Choose why not."))
    await expect(page.get_by_role("button", name=_("Accept"))).to_be_visible()
    await context.close()


async def test_all_that_does_not_fit_is_said_at_once_and_leads_to_its_field(visitors: Visitors, database: Database) -> None:
    await a_busy_floor(database)
    context, _viewer = await visitors.person(Role.ADMIN, language="he")
    page = await context.new_page()
    complaints = complaints_of(page)
    await page.goto("/console/settings/queues")
    await page.locator("#f-name").fill("sales")
    await page.locator("#f-caller_id").fill("12")
    await page.locator("#f-pace").fill("many")

    await page.get_by_role("button", name=_("Add"), exact=True).click()

    said = [QUEUE_FAULTS["taken"], QUEUE_FAULTS["caller_id"], QUEUE_FAULTS["pace_per_minute"]]
    await expect(page.locator(".mend")).to_be_focused()
    assert await page.locator(".mend a").all_text_contents() == await faults(page) == [_(each) for each in said]
    assert [await page.locator(f"#f-{each}").input_value() for each in ("name", "caller_id", "pace")] == ["sales", "12", "many"]
    assert await violations(page) + await overflow(page) == []
    await page.get_by_role("link", name=_(QUEUE_FAULTS["caller_id"])).press("Enter")
    await expect(page.locator("#f-caller_id")).to_be_focused()
    assert [text for text in complaints if "422" not in text] == []
    await context.close()
