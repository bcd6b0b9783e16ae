from datetime import UTC, date, datetime, timedelta

import pytest

from orchestrator.availability.calendars import closure, read_calendar
from orchestrator.availability.holiday_dates import UnknownHolidays, check_holiday_country, holidays_in
from orchestrator.availability.intervals import FOREVER, Interval, NaiveTime
from orchestrator.detection.yaml_files import BadYaml
from orchestrator.errors import BadInput
from tests.unit.availability.factories import ISRAEL, a_calendar

SALES = """calendar: sales-hours
zone: Asia/Jerusalem
weekly: {sun: ["09:00-17:00"], thu: ["09:00-13:00", "16:00-20:00"], fri: ["09:00-13:00"], sat: ["21:00-02:00"]}
holidays: {country: IL, closed: true, eves: ["09:00-13:00"]}
days: {2026-12-24: closed, 2026-12-31: ["09:00-12:00"]}
"""


def shown(day: str, text: str = SALES) -> list[str]:
    """What a date has, as wall-clock windows."""
    return [
        f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
        for start, end in a_calendar(text).spans_on(date.fromisoformat(day))
    ]


def test_a_plain_date_has_the_windows_of_its_weekday() -> None:
    assert shown("2026-06-04") == ["09:00-13:00", "16:00-20:00"]
    assert shown("2026-06-06") == ["21:00-26:00"]
    assert shown("2026-06-08") == []


def test_a_dated_override_comes_before_everything() -> None:
    assert shown("2026-12-24") == []
    assert shown("2026-12-31") == ["09:00-12:00"]
    opened = SALES.replace("2026-12-24: closed", '2026-09-21: ["10:00-11:00"]')
    assert shown("2026-09-21", opened) == ["10:00-11:00"]


def test_a_holiday_is_closed_even_where_it_is_an_eve() -> None:
    # Rosh Hashanah 2026 lasts from Saturday to Sunday.
    assert shown("2026-09-12") == []
    assert shown("2026-09-13") == []


def test_an_eve_narrows_the_hours_of_its_weekday() -> None:
    # Thursday 2026-05-21 is the eve of Shavuot.
    assert shown("2026-05-21") == ["09:00-13:00"]
    assert shown("2026-05-21", SALES.replace('eves: ["09:00-13:00"]', 'eves: ["08:00-12:00", "19:00-23:00"]')) == [
        "09:00-12:00",
        "19:00-20:00",
    ]


def test_an_eve_does_not_open_a_day_that_is_closed() -> None:
    # Tuesday 2026-04-21 is the eve of Independence Day, and this calendar is closed on Tuesdays.
    assert shown("2026-04-21") == []
    # Christmas 2022 fell on a Sunday, which opens no Saturday that is closed.
    british = (
        '{calendar: c, zone: Europe/London, weekly: {fri: ["09:00-17:00"]}, holidays: {country: GB, eves: ["09:00-13:00"]}}'
    )
    assert date(2022, 12, 25) in holidays_in("GB", 2022)
    assert shown("2022-12-24", british) == []


def test_holidays_that_are_not_closed_have_no_eves() -> None:
    text = SALES.replace("closed: true", "closed: false")

    assert shown("2026-05-21", text) == ["09:00-13:00", "16:00-20:00"]
    assert shown("2026-09-13", text) == ["09:00-17:00"]


def test_the_eve_of_new_year_lies_in_the_year_before() -> None:
    text = '{calendar: c, zone: UTC, weekly: {thu: ["09:00-17:00"]}, holidays: {country: US, eves: ["09:00-12:00"]}}'

    assert shown("2026-12-31", text) == ["09:00-12:00"]


def test_closing_a_date_leaves_the_tail_of_the_night_before() -> None:
    night = '{calendar: c, zone: UTC, weekly: {sat: ["21:00-02:00"], sun: ["09:00-17:00"]}, days: {2026-06-07: closed}}'
    open_times = a_calendar(night).open_times()
    sunday = datetime(2026, 6, 7, tzinfo=UTC)

    assert open_times.between(sunday, sunday + timedelta(days=1)) == (Interval(sunday, sunday + timedelta(hours=2)),)


def test_an_emergency_close_cuts_whatever_it_meets() -> None:
    calendar = a_calendar('{calendar: c, zone: UTC, weekly: {sat: ["21:00-02:00"], sun: ["09:00-17:00"]}}')
    sunday = datetime(2026, 6, 7, tzinfo=UTC)
    hour = timedelta(hours=1)

    cut = calendar.open_times([closure(sunday + hour, sunday + 10 * hour)])
    shut = calendar.open_times([closure(sunday + 12 * hour, None)])

    assert cut.between(sunday, sunday + 24 * hour) == (
        Interval(sunday, sunday + hour),
        Interval(sunday + 10 * hour, sunday + 17 * hour),
    )
    assert not shut.open_at(sunday + 24 * 7 * hour)
    assert calendar.open_times().open_at(sunday + 10 * hour)


def test_a_close_must_end_after_it_begins_and_say_which_instants() -> None:
    noon = datetime(2026, 6, 7, 12, tzinfo=UTC)

    assert closure(noon, None) == Interval(noon, FOREVER)
    with pytest.raises(BadInput):
        closure(noon, noon)
    with pytest.raises(NaiveTime):
        closure(noon.replace(tzinfo=None), None)


def test_the_holidays_of_a_year_in_israel_are_closed_and_their_eves_are_half_days() -> None:
    closed = ["04-02", "04-08", "04-22", "05-22", "09-12", "09-13", "09-21", "09-26", "10-03"]
    eves = ["04-01", "04-07", "04-21", "05-21", "09-11", "09-20", "09-25", "10-02"]

    for day in closed:
        assert shown(f"2026-{day}", ISRAEL) == []
    for day in eves:
        assert shown(f"2026-{day}", ISRAEL) == ["08:30-13:00"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("zone: Asia/Jerusalem", "zone: Asia/Jeruslem", "zone"),
        ("zone: Asia/Jerusalem", "zone: ../etc/passwd", "zone"),
        ("zone: Asia/Jerusalem\n", "", "zone"),
        ("calendar: sales-hours", "calendar: ''", "calendar"),
        ("weekly", "weeekly", "weeekly"),
        ("sun:", "sunday:", "weekly.sunday"),
        ('sun: ["09:00-17:00"]', 'sun: "09:00-17:00"', "weekly.sun"),
        ('sun: ["09:00-17:00"]', "sun: [900]", "weekly.sun[0]"),
        ("09:00-17:00", "9:00-17:00", "weekly.sun[0]"),
        ("09:00-17:00", "09:00-17:60", "weekly.sun[0]"),
        ("09:00-17:00", "09:00-24:30", "weekly.sun[0]"),
        ("09:00-17:00", "24:00-02:00", "weekly.sun[0]"),
        ("09:00-17:00", "09:00-09:00", "weekly.sun[0]"),
        ('"09:00-13:00", "16:00-20:00"', '"09:00-13:00", "12:00-20:00"', "weekly.thu"),
        ('"09:00-13:00", "16:00-20:00"', '"16:00-20:00", "19:00-02:00"', "weekly.thu"),
        ("country: IL", "country: XX", "holidays.country"),
        ("country: IL, ", "", "holidays.country"),
        ("closed: true", "closed: yes", "holidays.closed"),
        ('eves: ["09:00-13:00"]', 'eves: ["13:00-13:00"]', "holidays.eves[0]"),
        ("2026-12-24: closed", "2026-02-29: closed", "days.2026-02-29"),
        ("2026-12-24: closed", "24.12.2026: closed", "days.24.12.2026"),
        ("2026-12-24: closed", "2026-12-24: shut", "days.2026-12-24"),
        ("2026-12-24: closed", "2026-12-24: []", "days.2026-12-24"),
        ("2026-12-24: closed", '2026-12-24: ["09:00-08:00", "08:30-09:30"]', "days.2026-12-24"),
        ("2026-12-24: closed", "2026-12-31: closed", "2026-12-31"),
    ],
)
def test_a_fault_in_a_calendar_is_named_with_its_field_and_place(old: str, new: str, field: str) -> None:
    assert old in SALES

    with pytest.raises(BadYaml) as caught:
        read_calendar(SALES.replace(old, new).encode(), name="hours.yaml")

    assert caught.value.field == field
    assert str(caught.value).startswith(f"hours.yaml:{caught.value.line}:{caught.value.column}: ")


def test_a_mistyped_name_is_answered_with_the_nearest_known_one() -> None:
    for old, new, meant in (
        ("weekly", "weeekly", "weekly"),
        ("sun:", "sum:", "sun"),
        ("Jerusalem", "Jeruslem", "Asia/Jerusalem"),
    ):
        with pytest.raises(BadYaml) as caught:
            read_calendar(SALES.replace(old, new).encode())
        assert caught.value.fix is not None
        assert meant in caught.value.fix


@pytest.mark.parametrize(
    ("old", "new", "fix"),
    [
        ("closed: true", "closed: yes", "true or false"),
        ("zone: Asia/Jerusalem", "zone: 2", "in quotes"),
        ("calendar: sales-hours", "calendar: sales hours", "64 at most"),
        ("{2026-12-24: closed,", "closed #", "{key: value}"),
        (SALES, "", "{key: value}"),
    ],
)
def test_a_fault_in_a_calendar_is_told_with_its_fix_and_without_names_of_the_code(old: str, new: str, fix: str) -> None:
    assert old in SALES

    with pytest.raises(BadYaml) as caught:
        read_calendar(SALES.replace(old, new).encode())

    assert caught.value.fix is not None
    assert fix in caught.value.fix
    assert "Input should" not in str(caught.value)
    assert "Document" not in str(caught.value)


def test_a_leap_day_exists_in_its_year() -> None:
    assert shown("2028-02-29", SALES.replace("2026-12-24: closed", '2028-02-29: ["10:00-11:00"]')) == ["10:00-11:00"]


def test_a_whole_day_and_hours_to_midnight_may_be_written() -> None:
    text = '{calendar: c, zone: UTC, weekly: {mon: ["00:00-24:00"], tue: ["22:00-00:00"], wed: []}}'

    assert [shown(day, text) for day in ("2026-06-08", "2026-06-09", "2026-06-10")] == [["00:00-24:00"], ["22:00-24:00"], []]


def test_windows_that_touch_are_one_window() -> None:
    assert shown("2026-06-08", '{calendar: c, zone: UTC, weekly: {mon: ["13:00-17:00", "09:00-13:00"]}}') == ["09:00-17:00"]


def test_a_country_without_known_holidays_is_refused() -> None:
    assert check_holiday_country("IL") == "IL"
    with pytest.raises(UnknownHolidays):
        check_holiday_country("il")
