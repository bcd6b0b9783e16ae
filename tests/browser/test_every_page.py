"""Every page, in every look: nothing for axe to object to, nothing that scrolls sideways, nothing the policy refused."""

from itertools import product

import pytest
from playwright.async_api import expect

from api.pages.navigation import entries_for, paths
from api.pages.people import Role
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import Visitors
from tests.browser.shown import LOOKS, NAMED, SHOWN, STEPS, a_busy_floor, take

PAGES = [pytest.param(role, path, id=f"{role or 'anybody'} {path}") for role, shown in SHOWN.items() for path in shown]


def test_every_page_in_the_menu_is_looked_at() -> None:
    offered = {entry.href for role in Role for entry in entries_for(role, "/")}

    assert offered <= {path for shown in SHOWN.values() for path in shown}


def test_every_page_that_is_looked_at_is_there() -> None:
    assert {path for shown in SHOWN.values() for path in shown} - paths() == {"/nothing"}


@pytest.mark.parametrize(("role", "path"), PAGES)
async def test_a_page_is_fit_for_everybody(visitors: Visitors, database: Database, role: Role | None, path: str) -> None:
    agent, customer = await a_busy_floor(database)
    if role is None:
        context = await visitors.anybody()
    else:
        context, _ = await visitors.person(role, agent_id=agent if role is Role.AGENT else None)
    page = await context.new_page()
    said = complaints_of(page)
    found: list[str] = []

    await page.goto(path.format(customer_id=customer, **NAMED), wait_until="load")
    for step, (language, theme, (width, height)) in product(("", *STEPS.get(path, ())), LOOKS):
        if (language, theme, (width, height)) == LOOKS[0]:
            await take(visitors, page, step)
        await visitors.choose(context, language=language, theme=theme)
        await page.set_viewport_size({"width": width, "height": height})
        await page.reload(wait_until="load")
        await expect(page.locator("h1")).to_have_count(1)
        look = f"{step} {language} {theme} {width}: "
        found += [look + each for each in [*await violations(page), *await overflow(page)]]

    assert found == []
    assert [text for text in said if path != "/nothing"] == []
    await context.close()
