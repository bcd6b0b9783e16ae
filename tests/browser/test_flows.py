"""Whole days of people at their screens, in both languages: every process is real, and everything is pressed in a browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlmodel import select

from api.pages.languages import translations
from api.pages.people import Role
from orchestrator.identity.sessions import IDLE
from orchestrator.identity.tables import SessionRow
from orchestrator.queueing.roster import add_agent, agent_named
from tests.browser.conftest import Visitors
from tests.integration.conftest import carrier, running_carrier
from tests.integration.faults.floor import Floor, a_floor, event
from tests.integration.people_floor import PASSWORD, a_person
from tests.integration.simulated_carrier import Carrier
from tests.integration.telephony_stage import a_phone, where_it_is_noon

__all__ = ["carrier", "running_carrier"]

pytestmark = pytest.mark.deployment

AGENT_PHONE = "+12025550123"
NOAS_PHONE = a_phone()
A_WHILE = 60_000  # milliseconds: a machine at work on everything else
RULE = """
rule: incomplete-checkout
title: {en: Checkout left unfinished, he: הקנייה לא הושלמה}
moment: incomplete_checkout
purpose: service
detect: {occurrence: {on: [{type: checkout.abandoned}]}}
steps: [{callback: {queue: sales, due: 30m, tell: sms, script: checkout}}]
expires: 24h
"""
RULE_CALLED = {"en": "Checkout left unfinished", "he": "הקנייה לא הושלמה"}
Words = Callable[[str], str]


def words_of(language: str) -> Words:
    """Return what a page of that language calls a thing."""
    return translations(language).gettext


@pytest_asyncio.fixture
async def floor(tmp_path: Path, database_url: str, carrier: Carrier) -> AsyncIterator[Floor]:
    # A slow machine's page may lie unopened for a while: the offer waits for it.
    async with a_floor(tmp_path, database_url, carrier, reservation="2m") as floor:
        await floor.publish(RULE)
        carrier.configure(speed=5)  # the simulator ends every call after 600 of its seconds
        for number in (AGENT_PHONE, NOAS_PHONE):
            carrier.control.put(f"/_sim/phones/{number}", json={"behaviour": "answer", "answer_after": 5})
        yield floor


@pytest.fixture
def visitors(browser: Browser, floor: Floor) -> Visitors:
    return Visitors(browser, floor.settings.public_url, floor.database)


async def an_agent_who_signs_in(visitors: Visitors, floor: Floor, language: str) -> Page:
    """Dana, hired for `sales`, signs in with her password and is at her desk."""
    async with floor.database.transaction() as session:
        now = await floor.database.clock.now(session)
        await add_agent(session, "Dana", queues=["sales"], languages=["en", "he"], phone=AGENT_PHONE, who="test", now=now)
        agent_id = (await agent_named(session, "Dana")).id
        await a_person(
            session, role=Role.AGENT, login="dana", name="Dana", agent_id=agent_id, locale=language, password=PASSWORD
        )
    context = await visitors.anybody(language=language)
    page = await context.new_page()
    await page.goto("/desk")
    await sign_in(page, words_of(language))
    return page


async def sign_in(page: Page, _: Words) -> None:
    await page.get_by_label(_("Login")).fill("dana")
    await page.get_by_label(_("Password")).fill(PASSWORD)
    await press(page, _("Sign in"))
    await expect(page.get_by_role("heading", name=_("Desk"), exact=True)).to_be_visible()


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def a_customer_leaves_a_checkout(floor: Floor) -> None:
    who = {"name": "Noa Levi", "phone": NOAS_PHONE, "zone": where_it_is_noon(), "language": "he"}
    await floor.report(event("customer.updated", "noa", **who), event("checkout.abandoned", "noa", cart_id="c-1", value=240))


@pytest.mark.parametrize("language", ["en", "he"])
async def test_from_an_event_to_the_offer_the_call_the_wrap_up_and_the_results(
    visitors: Visitors, floor: Floor, language: str
) -> None:
    _ = words_of(language)
    desk = await an_agent_who_signs_in(visitors, floor, language)
    await press(desk, _("Be available"))
    watching, _viewer = await visitors.person(Role.SUPERVISOR, language=language)
    console = await watching.new_page()
    await console.goto("/console")

    await a_customer_leaves_a_checkout(floor)

    work, tasks = desk.locator("#work"), console.locator("#tasks")
    await expect(work.get_by_role("heading", name="Noa Levi")).to_be_visible(timeout=A_WHILE)
    await expect(tasks).to_contain_text("Noa Levi", timeout=A_WHILE)
    await desk.keyboard.press("a")
    await expect(work.get_by_text(_("Ready to call"))).to_be_visible()
    await expect(work.get_by_role("heading", name=_("What happened"))).to_be_visible()
    await expect(work.locator(".timeline").first).to_contain_text(_("why we call"))
    await desk.keyboard.press("c")
    await expect(work.get_by_text(_("You are talking with the customer"))).to_be_visible(timeout=A_WHILE)
    await expect(console.locator("#floor")).to_contain_text(_("Calls under way"))
    await expect(tasks).to_contain_text("Dana", timeout=A_WHILE)
    await desk.get_by_label(_("Note")).fill("She will pay tomorrow.")
    await desk.keyboard.press("Tab")
    await press(desk, _("Hang up"))
    await expect(work.get_by_text(_("The call is over: write down what came of it"))).to_be_visible(timeout=A_WHILE)
    await expect(desk.get_by_label(_("Note"))).to_have_value("She will pay tomorrow.")
    await desk.get_by_label(_("What came of it, and why")).select_option("solved/finished_together")
    await desk.get_by_label(_("Yes"), exact=True).check()
    await press(desk, _("Complete"))
    await expect(desk.get_by_text(_("Done. Thank you."))).to_be_visible()

    await expect(desk.locator(".figures dd").first).to_have_text("1")

    await console.goto("/console/results")
    of_rule = console.get_by_role("row", name=RULE_CALLED[language])
    await expect(of_rule.first).to_be_visible()
    await expect(of_rule.filter(has_text="100%").first).to_be_visible()  # of its promises, kept
    await expect(console.get_by_role("row", name="Dana")).to_be_visible()
    rung = [len(await floor.rings(number)) for number in (AGENT_PHONE, NOAS_PHONE)]
    assert rung == [1, 1]
    await asyncio.gather(desk.context.close(), watching.close())


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_session_that_expires_in_the_middle_of_the_wrap_up_loses_nothing(
    visitors: Visitors, floor: Floor, language: str
) -> None:
    _ = words_of(language)
    desk = await an_agent_who_signs_in(visitors, floor, language)
    await press(desk, _("Be available"))
    await a_customer_leaves_a_checkout(floor)
    await expect(desk.get_by_role("heading", name="Noa Levi")).to_be_visible(timeout=A_WHILE)
    await press(desk, _("Accept"))
    await desk.get_by_label(_("What came of it, and why")).select_option("declined/bad_moment")
    await desk.get_by_label(_("Note")).fill("Rings back herself.")

    # What the desk asks for by itself would lead to the sign-in too, if it came first.
    await desk.route(re.compile(r"/desk/(stream|work|figures|stopped)\b"), lambda route: route.abort())
    await sessions_end(floor)
    await press(desk, _("Complete"))
    await desk.wait_for_url(re.compile("/sign-in"))
    await desk.unroute_all()
    await sign_in(desk, _)

    await expect(desk.get_by_label(_("Note"))).to_have_value("Rings back herself.")
    await expect(desk.get_by_label(_("What came of it, and why"))).to_have_value("declined/bad_moment")
    await press(desk, _("Complete"))
    await expect(desk.get_by_text(_("Done. Thank you."))).to_be_visible()
    await desk.context.close()


async def sessions_end(floor: Floor) -> None:
    """As if the time of every session had run out."""
    async with floor.database.transaction() as session:
        now = await floor.database.clock.now(session)
        for row in (await session.exec(select(SessionRow))).all():
            row.seen_at = now - IDLE
            session.add(row)
