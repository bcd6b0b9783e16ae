"""The frame in a real browser: who can use it, how it looks from each side, and what it does when the line goes."""

import pytest
from playwright.async_api import Page, expect

from api.pages.people import Role
from tests.browser.axe import overflow, violations
from tests.browser.conftest import NARROW, WIDE, Visitors

LOOKS = [
    pytest.param(language, theme, size, id=f"{language}-{theme}-{size[0]}")
    for language in ("en", "he")
    for theme in ("light", "dark")
    for size in (WIDE, NARROW)
]


async def said_by(page: Page) -> list[str]:
    """Collect what the browser complains about: a refused script or style, or a fault of ours."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
async def test_everybodys_pages_are_fit_for_everybody(
    visitors: Visitors, language: str, theme: str, size: tuple[int, int]
) -> None:
    context = await visitors.anybody(language=language, theme=theme, size=size)
    page = await context.new_page()
    found: list[str] = []

    for path in ("/sign-in", "/nothing"):
        await page.goto(path)
        found += await violations(page) + await overflow(page)

    assert found == []
    await context.close()


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
async def test_a_persons_own_page_is_fit_for_everybody(
    visitors: Visitors, language: str, theme: str, size: tuple[int, int]
) -> None:
    context, _ = await visitors.person(Role.ADMIN, language=language, theme=theme, size=size)
    page = await context.new_page()
    said = await said_by(page)

    await page.goto("/me")
    found = await violations(page) + await overflow(page)
    await page.locator("summary").first.click()

    assert found + await violations(page) + await overflow(page) == []
    assert said == []
    await context.close()


async def test_hebrew_stands_on_the_other_side(visitors: Visitors) -> None:
    sides = []
    for language in ("en", "he"):
        context, _ = await visitors.person(Role.ADMIN, language=language)
        page = await context.new_page()
        await page.goto("/me")
        box = await page.locator(".rail").bounding_box()
        assert box is not None
        sides.append(box["x"] < 100)
        await context.close()

    assert sides == [True, False]


async def test_the_keyboard_alone_reaches_the_content_first(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.ADMIN)
    page = await context.new_page()
    await page.goto("/me")

    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.locator("#main")).to_be_focused()
    await context.close()


async def test_escape_closes_the_menu_and_gives_the_focus_back(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.ADMIN)
    page = await context.new_page()
    await page.goto("/me")
    menu = page.locator("details.person")

    await menu.locator("summary").press("Enter")
    await expect(menu).to_have_attribute("open", "")
    await page.keyboard.press("Escape")

    await expect(menu).not_to_have_attribute("open", "")
    await expect(menu.locator("summary")).to_be_focused()
    await context.close()


async def test_the_theme_changes_at_once_and_stays(visitors: Visitors) -> None:
    context = await visitors.anybody()
    page = await context.new_page()
    await page.goto("/sign-in")
    light = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    async with page.expect_response("**/choices/theme"):
        await page.get_by_role("button", name="Dark").click()
    dark = await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    await page.reload()

    assert light != dark == await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    await context.close()


async def test_the_language_changes_without_script_too(visitors: Visitors) -> None:
    context = await visitors.anybody(script=False)
    page = await context.new_page()
    await page.goto("/sign-in")

    await page.get_by_role("button", name="עברית").click()

    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.url.endswith("/sign-in")
    await context.close()


async def test_a_lost_connection_is_said_at_once_and_so_is_its_return(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.ADMIN)
    page = await context.new_page()
    await page.goto("/me")

    await context.set_offline(True)
    await expect(page.locator("[data-connection]")).to_have_text("Connection lost. What you typed is kept; trying again.")
    await context.set_offline(False)

    await expect(page.locator("[data-connection]")).to_have_text("Connected again.")
    await context.close()
