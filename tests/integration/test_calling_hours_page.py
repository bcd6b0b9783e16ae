"""Calling hours over the API and on the console: what holds where, where that is from, and whether it was looked at lately."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from api.app import create_app
from api.dependencies import now as the_time
from api.pages.languages import translations
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.hours_listing import is_overdue, listing
from orchestrator.identity.people import Role
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_client, a_token, bearer, some_settings

PAGE = "/console/availability/calling-hours"
WEEK = {day: ["09:00-20:00"] for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat")}


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", text)).split())


async def test_the_api_lists_every_file_with_its_hours_source_and_review(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        secret = await a_token(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        nobody = await client.get("/v1/calling-hours")
        listed = (await client.get("/v1/calling-hours", headers=bearer(secret))).json()

    assert nobody.status_code == 401
    default, *files = listed
    assert (default["name"], default["country"], default["hours"][0]["weekly"]) == ("default", None, WEEK)
    assert [file["name"] for file in files] == sorted(pack.calling_hours for pack in default_book().packs.values())
    france = next(file for file in files if file["country"] == "FR")
    assert france["source"] == "Code de la consommation, art. D223-9"
    assert (france["reviewed"], france["overdue"]) == ("2026-11-22", False)
    marketing = next(each for each in france["hours"] if "marketing" in each["purposes"] and "sms" not in each["media"])
    assert marketing["weekly"]["mon"] == ["10:00-13:00", "14:00-20:00"]
    assert marketing["weekly"]["sun"] == []
    assert marketing["holidays"] == {"hours": [], "eves": None, "memorial_eves": None}
    assert (marketing["basis"], marketing["consent_lifts"]) == ("law", True)
    florida = next(file for file in files if file["name"] == "us-fl")
    assert (florida["country"], florida["state"]) == ("US", "FL")


async def test_the_page_shows_each_country_with_its_hours_and_what_they_rest_on(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = plain((await browser.open(PAGE)).text)

    assert "Israel Every purpose calls and text messages Sun–Thu 09:00–20:00 Fri 09:00–13:00 Sat none" in shown
    assert "Eves 09:00–13:00 Before memorial days 09:00–18:00" in shown
    assert "France Marketing calls Sun none Mon–Fri 10:00–13:00 , 14:00–20:00 Sat none" in shown
    assert "Law Code de la consommation, art. D223-9" in shown
    assert "United States Florida Marketing calls and text messages Every day 08:00–20:00" in shown
    assert "Reviewed Nov 22, 2026" in shown
    assert "Review overdue" not in shown


async def test_a_file_nobody_has_reviewed_for_a_year_is_marked(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        browser.app.dependency_overrides[the_time] = lambda: datetime(2027, 11, 22, 12, tzinfo=UTC)
        nearly = plain((await browser.open(PAGE)).text)
        browser.app.dependency_overrides[the_time] = lambda: datetime(2027, 11, 23, 12, tzinfo=UTC)
        later = plain((await browser.open(PAGE)).text)

    assert nearly.count("Review overdue") == 1  # the default was reviewed a day earlier
    assert "1 file of calling hours has not been reviewed for a year." in nearly
    assert later.count("Review overdue") == len(default_book().packs) + 1


async def test_every_source_and_note_reads_in_hebrew(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, locale="he") as browser:
        shown = plain((await browser.open(PAGE)).text)

    texts = [text for file in listing(default_book(), today=date(2026, 11, 22)) for text in (file.source, file.note) if text]
    said = [translations("he").gettext(text) for text in texts if text != "product default"]
    assert all(text not in texts for text in said)
    assert all(" ".join(text.replace("\u200f", "").split()) in shown.replace("\u200f", "") for text in said)
    assert "א׳–ה׳ 09:00–20:00" in shown


async def test_agents_do_not_see_it(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, role=Role.AGENT) as browser:
        assert (await browser.open(PAGE)).status_code == 403


@pytest.mark.parametrize(("days", "overdue"), [(365, False), (366, True), (0, False)])
def test_a_review_is_overdue_after_a_year(days: int, overdue: bool) -> None:
    assert is_overdue(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=days)) is overdue
