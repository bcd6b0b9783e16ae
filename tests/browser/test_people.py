"""Signing in and out, the second factor, and people's own and one another's settings, in a browser and both languages."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from urllib.parse import urlsplit

import pyotp
import pytest
import segno
from playwright.async_api import Page, expect
from sqlalchemy import update
from sqlmodel import col

from api.pages.languages import LANGUAGES, translations
from api.pages.people import Role
from orchestrator.identity.accounts import people
from orchestrator.identity.sessions import IDLE
from orchestrator.identity.tables import SessionRow
from orchestrator.identity.tries import PER_LOGIN, begin_try
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.integration.people_floor import PASSWORD, a_person

LOGIN = "maya@example.com"
Say = Callable[[str], str]

in_both_languages = pytest.mark.parametrize("language", sorted(LANGUAGES))


async def _maya(database: Database, *, role: Role = Role.SUPERVISOR, locale: str = "en") -> None:
    async with database.transaction() as session:
        await a_person(session, login=LOGIN, role=role, locale=locale, password=PASSWORD)


async def _at_the_door(visitors: Visitors, language: str, path: str = "/sign-in") -> tuple[Page, Say]:
    """A new device, and how its texts are said."""
    page = await (await visitors.anybody(language=language)).new_page()
    await page.goto(path)
    return page, translations(language).gettext


async def _sign_in(page: Page, say: Say, *, login: str = LOGIN, password: str = PASSWORD) -> None:
    await page.get_by_label(say("Login"), exact=True).fill(login)
    await page.get_by_label(say("Password"), exact=True).fill(password)
    await page.locator("main").get_by_role("button", name=say("Sign in"), exact=True).click()


async def _inside(visitors: Visitors, database: Database, language: str, path: str = "/me") -> tuple[Page, Say]:
    """A new device on which Maya has just signed in, on the page she wanted."""
    await _maya(database, locale=language)
    page, say = await _at_the_door(visitors, language, path)
    await _sign_in(page, say)
    await page.wait_for_url(lambda url: urlsplit(url).path == path)
    return page, say


async def _complaints(page: Page) -> list[str]:
    """What is wrong with the page as it stands, wide and narrow, light and dark."""
    found = []
    for (width, height), scheme in product((WIDE, NARROW), ("light", "dark")):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # of the two words
        found += [f"{scheme} {width}: {each}" for each in [*await violations(page), *await overflow(page)]]
    await page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    return found


@in_both_languages
async def test_signing_in_leads_to_the_page_one_wanted(visitors: Visitors, database: Database, language: str) -> None:
    await _maya(database)
    page, say = await _at_the_door(visitors, language, "/console/customers?q=noa")

    await _sign_in(page, say)

    await page.wait_for_url("**/console/customers?q=noa")
    await expect(page.locator(".person .who")).to_have_text("Somebody")
    await page.context.close()


@in_both_languages
async def test_a_wrong_password_and_an_unknown_login_are_told_the_same_and_keep_what_was_typed(
    visitors: Visitors, database: Database, language: str
) -> None:
    await _maya(database)
    page, say = await _at_the_door(visitors, language)
    told = []

    for login in (LOGIN, "nobody@example.com"):
        await _sign_in(page, say, login=login, password="not this one")
        await expect(page.locator(".notice")).to_have_text(
            say("Login and password do not fit together. Check both and try again.")
        )
        await expect(page.get_by_label(say("Login"), exact=True)).to_have_value(login)
        await expect(page.get_by_label(say("Password"), exact=True)).to_have_value("")
        await expect(page.get_by_label(say("Password"), exact=True)).to_be_focused()
        told.append(await page.locator("main").inner_text())

    assert told[0] == told[1]
    assert await _complaints(page) == []
    await page.context.close()


@in_both_languages
async def test_after_too_many_tries_the_door_says_when_to_come_again(
    visitors: Visitors, database: Database, language: str
) -> None:
    await _maya(database)
    for number in range(PER_LOGIN):
        async with database.transaction() as session:
            await begin_try(session, LOGIN, f"192.0.2.{number}", now=await database.clock.now(session))
    page, say = await _at_the_door(visitors, language)

    async with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        await _sign_in(page, say)

    assert (await sent.value).status == 429
    await expect(page.locator(".notice")).to_have_text(
        say("There were too many tries. Wait a quarter of an hour, then try again.")
    )
    await expect(page.get_by_label(say("Login"), exact=True)).to_have_value(LOGIN)
    await page.context.close()


@in_both_languages
async def test_a_second_factor_is_set_up_from_the_page_and_asked_for_from_then_on(
    visitors: Visitors, database: Database, language: str
) -> None:
    await _maya(database, locale=language)
    page, say = await _at_the_door(visitors, language, "/me")
    said = complaints_of(page)
    await _sign_in(page, say)
    await page.get_by_role("link", name=say("Set up a second factor")).click()

    uri = await page.locator('a[href^="otpauth:"]').get_attribute("href") or ""
    authenticator = pyotp.parse_uri(uri)
    assert isinstance(authenticator, pyotp.TOTP)
    drawn = await page.locator("svg.qr path").last.get_attribute("d") or "nothing"
    assert drawn in segno.make_qr(uri, error="m").svg_inline(border=4, omitsize=True)
    assert (await page.locator("svg.qr").bounding_box() or {"width": 0})["width"] > 150
    assert await _complaints(page) == []
    await page.get_by_label(say("Present password")).fill(PASSWORD)
    await page.get_by_label(say("Code"), exact=True).fill(authenticator.now())
    await page.get_by_role("button", name=say("Turn it on")).click()
    codes = await page.locator(".codes code").all_inner_texts()
    assert await _complaints(page) == []

    for code in (authenticator.at(await _now(database) + 30), codes[0]):  # of the next half minute: each is taken once
        await _sign_out(page, say)
        await _sign_in(page, say)
        await expect(page.get_by_role("heading", name=say("One more step"))).to_be_visible()
        await page.get_by_label(say("Code"), exact=True).fill(code)
        await page.get_by_role("button", name=say("Go on")).click()
        await expect(page.locator(".person .who")).to_have_text("Somebody")
    assert said == []
    await page.context.close()


async def test_a_code_that_was_used_is_refused_and_until_one_fits_nothing_opens(visitors: Visitors, database: Database) -> None:
    page, say = await _inside(visitors, database, "en", "/me/second-factor")
    authenticator = pyotp.parse_uri(await page.locator('a[href^="otpauth:"]').get_attribute("href") or "")
    assert isinstance(authenticator, pyotp.TOTP)
    used = authenticator.now()
    await page.get_by_label("Present password").fill(PASSWORD)
    await page.get_by_label("Code", exact=True).fill(used)
    await page.get_by_role("button", name="Turn it on").click()
    await _sign_out(page, say)

    await _sign_in(page, say)
    await page.get_by_label("Code", exact=True).fill(used)
    await page.get_by_role("button", name="Go on").click()

    await expect(page.locator(".fault")).to_contain_text("does not fit, or was used already")
    assert await _complaints(page) == []
    await page.goto("/console")
    await page.wait_for_url("**/sign-in?next=/console")
    await page.context.close()


@in_both_languages
async def test_signing_out_ends_here_and_signing_out_everywhere_ends_there_too(
    visitors: Visitors, database: Database, language: str
) -> None:
    await _maya(database, locale=language)
    here, say = await _at_the_door(visitors, language, "/me")
    there, _ = await _at_the_door(visitors, language, "/me")
    for page in (here, there):
        await _sign_in(page, say)
        await page.wait_for_url("**/me")

    await _sign_out(here, say)
    await there.reload()
    still_there = there.url
    await there.goto("/me")
    await _sign_in(here, say)
    await here.wait_for_url("**/console")
    await there.get_by_role("button", name=say("Sign out everywhere")).click()
    await there.wait_for_url("**/sign-in")
    await here.goto("/console/results")

    assert still_there.endswith("/me")
    await here.wait_for_url("**/sign-in?next=/console/results")
    for page in (here, there):
        await page.context.close()


@in_both_languages
async def test_a_session_that_ran_out_leads_by_the_door_back_to_the_page(
    visitors: Visitors, database: Database, language: str
) -> None:
    page, say = await _inside(visitors, database, language)
    async with database.transaction() as session:
        long_ago = await database.clock.now(session) - IDLE - timedelta(minutes=1)
        await (await session.connection()).execute(
            update(SessionRow).values(seen_at=long_ago).where(col(SessionRow.ended_at).is_(None))
        )

    await page.get_by_role("link", name=say("Results")).click()
    await page.wait_for_url("**/sign-in?next=/console/results")
    await _sign_in(page, say)

    await page.wait_for_url("**/console/results")
    await page.context.close()


@in_both_languages
async def test_an_agent_who_opens_the_console_is_told_that_it_is_for_others(visitors: Visitors, language: str) -> None:
    context, _ = await visitors.person(Role.AGENT, language=language)
    page = await context.new_page()

    answer = await page.goto("/console")

    assert answer is not None
    assert answer.status == 403
    await expect(page.get_by_role("heading")).to_have_text(translations(language).gettext("This page is not for your role"))
    assert await _complaints(page) == []
    await context.close()


async def test_ones_own_language_changes_the_page_at_once(visitors: Visitors) -> None:
    context, _ = await visitors.person(Role.SUPERVISOR, language="en")
    page = await context.new_page()
    await page.goto("/me")

    await page.locator("#f-locale").select_option("he")
    await page.get_by_label("Name").fill("מאיה טל")
    await page.get_by_role("button", name="Save").click()

    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(page.locator(".notice")).to_have_text(translations("he").gettext("Saved."))
    await expect(page.locator("h1")).to_have_text("מאיה טל")
    assert await _complaints(page) == []
    await context.close()


@in_both_languages
async def test_ones_own_password_changes_and_what_does_not_fit_is_told_beside_its_field(
    visitors: Visitors, database: Database, language: str
) -> None:
    page, say = await _inside(visitors, database, language)

    await _new_password(page, say, present="not this one", wanted="a whole new sentence")
    await expect(page.locator("#f-present-fault")).to_have_text(say("This is not your present password. Nothing was changed."))
    assert await _complaints(page) == []
    await _new_password(page, say, present=PASSWORD, wanted="a whole new sentence")
    await expect(page.locator(".notice.good")).to_have_text(
        say("Your password is changed. You are signed out everywhere else.")
    )

    await _sign_out(page, say)
    await _sign_in(page, say, password="a whole new sentence")
    await page.wait_for_url("**/console")
    await page.context.close()


@in_both_languages
async def test_an_admin_changes_somebodys_role_and_shuts_them_out_after_a_second_thought(
    visitors: Visitors, database: Database, language: str
) -> None:
    await _maya(database)
    context, _ = await visitors.person(Role.ADMIN, language=language)
    page, say = await context.new_page(), translations(language).gettext
    said = complaints_of(page)
    await page.goto("/console/settings")

    await page.get_by_role("row", name=LOGIN).get_by_role("link").click()
    await page.get_by_label(say("Role"), exact=True).select_option("auditor")
    await page.get_by_role("button", name=say("Save")).click()
    await expect(page.locator(".notice")).to_have_text(say("Saved. It holds at once, in open sessions too."))
    assert await _complaints(page) == []
    await page.get_by_role("button", name=say("Shut out…")).click()
    assert await _complaints(page) == []
    await page.get_by_role("link", name=say("Back"), exact=True).click()
    await page.get_by_role("button", name=say("Shut out…")).click()
    await page.get_by_role("button", name=say("Yes, shut them out")).click()
    await expect(page.locator(".notice")).to_have_text(say("Shut out. All of their sessions are over."))

    async with database.transaction() as session:
        maya = next(each for each in await people(session) if each.login == LOGIN)
    assert (maya.role, maya.disabled_at is not None) == (Role.AUDITOR, True)
    assert said == []
    await context.close()


async def _sign_out(page: Page, say: Say) -> None:
    await page.locator("details.person summary").click()
    await page.get_by_role("button", name=say("Sign out"), exact=True).click()
    await page.wait_for_url("**/sign-in")


async def _new_password(page: Page, say: Say, *, present: str, wanted: str) -> None:
    await page.get_by_label(say("Present password")).fill(present)
    await page.get_by_label(say("New password"), exact=True).fill(wanted)
    await page.get_by_label(say("New password, once more")).fill(wanted)
    await page.get_by_role("button", name=say("Change the password")).click()


async def _now(database: Database) -> int:
    async with database.transaction() as session:
        return int((await database.clock.now(session)).timestamp())


@in_both_languages
async def test_who_has_signed_out_sees_nothing_by_going_back(visitors: Visitors, database: Database, language: str) -> None:
    await _maya(database)
    page, say = await _at_the_door(visitors, language, "/me")
    await _sign_in(page, say)
    await page.wait_for_url("**/me")

    await _sign_out(page, say)
    await page.go_back()

    await page.wait_for_url("**/sign-in?next=/me")
    await expect(page.get_by_text(LOGIN)).to_have_count(0)
    await page.context.close()
