"""The desk in a real browser: an offer that comes by itself, keys, what was typed, and everybody able to use it."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

from playwright.async_api import expect

from api.pages.people import Role
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.offers import offer
from orchestrator.queueing.supervising import withdraw_task
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.integration.floor import a_queue, a_task, an_agent, some_settings
from tests.integration.test_desk_domain import noon_somewhere
from tests.integration.test_why_card import a_promise, an_attempt, an_event

SECOND = 1_000


async def test_an_offer_comes_to_the_screen_by_itself_and_is_accepted_by_key(
    visitors: Visitors, database: Database, database_url: str
) -> None:
    agent_id = await an_idle_agent(database)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto("/desk")
    await expect(page.get_by_text("Nothing in your hands")).to_be_visible()

    await offered(database, database_url)

    await expect(page.get_by_role("heading", name="Noa Levi")).to_be_visible(timeout=15 * SECOND)
    await expect(page.locator("[data-announcer-now]")).to_contain_text("New offer: Checkout left unfinished")
    await page.keyboard.press("a")
    await expect(page.get_by_text("Ready to call")).to_be_visible()
    assert said == []
    await context.close()


async def test_a_task_withdrawn_while_it_is_read_says_why(visitors: Visitors, database: Database, database_url: str) -> None:
    agent_id = await an_idle_agent(database)
    task = await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    await page.goto("/desk")

    async with database.transaction() as session:
        settings = some_settings(database_url)
        await withdraw_task(session, task.id, reason="mistake", who="test", clock=database.clock, settings=settings)

    await expect(page.get_by_text("A supervisor has withdrawn this task.")).to_be_visible(timeout=15 * SECOND)
    await context.close()


async def test_what_is_typed_outlives_the_end_of_the_call_and_a_reload(
    visitors: Visitors, database: Database, database_url: str
) -> None:
    agent_id = await an_idle_agent(database)
    task = await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    await page.goto("/desk")
    await page.keyboard.press("a")
    await page.get_by_label("Note").fill("She will pay tomorrow.")

    await wrapping(database, task)
    await page.reload()

    await expect(page.get_by_label("Note")).to_have_value("She will pay tomorrow.")
    await page.get_by_label("What came of it, and why").select_option("solved/finished_together")
    await page.get_by_role("button", name="Complete").click()
    await expect(page.get_by_text("Done. Thank you.")).to_be_visible()
    await context.close()


async def test_two_tabs_of_one_agent_show_the_same(visitors: Visitors, database: Database, database_url: str) -> None:
    agent_id = await an_idle_agent(database)
    await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    one, other = await context.new_page(), await context.new_page()
    await one.goto("/desk")
    await other.goto("/desk")

    await one.get_by_role("button", name="Accept").click()
    await expect(one.get_by_text("Ready to call")).to_be_visible()

    await expect(other.get_by_text("Ready to call")).to_be_visible(timeout=15 * SECOND)
    await context.close()


async def test_a_desk_whose_session_was_ended_elsewhere_asks_to_sign_in(visitors: Visitors, database: Database) -> None:
    agent_id = await an_idle_agent(database)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    left_open, other = await context.new_page(), await context.new_page()
    await left_open.goto("/desk")
    await other.goto("/desk")

    await other.locator("details.person summary").click()
    await other.get_by_role("button", name="Sign out", exact=True).click()

    await expect(left_open.get_by_role("heading", name="Sign in")).to_be_visible(timeout=40 * SECOND)
    await context.close()


async def test_a_reload_after_a_form_shows_the_desk(visitors: Visitors, database: Database, database_url: str) -> None:
    agent_id = await an_idle_agent(database)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    await page.goto("/desk")
    await page.get_by_role("button", name="Give me the next").click()
    await expect(page.get_by_text("Nobody is waiting on your queues.")).to_be_visible()

    await page.goto(page.url)

    await expect(page).to_have_url(re.compile("/desk$"))
    await expect(page.get_by_role("heading", name="Desk", exact=True)).to_be_visible()
    await context.close()


async def test_a_button_pressed_twice_does_its_work_once(visitors: Visitors, database: Database, database_url: str) -> None:
    agent_id = await an_idle_agent(database)
    await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    await page.goto("/desk")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method + request.url[request.url.rfind("/") :]))

    await page.get_by_role("button", name="Accept").dblclick()

    await expect(page.get_by_text("Ready to call")).to_be_visible()
    assert sent.count("POST/accept") == 1
    await context.close()


async def test_going_back_to_what_is_over_says_so_and_changes_nothing(
    visitors: Visitors, database: Database, database_url: str
) -> None:
    agent_id = await an_idle_agent(database)
    task = await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id, script=False)  # whose page does not mend itself
    page = await context.new_page()
    await page.goto("/desk")
    await page.get_by_role("button", name="Accept").click()
    await page.get_by_label("What came of it, and why").select_option("declined/bad_moment")
    await page.get_by_role("button", name="Complete").click()
    await expect(page.get_by_text("Done. Thank you.")).to_be_visible()

    await page.go_back()

    await expect(page.get_by_text("Nothing in your hands")).to_be_visible()

    async with database.transaction() as session:
        row = await session.get_one(TaskRow, task.id)
        assert (row.state, row.disposition) == (TaskState.DONE, "declined")
    await context.close()


async def test_the_desk_is_fit_for_everybody(visitors: Visitors, database: Database, database_url: str) -> None:
    agent_id = await an_idle_agent(database)
    async with database.transaction() as session:
        await a_task(session, promised=True, due_in=-timedelta(minutes=4), language="fr")
    task = await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    said = complaints_of(page)
    for state in (TaskState.RESERVED, TaskState.WRAPPING):
        if state is TaskState.WRAPPING:
            await wrapping(database, task)
        for language, theme, size in product(("en", "he"), ("light", "dark"), (WIDE, NARROW)):
            await visitors.choose(context, language=language, theme=theme)
            await page.set_viewport_size({"width": size[0], "height": size[1]})
            await page.goto("/desk")
            assert await violations(page) + await overflow(page) == [], (state, language, theme, size)
    assert said == []
    await context.close()


async def test_the_desk_works_without_script(visitors: Visitors, database: Database, database_url: str) -> None:
    agent_id = await an_idle_agent(database)
    await offered(database, database_url)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id, script=False)
    page = await context.new_page()
    await page.goto("/desk")

    await page.get_by_role("button", name="Accept").click()

    await expect(page.get_by_text("Ready to call")).to_be_visible()
    await context.close()


async def an_idle_agent(database: Database) -> UUID:
    async with database.transaction() as session:
        await a_queue(session)
        return (await an_agent(session)).id


async def offered(database: Database, database_url: str) -> TaskRow:
    """A task with a story, on offer to whoever is idle."""
    async with database.transaction() as session:
        task = await a_task(session, promised=True, due_in=timedelta(minutes=20))
        customer = await session.get_one(CustomerRow, task.customer_id)
        customer.attributes = {**customer.attributes, "zone": noon_somewhere()}
        session.add_all([customer, an_attempt(task)])
        await an_event(
            session, task, "complaint.filed", source="email", data={"text": "נמאס לי! Third time I ask.", "topic": "bill"}
        )
        await a_promise(session, task, "One of our people will call you by 14:30.")
        await offer(session, task.queue, now=await database.clock.now(session), settings=patient(database_url))
        return task


def patient(database_url: str) -> Settings:
    return some_settings(database_url).changed(reservation=timedelta(minutes=5))


async def wrapping(database: Database, task: TaskRow) -> None:
    """The call is over."""
    async with database.transaction() as session:
        row = await session.get_one(TaskRow, task.id)
        row.state, row.wrap_since = TaskState.WRAPPING, datetime.now(UTC)
        session.add(row)


async def test_keys_pressed_before_the_desk_has_answered_are_not_lost(visitors: Visitors, database: Database) -> None:
    agent_id = await an_idle_agent(database)
    async with database.transaction() as session:
        await a_task(session)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    said = complaints_of(page)
    await page.goto("/desk")

    for key in "nac":  # give me the next, accept, call
        await page.keyboard.press(key)

    await expect(page.get_by_text("Your phone is about to ring")).to_be_visible()
    await expect(page).to_have_url(re.compile("/desk$"))
    assert said == []
    await context.close()


async def test_a_key_pressed_twice_counts_once_however_slow_the_answer_is(visitors: Visitors, database: Database) -> None:
    agent_id = await an_idle_agent(database)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    await page.goto("/desk")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.url.endswith("/next") else None)

    await page.keyboard.press("n")
    await page.keyboard.press("n")

    await expect(page.get_by_text("Nobody is waiting on your queues.")).to_be_visible()
    assert sent == ["POST"]
    await context.close()


async def test_what_does_not_fit_has_the_focus_and_what_was_typed_stays(visitors: Visitors, database: Database) -> None:
    agent_id = await an_idle_agent(database)
    async with database.transaction() as session:
        await a_task(session)
    context, _ = await visitors.person(Role.AGENT, agent_id=agent_id)
    page = await context.new_page()
    await page.goto("/desk")
    for key in "na":
        await page.keyboard.press(key)
    await page.get_by_label("Note").fill("She will pay tomorrow.")

    await page.get_by_role("button", name="Complete").click()

    await expect(page.get_by_label("What came of it, and why")).to_be_focused()
    await expect(page.get_by_label("Note")).to_have_value("She will pay tomorrow.")
    await context.close()
