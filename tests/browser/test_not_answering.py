"""An open desk whose agent does not answer: it says so by itself, and one key brings them back."""

from datetime import timedelta

from playwright.async_api import expect

from api.pages.people import Role
from orchestrator.queueing.missing import judge
from orchestrator.queueing.offers import lease_lost, offer
from orchestrator.queueing.presence import lock_agent
from orchestrator.queueing.tasks import lock_task, withdraw
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, Visitors
from tests.integration.floor import a_queue, a_task, an_agent, some_settings

SECOND = 1_000


async def test_who_does_not_answer_is_told_aloud_on_an_open_desk_and_comes_back_by_a_key(
    visitors: Visitors, database: Database, database_url: str
) -> None:
    settings = some_settings(database_url)
    async with database.transaction() as session:
        await a_queue(session)
        agent_id = (await an_agent(session)).id
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto("/desk")
    await expect(page.get_by_text("Nothing in your hands")).to_be_visible()

    async with database.transaction() as session:
        task = await a_task(session)
        now = await database.clock.now(session)
        await offer(session, "sales", now=now, settings=settings)
        await lease_lost(session, await lock_task(session, task.id), now=now + timedelta(seconds=30), settings=settings)
        await withdraw(session, await lock_task(session, task.id), reason="resolved_by_customer", now=now)
        one_is_enough = settings.changed(missed_offers=1)
        await judge(session, await lock_agent(session, agent_id), now=now, settings=one_is_enough)

    await expect(page.get_by_text("You are not answering", exact=True)).to_be_visible(timeout=15 * SECOND)
    await expect(page.locator("#presence .badge")).to_have_text("Not answering")
    await expect(page.locator("[data-announcer-now]")).to_contain_text("Say that you are back.")
    await expect(page.get_by_text("Missed an offer at")).to_contain_text("No call is needed there any more.")
    assert await violations(page) == []
    await page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert await overflow(page) == []
    await page.keyboard.press("v")
    await expect(page.get_by_text("Nothing in your hands")).to_be_visible()
    await expect(page.locator("#presence .badge")).to_have_text("Available")
    assert said == []
    await context.close()
