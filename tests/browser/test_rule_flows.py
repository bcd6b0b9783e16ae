"""What supervisors do with rules in a browser: two who write at once, a warning, a pause, the way back, a second person."""

import asyncio
from collections.abc import Callable

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect
from sqlmodel import col, select

from api.pages.languages import translations
from api.pages.people import Role
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.escalations.states import Outcome, State
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of
from tests.browser.conftest import Visitors
from tests.browser.keyboard import reach, use
from tests.integration.floor import a_queue
from tests.integration.intake_world import World, ago, an_event
from tests.integration.test_rule_life import LONGER, MOVED, UNKNOWN_QUEUE

MINE = "/console/rules/moved"
BEGUN = f"{MINE}?begin=occurrence"  # a rule that is not written yet
FIRST = MOVED.replace("detect:", "purpose: service\ndetect:")
Words = Callable[[str], str]


def words_of(language: str) -> Words:
    return translations(language).gettext


@pytest.fixture
async def world(database: Database) -> World:
    async with database.transaction() as session:
        await a_queue(session, "sales")
    return World.on(database)


async def a_supervisor(visitors: Visitors, language: str = "en", *, path: str = MINE) -> Page:
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language)
    page = await context.new_page()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.goto(path)
    return page


def document(page: Page, _: Words) -> Locator:
    return page.get_by_role("textbox", name=_("As YAML"))


async def save(page: Page, _: Words, text: str) -> None:
    await document(page, _).fill(text)
    await press(page, _("Save as a draft"))


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).first.click()


async def versions(world: World) -> list[str]:
    return [row.document for row in await world.rows(select(RuleVersionRow).order_by(col(RuleVersionRow.version)))]


async def in_force(world: World) -> tuple[RuleState, int]:
    (row,) = await world.rows(select(RuleRow))
    return RuleState(row.state), row.version


async def over(*pages: Page) -> None:
    contexts: set[BrowserContext] = {page.context for page in pages}
    await asyncio.gather(*(context.close() for context in contexts))


@pytest.mark.parametrize("language", ["en", "he"])
async def test_of_two_who_write_one_rule_the_second_sees_the_difference_and_takes_it_over(
    visitors: Visitors, world: World, language: str
) -> None:
    _ = words_of(language)
    await world.publish(FIRST)
    noa, amir = await a_supervisor(visitors), await a_supervisor(visitors, language)
    yours, mine = FIRST.replace("7d", "8d"), FIRST.replace("8h", "9h")

    await save(noa, words_of("en"), yours)
    await expect(noa.get_by_text("Saved as a draft.")).to_be_visible()
    await save(amir, _, mine)

    meanwhile = amir.get_by_role("region", name=_("What was changed meanwhile"))
    await expect(meanwhile).to_contain_text("-expires: 7d\n+expires: 8d")
    await expect(document(amir, _)).to_have_value(mine)
    assert await versions(world) == [FIRST, yours]
    await save(amir, _, mine.replace("7d", "8d"))
    await expect(amir.get_by_text(_("Saved as a draft. What runs is unchanged until you publish."))).to_be_visible()
    await expect(meanwhile).to_have_count(0)
    assert await versions(world) == [FIRST, yours, yours.replace("8h", "9h")]
    assert await in_force(world) == (RuleState.PUBLISHED, 1)
    await over(noa, amir)


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_rule_with_a_warning_runs_once_somebody_ticks_that_they_saw_it(
    visitors: Visitors, world: World, language: str
) -> None:
    _ = words_of(language)
    page = await a_supervisor(visitors, language, path=BEGUN)
    said = complaints_of(page)
    await save(page, _, UNKNOWN_QUEUE)
    await press(page, _("Publish version %(number)s") % {"number": 1})
    await expect(page.get_by_label(_("I have seen these warnings"))).to_be_visible()
    await press(page, _("Publish all the same"))
    unticked = await in_force(world)

    await page.get_by_label(_("I have seen these warnings")).check()
    await press(page, _("Publish all the same"))

    await expect(page.get_by_text(_("Published: the rule finds moments and people are called."))).to_be_visible()
    assert unticked == (RuleState.DRAFT, 1)
    assert await in_force(world) == (RuleState.PUBLISHED, 1)
    assert [each for each in said if "409" not in each] == []
    await over(page)


async def outcome(world: World) -> tuple[bool, Outcome | None, str | None]:
    (case,) = await world.escalations()
    return case.state is State.CLOSED, case.outcome, case.canceled_reason


async def test_pausing_asks_what_becomes_of_open_cases_which_go_on_or_are_taken_back(visitors: Visitors, world: World) -> None:
    await world.publish(MOVED)
    await world.send(an_event("customer.moved", at=ago(minutes=1)))
    page = await a_supervisor(visitors)
    cases = page.get_by_text("1 case stands on this rule alone. It goes on, unless you take it back.")
    await press(page, "Pause")
    await expect(cases).to_be_visible()
    await press(page, "Resume")
    await expect(page.get_by_text("Resumed: the rule sees what arrives from now on.")).to_be_visible()
    went_on = await outcome(world)
    await press(page, "Pause")
    await page.get_by_role("textbox", name="Why", exact=True).fill("the form was broken")
    await press(page, "Take them back")

    await expect(page.get_by_text("The open cases of this rule were taken back.")).to_be_visible()
    await expect(cases).to_have_count(0)
    assert went_on == (False, None, None)
    assert await outcome(world) == (True, Outcome.CANCELED, "the form was broken")
    await over(page)


async def test_a_supervisor_goes_back_to_an_earlier_version_and_ends_the_rule(visitors: Visitors, world: World) -> None:
    await world.publish(MOVED)
    await world.publish(LONGER)
    page = await a_supervisor(visitors)

    await press(page, "Go back to this")
    await expect(page.get_by_role("row").filter(has_text="in force")).to_contain_text("1")
    back = await in_force(world)
    await press(page, "Retire")

    await expect(page.get_by_text("Retired: its open watches were dropped. Open cases go on.")).to_be_visible()
    assert (back, await in_force(world)) == ((RuleState.PUBLISHED, 1), (RuleState.RETIRED, 1))
    await over(page)


async def test_a_rule_is_written_published_paused_and_its_cases_taken_back_by_keyboard_alone(
    visitors: Visitors, world: World
) -> None:
    context, _viewer = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.goto("/console/rules")
    await reach(page, page.get_by_label("Name"))
    await page.keyboard.type("moved")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Rule moved")).to_be_visible()

    await reach(page, page.get_by_role("link", name="Something happened"))
    await page.keyboard.press("Enter")
    await expect(document(page, words_of("en"))).to_be_visible()
    await reach(page, document(page, words_of("en")))
    await page.keyboard.press("Control+A")
    await page.keyboard.insert_text(MOVED)
    await use(page, "Save as a draft")
    await use(page, "Publish version 1")
    await expect(page.get_by_text("Published: the rule finds moments")).to_be_visible()
    await world.send(an_event("customer.moved", at=ago(minutes=1)))
    await use(page, "Pause")
    await reach(page, page.get_by_role("textbox", name="Why", exact=True))
    await page.keyboard.type("the form was broken")
    await use(page, "Take them back")

    await expect(page.get_by_text("The open cases of this rule were taken back.")).to_be_visible()
    assert await versions(world) == [MOVED]
    assert await outcome(world) == (True, Outcome.CANCELED, "the form was broken")
    await over(page)
