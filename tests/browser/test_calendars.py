"""Calendars in the browser, in both languages: a date changed by a click, an .ics file taken over, an emergency close."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import FilePayload, expect

from api.pages.languages import translations
from api.pages.people import Role
from orchestrator.availability.calendars import read_calendar
from orchestrator.availability.tables import CalendarRow
from orchestrator.storage.database import Database
from tests.browser.axe import complaints_of, overflow, violations
from tests.browser.conftest import NARROW, WIDE, Visitors
from tests.browser.keyboard import use

PAGE = "/console/availability/calendars/service"
WEEK = "calendar: service\nzone: Asia/Jerusalem\nweekly:\n" + "".join(
    f'  {day}: ["00:00-24:00"]\n' for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
)


async def the_days(database: Database) -> dict[str, list[str]]:
    async with database.transaction() as session:
        row = await session.get(CalendarRow, "service")
    assert row is not None
    return {day.isoformat(): hours for day, hours in read_calendar(row.document.encode()).document.days.items()}


async def a_calendar(database: Database) -> None:
    async with database.transaction() as session:
        session.add(CalendarRow(name="service", document=WEEK, changed_at=datetime.now(UTC)))


@pytest.mark.parametrize("language", ["en", "he"])
async def test_a_date_of_the_year_is_closed_by_a_click(visitors: Visitors, database: Database, language: str) -> None:
    _ = translations(language).gettext
    await a_calendar(database)
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language, size=WIDE)
    page = await context.new_page()
    said = complaints_of(page)

    await page.goto(f"{PAGE}?year=2027")
    await page.locator('.cal-month a[href*="day=2027-03-15"]').click()
    await expect(page.locator("#f-day")).to_have_value("2027-03-15")
    await page.locator("#f-reason").fill("stocktaking")
    await use(page, _("Save"))

    await expect(page.locator('.cal-look.shut a[href*="day=2027-03-15"]')).to_be_visible()
    found = [*await violations(page), *await overflow(page)]
    assert await the_days(database) == {"2027-03-15": []}
    assert (found, said) == ([], [])
    await context.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_an_ics_file_is_looked_at_and_then_saved(visitors: Visitors, database: Database, language: str) -> None:
    _ = translations(language).gettext
    await a_calendar(database)
    start = datetime.now(UTC) + timedelta(days=20)
    event = f"BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:{start:%Y%m%d}\r\nSUMMARY:Move\r\nEND:VEVENT\r\n"
    file = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{event}END:VCALENDAR\r\n".encode()
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language, size=NARROW)
    page = await context.new_page()
    said = complaints_of(page)

    await page.goto(f"{PAGE}/hours")
    await page.locator("#f-file").set_input_files(FilePayload(name="closed.ics", mimeType="text/calendar", buffer=file + b"x"))
    await page.get_by_role("button", name=_("Show what would change")).click()
    await expect(page.locator("#f-file-fault")).to_be_visible()
    await page.locator("#f-file").set_input_files(FilePayload(name="closed.ics", mimeType="text/calendar", buffer=file))
    await page.get_by_role("button", name=_("Show what would change")).click()
    await expect(page.get_by_role("button", name=_("Save these dates"))).to_be_visible()
    before, found = await the_days(database), [*await violations(page), *await overflow(page)]
    await page.get_by_role("button", name=_("Save these dates")).click()
    await expect(page).to_have_url(re.compile(f"{PAGE}$"))

    assert before == {}
    assert await the_days(database) == {f"{start:%Y-%m-%d}": []}
    assert found == []
    assert [each for each in said if "422" not in each] == []
    await context.close()


@pytest.mark.parametrize("language", ["en", "he"])
async def test_an_emergency_close_and_its_end(visitors: Visitors, database: Database, language: str) -> None:
    _ = translations(language).gettext
    await a_calendar(database)
    context, _viewer = await visitors.person(Role.SUPERVISOR, language=language, size=NARROW)
    page = await context.new_page()
    said = complaints_of(page)

    await page.goto(PAGE)
    await page.get_by_text(_("Close in an emergency…")).click()
    await page.locator(f'form[action="{PAGE}/closures"] input[name="because"]').fill("a burst pipe")
    await page.get_by_role("button", name=_("Close now")).click()
    await expect(page.locator(".notice.bad")).to_contain_text("a burst pipe")
    await expect(page.locator(".badge.bad").first).to_contain_text(_("Closed in an emergency"))
    found = [*await violations(page), *await overflow(page)]
    await page.get_by_role("button", name=_("Open again")).click()
    await expect(page.locator(".notice.bad")).to_have_count(0)

    assert (found, said) == ([], [])
    await context.close()
