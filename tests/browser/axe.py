"""The rules of WCAG 2.2 AA, as far as axe can tell, on a page as it is shown."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def complaints_of(page: Page) -> list[str]:
    """Return a list that fills with what the browser complains about: a refused script or style, or a fault of ours."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


async def violations(page: Page) -> list[str]:
    """Return what axe objects to: the rule, the element, and why. Empty is right."""
    await page.evaluate(_SOURCE.read_text())  # as a debugger would: the page's own policy lets no other script in
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", _TAGS
    )
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


async def overflow(page: Page) -> list[str]:
    """Return the elements that make the page wider than the window: none, or it scrolls sideways."""
    found: list[str] = await page.evaluate(
        """() => {
            const wide = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= wide) return [];
            return [...document.querySelectorAll("body *")].filter((one) => {
                const box = one.getBoundingClientRect();
                return box.width && (box.right > wide + 1 || box.left < -1) && !one.closest(".scroll, nav, .unseen, .skip");
            }).map((one) => one.outerHTML.slice(0, 120)).concat(["scrolls sideways"]);
        }"""
    )
    return found
