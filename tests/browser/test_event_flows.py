"""Events and what came of them in a browser: a refused event is mended by hand, and a customer's story asked for by time."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect
from sqlmodel import select

from api.pages.languages import translations
from api.pages.people import Role
from orchestrator.intake.tables import DeadLetterRow, EventRow
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of
from tests.browser.conftest import Visitors
from tests.browser.keyboard import reach
from tests.integration.intake_world import CART, World, ago, an_event

BAD = an_event("survey.answered", id="s-1", data={"csat": 9})


@pytest.fixture
async def world(database: Database) -> World:
    """A refused survey waits to be mended."""
    detail = "data.csat does not fit this event type."
    body = json.dumps(BAD, indent=2).encode()
    letter = DeadLetterRow(received_at=datetime.now(UTC), reason="schema", field="data.csat", detail=detail, body=body)
    async with database.transaction() as session:
        session.add(letter)
    return World.on(database)


async def stored(world: World) -> list[dict[str, Any]]:
    return [{"id": row.id, **row.data} for row in await world.rows(select(EventRow))]


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_refused_event_is_mended_replayed_and_gone_by_keyboard_alone(
    visitors: Visitors, world: World, language: str
) -> None:
    _ = translations(language).gettext
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto("/console/events")
    await reach(page, page.get_by_role("row").filter(has_text="data.csat").get_by_role("link"))
    await page.keyboard.press("Enter")
    event = page.get_by_role("textbox", name=_("The event, as JSON"))

    await reach(page, event)
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(json.dumps({**BAD, "data": {"csat": 12}}))
    await reach(page, page.get_by_role("button", name=_("Take it in")))
    await page.keyboard.press("Enter")
    await expect(event).to_have_value(json.dumps({**BAD, "data": {"csat": 12}}))
    await expect(page.locator(".fault")).to_contain_text("data.csat")
    refused_again = await stored(world)
    await reach(page, event)
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(json.dumps({**BAD, "data": {"csat": 2}}))
    await reach(page, page.get_by_role("button", name=_("Take it in")))
    await page.keyboard.press("Enter")

    await expect(page.get_by_text(_("Nothing was refused"), exact=True)).to_be_visible()
    assert (refused_again, await stored(world)) == ([], [{"id": "s-1", "csat": 2}])
    assert [each for each in said if "422" not in each] == []
    await context.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_why_and_why_not_is_asked_for_a_customer_and_a_time(visitors: Visitors, world: World, language: str) -> None:
    _ = translations(language).gettext
    await world.publish(CART)
    started = ago(minutes=30)
    await world.send(
        an_event("checkout.started", at=started, cart_id="c"),
        an_event("checkout.completed", at=started + timedelta(minutes=19, seconds=20), cart_id="c"),
    )
    context, viewer = await visitors.person(Role.SUPERVISOR, language=language)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto(f"/console/customers/{(await world.customer()).id}")
    await page.get_by_role("link", name=_("Why, and why not")).click()
    rule = page.get_by_role("region", name="incomplete-checkout")
    await expect(rule).to_contain_text({"en": "So there was no moment.", "he": "לכן לא נוצר רגע"}[language])

    then = (started + timedelta(minutes=1)).astimezone(ZoneInfo(viewer.zone))
    await page.get_by_label(_("Until when, on your clock")).fill(f"{then:%Y-%m-%dT%H:%M:%S}")
    await reach(page, page.get_by_role("button", name=_("Ask")))
    await page.keyboard.press("Enter")

    # It was published only later: who asks about the time before is told so, and nothing of what came after.
    await expect(page.get_by_text(_("No rule had anything to do here until then"))).to_be_visible()
    await expect(rule).to_have_count(0)
    assert said == []
    await context.close()
