from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.availability.calendars import Calendar, closure
from orchestrator.availability.due import callback_due
from tests.unit.availability.factories import a_calendar

JERUSALEM = ZoneInfo("Asia/Jerusalem")
SPLIT = """
calendar: split
zone: UTC
weekly: {mon: ["09:00-13:00", "16:00-20:00"], tue: ["09:00-10:00"], wed: ["20:00-03:00"], thu: ["09:00-17:00"]}
"""
ALWAYS = (
    "{calendar: always, zone: UTC, weekly: {"
    + ", ".join(f'{day}: ["00:00-24:00"]' for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
    + "}}"
)


def due(calendar: Calendar, left: datetime, hours: float = 3, cutoff: float = 2) -> datetime | None:
    return callback_due(calendar, left, within=timedelta(hours=hours), cutoff=timedelta(hours=cutoff))


def june(day: int, hour: int, minute: int = 0) -> datetime:
    """A UTC time in June 2026, whose 8th is a Monday."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ("2026-06-07 10:00", "2026-06-07 13:00"),  # plain
        ("2026-06-07 15:30", "2026-06-07 18:00"),  # two and a half hours before closing
        ("2026-06-07 16:30", "2026-06-08 11:30"),  # less than two hours before closing
        ("2026-06-04 17:00", "2026-06-05 11:30"),  # Friday is a half business day
        ("2026-06-05 11:30", "2026-06-07 11:30"),  # less than two hours before 13:00, then the Sabbath
        ("2026-06-06 12:00", "2026-06-07 11:30"),  # closed
        ("2026-03-31 17:00", "2026-04-01 11:30"),  # Passover eve is a half day
        ("2026-04-01 12:00", "2026-04-03 11:30"),  # Thursday is Passover
        ("2026-03-26 17:00", "2026-03-27 11:30"),  # clocks went forward at 02:00 that Friday
        ("2026-09-20 12:30", "2026-09-22 11:30"),  # Yom Kippur eve and day
        ("2026-04-20 17:30", "2026-04-21 11:30"),  # Remembrance Day is a half day
    ],
)
def test_a_callback_in_israel_is_due_within_three_hours_or_after_the_next_opening(left: str, expected: str) -> None:
    calendar = a_calendar()

    found = due(calendar, datetime.fromisoformat(left).replace(tzinfo=JERUSALEM))

    assert found == datetime.fromisoformat(expected).replace(tzinfo=JERUSALEM)


def test_exactly_the_cutoff_before_closing_is_still_that_day() -> None:
    assert due(a_calendar(SPLIT), june(8, 18)) == june(8, 20)
    assert due(a_calendar(SPLIT), june(8, 18, 1)) == june(9, 10)


def test_a_due_time_in_the_gap_of_a_split_day_stays_there() -> None:
    assert due(a_calendar(SPLIT), june(8, 12)) == june(8, 15)


def test_a_due_time_in_the_gap_stays_there_where_it_counts_from_the_next_opening_too() -> None:
    assert due(a_calendar(SPLIT), june(8, 8), hours=5) == june(8, 14)
    assert due(a_calendar(SPLIT), june(8, 8), hours=12) == june(8, 20)


def test_left_in_the_gap_or_before_opening_counts_from_that_opening() -> None:
    assert due(a_calendar(SPLIT), june(8, 14)) == june(8, 19)
    assert due(a_calendar(SPLIT), june(8, 8)) == june(8, 12)


def test_the_next_opening_has_the_closing_of_its_own_day() -> None:
    assert due(a_calendar(SPLIT), june(8, 19)) == june(9, 10)


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    assert due(a_calendar(SPLIT), june(11, 0)) == june(11, 3)
    assert due(a_calendar(SPLIT), june(11, 1, 30)) == june(11, 12)


def test_a_calendar_that_never_closes_turns_its_day_at_midnight() -> None:
    assert due(a_calendar(ALWAYS), june(8, 12)) == june(8, 15)
    assert due(a_calendar(ALWAYS), june(8, 23)) == june(9, 3)


def test_hours_elapse_whatever_the_clock_shows() -> None:
    # London's clocks go back at 01:00 UTC, so three hours after 00:30 local it is 02:30 there.
    calendar = a_calendar('{calendar: night, zone: Europe/London, weekly: {sun: ["00:00-12:00"]}}')

    assert due(calendar, datetime(2026, 10, 24, 23, 30, tzinfo=UTC)) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_an_emergency_close_moves_the_closing() -> None:
    shut = (closure(june(8, 14), None),)
    known = callback_due(a_calendar(SPLIT), june(8, 12), within=timedelta(hours=3), cutoff=timedelta(minutes=30), closures=shut)

    assert known == june(8, 13)


def test_a_calendar_that_opens_no_more_has_no_due_time() -> None:
    assert due(a_calendar("{calendar: shut, zone: UTC}"), june(8, 12)) is None
