"""The pages of availability are in Hebrew whole: Latin letters stand in names and code alone."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.availability.tables import CalendarRow
from orchestrator.queueing.hours import close_calendar
from orchestrator.queueing.shifts import save_shifts
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue, a_task, an_agent, some_settings
from tests.integration.intake_world import CART, World
from tests.integration.test_hebrew_pages import latin

HOURS = (
    'calendar: hours\nzone: Asia/Jerusalem\nweekly: {sun: ["09:00-17:00"], fri: ["22:00-02:00"]}\n'
    'holidays: {country: IL, eves: ["09:00-12:00"]}\ndays: {2026-12-31: ["09:00-12:00"], 2026-12-24: closed}\n'
)
PAGES = (
    "/console/availability",
    "/console/availability/calendars/hours",
    "/console/availability/calendars/hours?date=2026-12-24",
    "/console/availability/calendars/hours/hours",
    "/console/availability/calendars/hours/versions",
    "/console/availability/calling-hours",
    "/console/availability/registries",
    "/console/availability/limits",
    "/console/availability/staffing",
    "/console/availability/when",
    "/console/switch",
)
# Names: of the calendar, its queue, an agent, a rule; of kinds of files and events, a state, a currency.
NAMES = {"hours", "sales", "dana", "incomplete-checkout", "ics", "OPEN", "CA", "EUR"}
# Laws and those who watch over them are called as they call themselves.
LAWS = {"CFR", "CRTC", "Code", "DMA", "HB", "ICO", "Ley", "SB", "TRAI", "UWG", "au", "consommation", "de", "donotcall"} | {
    "gov",
    "la",
}


async def _some_hours(database: Database, database_url: str) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as session:
        session.add(CalendarRow(name="hours", document=HOURS, changed_at=now))
        await session.flush()
        await a_queue(session, calendar="hours")
        await an_agent(session, "dana")
        await save_shifts(
            session,
            "dana",
            b'shifts: dana\nzone: Asia/Jerusalem\nweekly: {sun: ["09:00-17:00"]}\n',
            who="test",
            now=now,
        )
        await a_task(session)
        for ends_at in (None, now + timedelta(hours=2)):
            await close_calendar(
                session,
                "hours",
                starts_at=None,
                ends_at=ends_at,
                reason="שריפה",
                author="דנה",
                who="test",
                now=now,
                settings=some_settings(database_url),
            )


@pytest.mark.parametrize("address", PAGES)
async def test_no_page_of_availability_speaks_english_to_who_reads_hebrew(
    database_url: str, database: Database, address: str
) -> None:
    await World.on(database).publish(CART)
    await _some_hours(database, database_url)

    async with a_browser(database_url, database, locale="he") as browser:
        words = await latin(browser, address)

    assert words - NAMES - LAWS == set()
