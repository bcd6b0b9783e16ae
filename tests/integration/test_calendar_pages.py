"""Calendars on the console: the list, a calendar's week and year, its overrides, closes and versions."""

from datetime import UTC, datetime, timedelta

from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.identity.people import Role
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
ALWAYS = "calendar: always\nzone: Asia/Jerusalem\nweekly:\n" + "".join(f'  {day}: ["00:00-24:00"]\n' for day in _DAYS)
NEVER = "calendar: never\nzone: Asia/Jerusalem\n"


async def a_calendar(database: Database, document: str, *, queue: str | None = None) -> str:
    name = document.splitlines()[0].removeprefix("calendar: ")
    async with database.transaction() as session:
        session.add(CalendarRow(name=name, document=document, changed_at=datetime.now(UTC)))
        await session.flush()
        if queue is not None:
            await a_queue(session, queue, calendar=name)
    return name


async def test_the_list_says_of_each_calendar_whether_it_is_open_and_who_keeps_to_it(
    database_url: str, database: Database
) -> None:
    await a_calendar(database, ALWAYS, queue="sales")
    await a_calendar(database, NEVER)
    now = datetime.now(UTC)
    async with database.transaction() as session:
        session.add(ClosureRow(calendar="never", starts_at=now - timedelta(hours=1), reason="a flood", author="noa"))

    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = (await browser.open("/console/availability")).text

    always, never = shown.split("<tbody>")[1].split("</tr>")[:2]
    assert all(part in always for part in ("Asia/Jerusalem", "Open", "without an end", "sales"))
    assert all(part in never for part in ("Closed in an emergency", "a flood", "None keeps to it"))


async def test_the_menu_leads_to_availability(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open("/console")).text

    assert 'href="/console/availability"' in shown
