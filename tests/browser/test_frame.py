"""The frame in a real browser: who can use it, how it looks from each side, and what it does when the line goes."""

from playwright.async_api import expect

from api.pages.people import Role
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, Visitors


async def test_the_open_menu_is_fit_for_everybody(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.ADMIN, size=NARROW)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto("/me")

    await page.locator("summary").first.click()

    assert await violations(page) + await overflow(page) == []
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


async def test_a_letter_goes_to_a_page_unless_letters_are_turned_off_or_somebody_types(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.ADMIN)
    page = await context.new_page()
    await page.goto("/me")

    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await page.wait_for_url("**/console")
    await page.goto("/console/switch")
    await page.get_by_label("Why").press_sequentially("gn")
    assert page.url.endswith("/console/switch")
    await page.locator("details.person summary").click()
    await page.get_by_label("Keys of one letter").uncheck()
    await page.goto("/me")
    await page.keyboard.press("g")
    await page.keyboard.press("n")

    assert page.url.endswith("/me")
    await context.close()
