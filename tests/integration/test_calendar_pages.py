"""Calendars on the console: the list, a calendar's week and year, its overrides, closes and versions."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from orchestrator.availability.calendars import read_calendar
from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.identity.people import Role
from orchestrator.queueing.tables import QueueRow
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

    never, always = shown.split("<tbody>")[1].split("</tr>")[:2]  # what is shut stands first
    assert all(part in always for part in ("Asia/Jerusalem", "Open", "without an end", "sales"))
    assert all(part in never for part in ("Closed in an emergency", "a flood", "No queue uses it"))


async def test_the_menu_leads_to_availability(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open("/console")).text

    assert 'href="/console/availability"' in shown


DAYS_OF_THE_WEEK = "calendar: weekdays\nzone: Asia/Jerusalem\n# ours\nweekly:\n" + "".join(
    f'  {day}: ["09:00-17:00"]\n' for day in ("sun", "mon", "tue", "wed", "thu")
)
PAGE = "/console/availability/calendars/weekdays"
WEEK = dict.fromkeys(("sun", "mon", "tue", "wed", "thu"), "09:00-17:00") | {"fri": "", "sat": ""}


async def the_calendar(database: Database) -> CalendarRow:
    async with database.transaction() as session:
        row = await session.get(CalendarRow, "weekdays")
        assert row is not None
        return row


async def test_a_year_tells_holidays_and_eves_in_both_languages(database_url: str, database: Database) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK + 'holidays: {country: IL, closed: true, eves: ["09:00-13:00"]}\n')

    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = (await browser.open(f"{PAGE}?year=2026")).text

    assert all(name in shown for name in ("Yom Kippur", "יום כיפור", "Eve of Yom Kippur", "ערב יום כיפור"))
    assert shown.count('class="cal-month"') == 12
    assert "<form" not in shown.split("<main")[1]  # who may only watch changes nothing


async def test_a_date_is_changed_and_given_back_to_the_week(database_url: str, database: Database) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)
    date = {"day": "2027-02-28", "reason": "stocktaking"}

    async with a_browser(database_url, database) as browser:
        closed = await browser.send(f"{PAGE}/days", **date, kind="closed", seen='"1"')
        shut = (await the_calendar(database)).document
        opened = await browser.send(f"{PAGE}/days", **date, kind="hours", hours="9:00 – 11:00; 12:00-13:00", seen='"2"')
        hours = (await the_calendar(database)).document
        plain = await browser.send(f"{PAGE}/days", **date, kind="plain", seen='"3"')
        versions = (await browser.open(f"{PAGE}/versions?version=2")).text

    assert [each.status_code for each in (closed, opened, plain)] == [303, 303, 303]
    assert "closed" in shut
    assert "09:00-11:00" in hours
    assert (await the_calendar(database)).document == DAYS_OF_THE_WEEK
    assert "2027-02-28: stocktaking" in versions


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"day": "2027-02-29", "kind": "closed", "reason": "r"}, "There is no such date."),
        ({"day": "2027-02-28", "kind": "hours", "hours": "09:00-12:00, 11:00-13:00", "reason": "r"}, "nor overlap"),
        ({"day": "2027-02-28", "kind": "hours", "hours": "09:00-09:00", "reason": "r"}, "nor overlap"),
        ({"day": "2027-02-28", "kind": "hours", "hours": "", "reason": "r"}, "nor overlap"),
        ({"day": "2027-02-28", "kind": "closed", "reason": " "}, "Say why"),
        ({"day": "2027-02-28", "kind": "", "reason": "r"}, "Choose what the date is."),
    ],
)
async def test_a_date_that_does_not_fit_is_told_beside_its_field_and_changes_nothing(
    database_url: str, database: Database, fields: dict[str, str], told: str
) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)

    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{PAGE}/days", **fields, seen='"1"')

    assert answer.status_code == 422
    assert told in answer.text
    assert all(f'value="{each}"' in answer.text for each in fields.values() if each.strip())
    assert (await the_calendar(database)).document == DAYS_OF_THE_WEEK


async def test_nobody_overwrites_a_calendar_they_have_not_seen(database_url: str, database: Database) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)

    async with a_browser(database_url, database) as browser:
        stale = [
            await browser.send(f"{PAGE}/days", day="2027-02-28", kind="closed", reason="mine", seen='"7"'),
            await browser.send(f"{PAGE}/hours", **WEEK, seen='"7"'),
            await browser.send(f"{PAGE}/document", document=DAYS_OF_THE_WEEK, seen='"7"'),
        ]

    assert [each.status_code for each in stale] == [412, 412, 412]
    assert all("meanwhile" in each.text for each in stale)
    assert 'value="mine"' in stale[0].text
    assert (await the_calendar(database)).version == 1


async def test_the_hours_of_the_week_and_the_holidays_are_a_form_that_keeps_the_rest(
    database_url: str, database: Database
) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)
    week = WEEK | {"thu": "", "fri": "09:00-13:00", "country": "il", "eves": "09:00-13:00"}

    async with a_browser(database_url, database) as browser:
        saved = await browser.send(f"{PAGE}/hours", **week, seen='"1"')
        again = await browser.send(f"{PAGE}/hours", **week, seen='"2"')

    document = (await the_calendar(database)).document
    assert [saved.status_code, again.status_code, (await the_calendar(database)).version] == [303, 303, 2]
    assert "# ours" in document
    calendar = read_calendar(document.encode()).document
    assert (calendar.weekly.thu, calendar.weekly.fri) == ([], ["09:00-13:00"])
    assert calendar.holidays is not None
    assert (calendar.holidays.country, calendar.holidays.eves) == ("IL", ["09:00-13:00"])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"mon": "9-17"}, "or leave it empty for a closed day"),
        ({"mon": "22:00-03:00, 23:00-24:00"}, "or leave it empty for a closed day"),
        ({"country": "XX"}, "No holidays are known for this country"),
        ({"country": "IL", "subdivision": "ZZ"}, "No holidays are known for this part"),
        ({"country": "IL", "eves": "13:00"}, "Write hours such as"),
    ],
)
async def test_hours_that_do_not_fit_are_told_beside_their_field(
    database_url: str, database: Database, typed: dict[str, str], told: str
) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)

    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{PAGE}/hours", **WEEK | typed, seen='"1"')

    assert answer.status_code == 422
    assert told in answer.text
    assert all(f'value="{each}"' in answer.text for each in typed.values())
    assert (await the_calendar(database)).version == 1


async def test_a_document_that_does_not_fit_says_where_and_stays_as_typed(database_url: str, database: Database) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)
    typed = "calendar: weekdays\nzone: Asia/Jerusalm\n"

    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{PAGE}/document", document=typed, seen='"1"')

    assert answer.status_code == 422
    assert "calendar:2:7" in answer.text
    assert "Asia/Jerusalm" in answer.text


async def test_an_emergency_close_holds_with_its_reason_until_it_is_opened_again(database_url: str, database: Database) -> None:
    await a_calendar(database, ALWAYS)
    page = "/console/availability/calendars/always"

    async with a_browser(database_url, database) as browser:
        closed = await browser.send(f"{page}/closures", because="a burst pipe", until="")
        shown = (await browser.open(page)).text
        async with database.transaction() as session:
            (row,) = (await session.exec(select(ClosureRow))).all()
        opened = await browser.send(f"{page}/closures/{row.id}/end")
        after = (await browser.open(page)).text

    assert [closed.status_code, opened.status_code] == [303, 303]
    assert "Closed in an emergency" in shown
    assert "a burst pipe" in shown
    assert "Closed in an emergency" not in after


@pytest.mark.parametrize(
    "fields", [{"because": ""}, {"because": "r", "until": "yesterday"}, {"because": "r", "until": "2020-01-01T10:00"}]
)
async def test_a_close_without_a_reason_or_with_an_end_that_is_over_is_refused(
    database_url: str, database: Database, fields: dict[str, str]
) -> None:
    await a_calendar(database, ALWAYS)

    async with a_browser(database_url, database) as browser:
        answer = await browser.send("/console/availability/calendars/always/closures", **fields)

    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    async with database.transaction() as session:
        assert (await session.exec(select(ClosureRow))).all() == []


async def test_an_ics_file_is_shown_before_it_is_saved(database_url: str, database: Database) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK)
    start = datetime.now(UTC) + timedelta(days=10)
    event = f"BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:{start:%Y%m%d}\nRRULE:FREQ=DAILY;COUNT=7\nEND:VEVENT\n"
    file = f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VCALENDAR\n"

    async with a_browser(database_url, database) as browser:
        fields = {"csrf": browser.viewer.csrf}
        shown = await browser.client.post(f"{PAGE}/ics", data=fields, files={"file": ("a.ics", file)})
        broken = await browser.client.post(
            f"{PAGE}/ics", data=fields, files={"file": ("a.ics", file.replace("DAILY", "HOURLY"))}
        )
        empty = await browser.send(f"{PAGE}/ics")
        download = await browser.open(f"{PAGE}/calendar.ics")

    assert (shown.status_code, (await the_calendar(database)).version) == (200, 1)
    assert "5 dates become different" in shown.text  # two of seven days are closed anyway
    assert [broken.status_code, empty.status_code] == [422, 422]
    assert "VEVENT (UID 1) repeats HOURLY" in broken.text
    assert download.text.startswith("BEGIN:VCALENDAR")


async def test_a_new_calendar_begins_closed_and_leads_to_its_hours(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        made = await browser.send("/console/availability/calendars", name="weekdays", zone="Asia/Jerusalem")
        refused = [
            await browser.send("/console/availability/calendars", name="weekdays", zone="UTC"),
            await browser.send("/console/availability/calendars", name="no spaces", zone="UTC"),
            await browser.send("/console/availability/calendars", name="other", zone="Nowhere"),
        ]

    assert (made.status_code, made.headers["location"]) == (303, f"{PAGE}/hours")
    assert [each.status_code for each in refused] == [422, 422, 422]
    assert (await the_calendar(database)).version == 1


async def test_a_calendar_is_retired_once_no_queue_keeps_to_it(database_url: str, database: Database) -> None:
    await a_calendar(database, DAYS_OF_THE_WEEK, queue="sales")

    async with a_browser(database_url, database) as browser:
        used = await browser.open(f"{PAGE}/retirement")
        kept = await browser.send(f"{PAGE}/retirement", seen="*")
        async with database.transaction() as session:
            queue = await session.get_one(QueueRow, "sales")
            queue.calendar = None
            session.add(queue)
        stale = await browser.send(f"{PAGE}/retirement", seen='"7"')
        asked = await browser.open(f"{PAGE}/retirement")
        retired = await browser.send(f"{PAGE}/retirement", seen="*")
        listed = (await browser.open("/console/availability")).text

    assert [kept.status_code, stale.status_code, retired.status_code] == [409, 412, 303]
    assert "sales" in used.text
    assert "Retire it" not in used.text
    assert "Retire it" in asked.text
    assert PAGE not in listed
    assert (await the_calendar(database)).retired_at is not None
