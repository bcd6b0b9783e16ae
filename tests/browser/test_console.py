"""The console in a real browser: a floor that moves by itself, orders for many tasks, and the switch that stops calls."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext, Page, expect

from api.pages.people import Role
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.arriving import change_presence
from orchestrator.queueing.tables import Presence, TaskRow, TaskState
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.browser.conftest import Visitors
from tests.browser.test_flows import Words, press, words_of
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings

PATIENCE = 15_000


async def a_console(visitors: Visitors, language: str = "en", path: str = "/console") -> tuple[BrowserContext, Page, Words]:
    context, _ = await visitors.person(Role.SUPERVISOR, language=language)
    page = await context.new_page()
    await page.goto(path)
    return context, page, words_of(language)


async def some_queues(database: Database) -> UUID:
    async with database.transaction() as session:
        await a_queue(session, "sales")
        await a_queue(session, "service")
        return (await an_agent(session, "Dana", queues=("sales", "service"), presence=Presence.OFFLINE)).id


async def waiting(database: Database, count: int = 1) -> list[UUID]:
    async with database.transaction() as session:
        return [(await a_task(session, due_in=timedelta(minutes=5 * number))).id for number in range(1, count + 1)]


@pytest.mark.parametrize("language", ["en", "he"])
async def test_the_floor_moves_by_itself_and_keeps_what_is_chosen(
    visitors: Visitors, database: Database, database_url: str, language: str
) -> None:
    dana = await some_queues(database)
    context, page, _ = await a_console(visitors, language)
    await expect(page.get_by_text(_("No tasks here"))).to_be_visible()
    await expect(page.get_by_label(_("Why"))).to_be_hidden()

    [task] = await waiting(database)
    box = page.locator(f"#pick-{task}")
    await expect(box).to_be_visible(timeout=PATIENCE)
    await box.check()
    await comes(database, dana, some_settings(database_url))
    await expect(page.locator(f"#agent-{dana}")).to_contain_text(_("Has an offer"), timeout=PATIENCE)
    [other] = await waiting(database)

    await expect(page.locator(f"#pick-{other}")).to_be_visible(timeout=PATIENCE)
    await expect(box).to_be_checked()
    await expect(page.get_by_label(_("Why"))).to_be_visible()
    await context.close()


async def comes(database: Database, agent_id: UUID, settings: Settings) -> None:
    async with database.transaction() as session:
        await change_presence(session, agent_id, Presence.AVAILABLE, pause_code=None, clock=database.clock, settings=settings)


@pytest.mark.parametrize("language", ["en", "he"])
async def test_several_tasks_are_moved_at_once_after_the_form_is_mended(
    visitors: Visitors, database: Database, language: str
) -> None:
    await some_queues(database)
    tasks = await waiting(database, 2)
    context, page, _ = await a_console(visitors, language)
    for task in tasks:
        await page.locator(f"#pick-{task}").check()
    await page.get_by_label(_("With the chosen tasks")).select_option("move")
    await page.get_by_label(_("Why")).fill("Sales is full")

    await press(page, _("Do it"))
    await expect(page.get_by_text(_("Choose the queue the tasks go to."))).to_be_visible()
    await expect(page.get_by_label(_("Why"))).to_have_value("Sales is full")
    for task in tasks:
        await expect(page.locator(f"#pick-{task}")).to_be_checked()
    await page.get_by_label(_("To the queue")).select_option("service")
    await press(page, _("Do it"))

    await expect(page.locator(".notice.good")).to_be_visible()
    assert [(await reread(database, task)).queue for task in tasks] == ["service", "service"]
    await context.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_calls_are_stopped_with_a_reason_and_a_second_yes_and_go_on_again(
    visitors: Visitors, database: Database, language: str
) -> None:
    await some_queues(database)
    context, page, _ = await a_console(visitors, language)
    watcher, other, _ = await a_console(visitors, language)

    await page.get_by_role("link", name=_("Stop calls")).click()
    await page.get_by_label(_("What to stop")).select_option("queue")
    await page.get_by_label(_("Queue or rule")).select_option("sales")
    await page.get_by_label(_("Why")).fill("The lines are down")
    await press(page, _("Go on"))
    await expect(page.get_by_role("heading", name=_("Stop all new calls of this queue?"))).to_be_visible()
    await press(page, _("Yes, stop these calls"))

    await expect(other.get_by_text("The lines are down")).to_be_visible(timeout=PATIENCE)
    await press(other, _("Let calls go on"))
    await expect(page.get_by_text("The lines are down")).to_be_hidden(timeout=PATIENCE)
    await context.close()
    await watcher.close()


async def test_an_agent_who_asks_for_help_is_seen(visitors: Visitors, database: Database) -> None:
    dana = await some_queues(database)
    [task] = await waiting(database)
    async with database.transaction() as session:
        row = await session.get_one(TaskRow, task)
        row.agent_id, row.state = dana, TaskState.ASSIGNED
        row.lease_until = await database.clock.now(session) + timedelta(minutes=10)
        session.add(row)
    agent, _viewer = await visitors.person(Role.AGENT, agent_id=dana)
    desk = await agent.new_page()
    await desk.goto("/desk")
    context, page, _ = await a_console(visitors)

    await desk.get_by_role("button", name="Ask for help").click()

    await expect(page.locator(f"#task-{task}")).to_contain_text("Asks for help", timeout=PATIENCE)
    await context.close()
    await agent.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_customer_is_found_and_their_story_read(visitors: Visitors, database: Database, language: str) -> None:
    await some_queues(database)
    [task] = await waiting(database)
    row = await reread(database, task)
    async with database.transaction() as session:
        escalation = await session.get_one(EscalationRow, row.escalation_id)
    context, page, _ = await a_console(visitors, language, "/console/customers")

    await page.get_by_label(_("Find a customer")).fill("noa")
    await page.keyboard.press("Enter")
    await page.get_by_role("link", name="Noa Levi").first.click()

    await expect(page).to_have_url(re.compile(str(escalation.customer_id)))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Noa Levi")
    await context.close()


async def test_a_search_is_still_there_on_the_way_back_and_after_a_reload(visitors: Visitors, database: Database) -> None:
    await some_queues(database)
    await waiting(database)
    context, page, _ = await a_console(visitors, path="/console/customers")
    await page.get_by_label("Find a customer").fill("noa")
    await page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Noa Levi").first
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Noa Levi")

    await page.go_back()
    await expect(link).to_be_visible()
    await page.reload()

    await expect(link).to_be_visible()
    await expect(page.get_by_label("Find a customer")).to_have_value("noa")
    assert "noa" not in page.url
    await context.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_table_of_results_comes_as_a_file(visitors: Visitors, database: Database, language: str) -> None:
    await some_queues(database)
    context, page, _ = await a_console(visitors, language, "/console/results")

    async with page.expect_download() as coming:
        await page.locator("a[href*='funnel.csv']").first.click()
    file = await (await coming.value).path()

    assert (await coming.value).suggested_filename.startswith("ringback-funnel-")
    assert "," in file.read_text(encoding="utf-8-sig").splitlines()[0]
    await context.close()
