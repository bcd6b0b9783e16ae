"""A supervisor writes a rule in the form: by keyboard, with the YAML following, and what is wrong said in its place."""

import re

import pytest
from playwright.async_api import Page, expect

from api.pages.people import Role
from orchestrator.rule_life.listing import rule_record
from orchestrator.storage.database import Database
from tests.browser.conftest import NARROW, Visitors
from tests.integration.floor import a_queue

EXPECTED = """rule: low-mark
title: {en: Low mark}
moment: low_mark
stage: service
purpose: service
detect:
  occurrence:
    on:
      - {type: survey.answered, where: has(event.data.csat) && event.data.csat <= 2 && has(customer.region) && customer.region == "north"}
priority: 70
steps:
  - callback: {queue: sales, due: 1d}
expires: 3d
cooldown: 7d
"""  # noqa: E501
WORDS = {
    "en": ("Write it", "Something happened", "Add a condition", "Field", "Value", "Save as a draft"),
    "he": ("לכתוב אותו", "משהו קרה", "הוספת תנאי", "שדה", "ערך", "שמירה כטיוטה"),
}


async def a_floor(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales")


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_rule_is_written_in_the_form_by_keyboard(visitors: Visitors, database: Database, language: str) -> None:
    await a_floor(database)
    _, way, add, field, value, save = WORDS[language]
    context, _ = await visitors.person(Role.SUPERVISOR, language=language)
    page = await context.new_page()
    yaml = page.locator("#f-document")

    await page.goto("/console/rules/low-mark")
    await page.get_by_role("link", name=way).focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name=add).first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label(field, exact=True).nth(1)).to_be_focused()
    await page.keyboard.type("customer.region")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label(value, exact=True).nth(1)).to_be_focused()
    await page.keyboard.type("north")
    await expect(yaml).to_have_value(re.compile("customer.region == "))
    await page.locator("#f-priority").focus()
    await page.keyboard.type("700")
    await expect(page.locator("#note-priority")).to_be_visible()
    await expect(page.locator("#f-priority")).to_be_focused()
    await page.keyboard.press("Backspace")
    await expect(yaml).to_have_value(EXPECTED)
    await expect(page.locator("#note-priority")).to_have_count(0)
    await page.get_by_role("button", name=save).first.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?done=saved")

    async with database.transaction() as session:
        assert (await rule_record(session, "low-mark")).versions[0].document == EXPECTED
    await context.close()


async def test_the_form_follows_the_yaml_and_the_caret_stays(visitors: Visitors, database: Database) -> None:
    await a_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()

    await page.goto("/console/rules/low-mark?begin=absence")
    await page.get_by_label("Why do we call?").select_option("marketing")
    await expect(page.locator("#f-document")).to_have_value(re.compile("purpose: marketing"))
    await page.locator("#f-document").focus()
    await page.keyboard.press("Control+End")
    await page.keyboard.type("holdout: 5%")
    await expect(page.get_by_label("Share never called")).to_have_value("5%")
    await page.keyboard.type("\ngrace: 10m")
    await expect(page.get_by_role("textbox", name="Wait a little first")).to_have_value("10")
    await expect(page.get_by_label("Unit of: Wait a little first")).to_have_value("m")
    await expect(page.get_by_label("Why do we call?")).to_have_value("marketing")

    assert (await page.locator("#f-document").input_value()).endswith("holdout: 5%\ngrace: 10m")
    await context.close()


async def test_on_a_narrow_screen_one_side_is_seen_at_a_time(visitors: Visitors, database: Database) -> None:
    await a_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR, size=NARROW)
    page = await context.new_page()

    await page.goto("/console/rules/low-mark?begin=score")
    await expect(page.locator("#f-document")).to_be_hidden()
    await page.get_by_label("As YAML").first.check()

    await expect(page.locator("#f-document")).to_be_visible()
    await expect(page.locator("#f-priority")).to_be_hidden()
    await context.close()


async def test_without_script_a_step_is_moved_and_all_that_was_typed_stays(visitors: Visitors, database: Database) -> None:
    await a_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR, script=False)
    page: Page = await context.new_page()

    await page.goto("/console/rules/low-mark?begin=score")
    await page.get_by_label("Priority, 0 to 100").fill("70")
    await page.get_by_role("button", name="Add a step").click()
    await page.get_by_label("Step 2", exact=True).nth(1).select_option("message")
    await page.get_by_role("button", name="Show as YAML").click()
    await page.get_by_label("Which message").fill("finish-link")
    await page.get_by_role("button", name="Move up: Step 2", exact=True).click()

    await expect(page.get_by_label("Priority, 0 to 100")).to_have_value("70")
    document = await page.locator("#f-document").input_value()
    assert "steps:\n  - message: {template: finish-link}\n  - callback: {queue: sales, due: 30m}\n" in document
    await context.close()


async def test_a_second_plan_is_begun_by_one_button_and_its_share_is_typed_next(visitors: Visitors, database: Database) -> None:
    await a_floor(database)
    context, _ = await visitors.person(Role.SUPERVISOR)
    page = await context.new_page()
    yaml = page.locator("#f-document")

    await page.goto("/console/rules/low-mark?begin=score")
    await page.get_by_role("button", name="Try a second plan: begin with the same steps").click()
    await expect(page.locator("#f-split-share")).to_be_focused()
    await expect(yaml).to_have_value(re.compile("split:\n  share: 50%\n  steps:\n    - callback: "))
    await page.locator("#f-split-share").fill("20%")
    await page.get_by_label("Step 1 of the second plan", exact=True).nth(1).select_option("message")

    await expect(yaml).to_have_value(re.compile("share: 20%\n  steps:\n    - message: "))
    await context.close()
