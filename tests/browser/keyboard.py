"""A page used by keyboard alone."""

from playwright.async_api import Locator, Page

_MOST = 200


async def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(_MOST):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {wanted}")


async def use(page: Page, name: str) -> None:
    """Go to the button of that name, the last of several, and press it."""
    await reach(page, page.get_by_role("button", name=name, exact=True).last)
    await page.keyboard.press("Enter")
