"""Words are previewed in both languages while they are typed, and by a button where no script runs."""

import pytest
from playwright.async_api import Page, expect

from api.pages.people import Role
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, WIDE, Visitors

SCRIPT, TEMPLATE = "/console/settings/scripts/checkout", "/console/settings/templates/promise"
PREVIEW = {"en": "Preview", "he": "תצוגה מקדימה"}
SAVE = {"en": "Save", "he": "שמירה"}


def bubble(page: Page, language: str) -> str:
    return f"#preview .bubble[lang={language}]"


@pytest.mark.parametrize("language", ["en", "he"])
async def test_what_is_typed_is_previewed_at_once_in_both_languages(visitors: Visitors, language: str) -> None:
    context, _ = await visitors.person(Role.SUPERVISOR, language=language)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto(TEMPLATE)

    await page.locator("#f-body_en").fill("Expect us {when}.")
    await page.locator("#f-body_he").fill("נגיע אליך {when} 🙂")

    await expect(page.locator(bubble(page, "en"))).to_have_text("Expect us by 14:30.")
    await expect(page.locator(bubble(page, "he"))).to_have_text("נגיע אליך עד השעה 14:30 🙂")
    await expect(page.locator(bubble(page, "he"))).to_have_css("direction", "rtl")
    await expect(page.locator("#f-body_he")).to_have_css("direction", "rtl")
    await expect(page.locator("#f-body_he")).to_be_focused()
    assert said == []
    await context.close()


async def test_what_to_mend_is_said_while_somebody_types(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    await page.goto(TEMPLATE)

    await page.locator("#f-body_en").fill("Expect us soon.")

    await expect(page.locator("#preview .fault")).to_have_text("Tell the customer when: {when} has to stay.")
    assert await violations(page) == []
    await context.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_without_script_a_button_shows_the_preview_and_another_saves(visitors: Visitors, language: str) -> None:
    context, _ = await visitors.person(Role.SUPERVISOR, language=language, script=False)
    page = await context.new_page()
    await page.goto(SCRIPT)
    await page.locator("#f-about_en").fill("your basket")
    await page.locator("#f-about_he").fill("הסל שלך")

    await page.get_by_role("button", name=PREVIEW[language]).click()

    await expect(page.locator(bubble(page, "en")).first).to_contain_text("It is about: your basket.")
    await expect(page.locator(bubble(page, "he")).first).to_contain_text("הנושא: הסל שלך.")
    await page.get_by_role("button", name=SAVE[language]).click()
    await expect(page).to_have_url(f"{visitors.site}/console/settings/scripts")
    await expect(page.get_by_role("row", name="checkout")).to_contain_text("הסל שלך")
    await context.close()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("language", ["en", "he"])
async def test_refused_words_are_fit_for_everybody(visitors: Visitors, language: str, size: tuple[int, int]) -> None:
    context, _ = await visitors.person(Role.SUPERVISOR, language=language, size=size)
    page = await context.new_page()
    await page.goto(SCRIPT)
    await page.locator("#f-about_he").fill("x" * 120)
    await page.locator("#f-opening_en").fill("{" * 400)

    await page.get_by_role("button", name=SAVE[language]).click()

    await expect(page.locator(".field.wrong")).to_have_count(2)
    await expect(page.locator("#f-opening_en")).to_have_value("{" * 400)
    assert await violations(page) + await overflow(page) == []
    await context.close()
