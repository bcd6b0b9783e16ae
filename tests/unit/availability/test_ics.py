"""Calendars from .ics files and back: what an event means, what is refused, and that nothing takes for ever."""

import json
import sys
from datetime import UTC, date, datetime
from types import FrameType

import pytest

from orchestrator.availability.calendar_text import windows, with_days
from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.availability.ics.days import days_of
from orchestrator.availability.ics.reading import read_ics
from orchestrator.availability.ics.scanning import BadIcs
from orchestrator.availability.ics.writing import write_ics
from orchestrator.availability.zones import zone
from orchestrator.errors import BadInput
from tests.unit.availability.factories import ISRAEL, a_calendar

FIRST, LAST = date(2026, 1, 1), date(2028, 1, 1)
NIGHTS = 'calendar: nights\nzone: Asia/Jerusalem\nweekly: {fri: ["21:00-02:00"], sat: ["09:00-12:00"]}\n'


def a_file(*events: str) -> bytes:
    parts = (f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{''.join(parts)}END:VCALENDAR\n".encode()


def changed(raw: bytes, calendar: Calendar, *, opens: bool = False) -> dict[str, list[str]]:
    found = read_ics(raw, zone=zone(calendar.document.zone), first=FIRST, last=LAST, opens=opens)
    return {day.isoformat(): windows(spans) for day, spans in days_of(calendar, found, first=FIRST, last=LAST).items()}


def test_an_event_of_a_whole_day_closes_it() -> None:
    file = a_file("DTSTART;VALUE=DATE:20260607\nDTEND;VALUE=DATE:20260610\nSUMMARY:Move to the new office")

    assert changed(file, a_calendar()) == {"2026-06-07": [], "2026-06-08": [], "2026-06-09": []}


def test_hours_of_an_event_are_cut_out_of_what_the_date_has() -> None:
    file = a_file("DTSTART;TZID=Asia/Jerusalem:20260607T120000\nDTEND;TZID=Asia/Jerusalem:20260607T133000")

    assert changed(file, a_calendar()) == {"2026-06-07": ["08:30-12:00", "13:30-18:00"]}


def test_times_of_other_zones_are_those_of_the_calendars_clock() -> None:
    file = a_file("DTSTART:20260607T090000Z\nDTEND:20260607T150000Z")  # noon to six in Jerusalem

    assert changed(file, a_calendar()) == {"2026-06-07": ["08:30-12:00"]}


def test_an_event_named_open_states_the_hours_of_its_date() -> None:
    file = a_file(
        "DTSTART;TZID=Asia/Jerusalem:20260606T200000\nDTEND;TZID=Asia/Jerusalem:20260607T010000\nCATEGORIES:Open",
        "DTSTART;TZID=Asia/Jerusalem:20260607T100000\nDTEND;TZID=Asia/Jerusalem:20260607T120000\nSUMMARY:open",
    )

    assert changed(file, a_calendar()) == {"2026-06-06": ["20:00-01:00"], "2026-06-07": ["10:00-12:00"]}


def test_all_events_open_where_the_caller_says_so() -> None:
    file = a_file("DTSTART;TZID=Asia/Jerusalem:20260606T200000\nDTEND;TZID=Asia/Jerusalem:20260606T230000")

    assert changed(file, a_calendar()) == {}
    assert changed(file, a_calendar(), opens=True) == {"2026-06-06": ["20:00-23:00"]}


def test_a_closed_date_keeps_the_tail_of_the_night_before_and_closed_hours_cut_it() -> None:
    whole = a_file("DTSTART;VALUE=DATE:20260606")
    hours = a_file("DTSTART;TZID=Asia/Jerusalem:20260606T003000\nDTEND;TZID=Asia/Jerusalem:20260606T010000")

    assert changed(whole, a_calendar(NIGHTS)) == {"2026-06-06": []}
    assert changed(hours, a_calendar(NIGHTS)) == {
        "2026-06-05": ["21:00-00:30"],
        "2026-06-06": ["01:00-02:00", "09:00-12:00"],
    }


def test_rules_dates_and_exceptions_are_followed_within_the_horizon() -> None:
    file = a_file(
        "DTSTART;VALUE=DATE:20260607\nRRULE:FREQ=WEEKLY;COUNT=3\nRDATE;VALUE=DATE:20260608\nEXDATE;VALUE=DATE:20260614"
    )

    assert sorted(changed(file, a_calendar())) == ["2026-06-07", "2026-06-08", "2026-06-21"]


def test_a_cancelled_event_says_nothing() -> None:
    assert changed(a_file("DTSTART;VALUE=DATE:20260607\nSTATUS:CANCELLED"), a_calendar()) == {}


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("DTSTART:20260607T100000Z\nDTEND:20260607T110000Z\nRRULE:FREQ=SECONDLY", "VEVENT.RRULE"),
        ("DTSTART:20260607T100000Z\nDTEND:20260607T110000Z\nRRULE:FREQ=MINUTELY;COUNT=2", "VEVENT.RRULE"),
        ("DTSTART:20260607T100000Z\nDTEND:20260607T110000Z\nRRULE:FREQ=\n HOURLY", "VEVENT.RRULE"),
        ("DTSTART:20260607T100000Z\nDTEND:20260607T110000Z\nRRULE:FREQ=DAILY;BYHOUR=1,2", "VEVENT.RRULE"),
        ("DTSTART;VALUE=DATE:20260607\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "VEVENT.RRULE"),
        ("DTSTART;TZID=Mars/Base:20260607T100000\nDTEND;TZID=Mars/Base:20260607T110000", "VEVENT.DTSTART"),
        ("DTSTART:20260607T100000\nDTEND:20260607T110000", "VEVENT.DTSTART"),
        ("DTSTART:20260607T100000Z\nDTEND:20260607T090000Z", "VEVENT.DTEND"),
        ("DTSTART:20260607T100000Z\nDTEND;VALUE=DATE:20260608", "VEVENT.DTSTART"),
        ("DTSTART:00010607T100000Z\nDTEND:00010607T110000Z", "VEVENT.DTSTART"),
        ("DTSTART:nonsense", "VEVENT.DTSTART"),
        ("SUMMARY:without a start", "VEVENT.DTSTART"),
        ("DTSTART;VALUE=DATE:20260229", "VEVENT.DTSTART"),
        ("DTSTART;VALUE=DATE:20260607\nRDATE;VALUE=DATE:" + ",".join(["20260608"] * 2001), "VEVENT.RDATE"),
    ],
)
def test_an_event_that_cannot_be_taken_is_refused_by_its_line_uid_and_fix(event: str, field: str) -> None:
    good = "DTSTART;VALUE=DATE:20260608"

    with pytest.raises(BadIcs) as refused:
        changed(a_file(good, event), a_calendar())

    assert refused.value.field == field
    assert refused.value.fix
    assert "UID 1" in refused.value.detail
    assert refused.value.detail.startswith("line ")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        a_file("DTSTART;VALUE=DATE:20260608").removesuffix(b"END:VCALENDAR\n"),
        a_file("DTSTART;VALUE=DATE:20260608").replace(b"END:VEVENT\n", b""),
        b"\xff\xfe",
        a_file("DTSTART;VALUE=DATE:20260608\nDESCRIPTION:" + "x" * 1_000_000),
        a_file(*["DTSTART;VALUE=DATE:20260608"] * 5001),
    ],
    ids=range(8),
)
def test_a_file_that_is_no_calendar_or_too_much_is_refused_with_a_fix(raw: bytes) -> None:
    with pytest.raises(BadIcs) as refused:
        changed(raw, a_calendar())

    assert (refused.value.field, bool(refused.value.fix)) == ("VCALENDAR", True)


def test_events_that_come_too_often_are_refused() -> None:
    daily = "DTSTART:20260101T100000Z\nDTEND:20260101T110000Z\nRRULE:FREQ=DAILY"

    with pytest.raises(BadIcs) as refused:
        changed(a_file(*[daily] * 20), a_calendar())

    assert refused.value.field == "VEVENT.RRULE"


@pytest.mark.parametrize("text", [ISRAEL, NIGHTS], ids=["israel", "nights"])
def test_what_is_exported_gives_the_same_days_when_it_is_imported(text: str) -> None:
    calendar, empty = a_calendar(text), a_calendar("calendar: empty\nzone: Asia/Jerusalem\n")
    first, last = date(2026, 1, 1), date(2027, 1, 1)

    raw = write_ics(calendar, first=first, last=last, now=datetime(2026, 1, 1, tzinfo=UTC))
    read = read_ics(raw, zone=zone("Asia/Jerusalem"), first=first, last=last)
    days = days_of(empty, read, first=first, last=last)
    again = read_calendar(with_days("calendar: empty\nzone: Asia/Jerusalem\n", days).encode())

    whole = datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)
    assert again.open_times().between(*whole) == calendar.open_times().between(*whole)
    assert days_of(calendar, read, first=first, last=last) == {}


def test_no_more_than_two_years_are_exported() -> None:
    with pytest.raises(BadInput) as refused:
        write_ics(a_calendar(), first=FIRST, last=date(2029, 1, 1), now=datetime(2026, 1, 1, tzinfo=UTC))

    assert refused.value.field == "until"


def test_imported_days_leave_all_else_as_it_was_written() -> None:
    text = "# ours\n" + NIGHTS + "days:\n  2026-05-01: closed  # the first of May\n"
    days = {date(2026, 6, 5): a_calendar(ISRAEL).spans_on(date(2026, 6, 5)), date(2026, 6, 6): ()}

    written = with_days(text, days)

    assert written.startswith("# ours\n" + NIGHTS)
    assert read_calendar(written.encode()).document.days == {
        date(2026, 5, 1): [],
        date(2026, 6, 5): ["08:30-13:00"],
        date(2026, 6, 6): [],
    }


@pytest.mark.parametrize("days", [{}, {"days": {"2026-01-01": "closed"}}], ids=["none yet", "some"])
def test_days_are_put_into_a_calendar_that_is_written_as_json(days: dict[str, dict[str, str]]) -> None:
    text = json.dumps({"calendar": "x", **days, "zone": "UTC"})

    written = with_days(text, {date(2026, 6, 6): ()})

    known = {date(2026, 1, 1)} if days else set()
    assert set(read_calendar(written.encode()).document.days) == known | {date(2026, 6, 6)}


def test_a_rule_that_never_comes_true_ends_all_the_same() -> None:
    file = a_file("DTSTART;VALUE=DATE:20260607\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")

    assert set(changed(file, a_calendar())) <= {"2026-06-07"}


def test_a_second_rule_of_an_event_is_refused_as_each_may_take_seconds() -> None:
    rules = "RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31"

    with pytest.raises(BadIcs) as refused:
        read_ics(a_file(f"DTSTART:20260607T090000Z\n{rules}"), zone=zone("Etc/UTC"), first=FIRST, last=LAST)

    assert (refused.value.field, refused.value.detail[:7]) == ("VEVENT.RRULE", "line 8:")


def test_what_stands_after_an_alarm_is_still_the_events_own() -> None:
    alarm = "BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT15M\nEND:VALARM"

    with pytest.raises(BadIcs) as refused:
        read_ics(a_file(f"{alarm}\nDTSTART:10260607T090000Z\nDURATION:PT1H"), zone=zone("Etc/UTC"), first=FIRST, last=LAST)

    assert refused.value.field == "VEVENT.DTSTART"


def test_events_of_months_that_meet_by_the_thousand_are_one_close() -> None:
    months = "DTSTART:20260607T090000Z\nDURATION:P300D\nRRULE:FREQ=DAILY;COUNT=300"
    found = read_ics(a_file(*[months] * 2), zone=zone("Asia/Jerusalem"), first=FIRST, last=LAST)
    steps = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        days = days_of(a_calendar(), found, first=FIRST, last=LAST)
    finally:
        sys.setprofile(None)

    assert len(found) == 600
    assert days[date(2027, 6, 1)] == ()
    assert steps < 1_000_000
