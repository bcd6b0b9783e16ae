"""A year of Israeli days against a table written by hand: closed, half a day, or a plain day of its week."""

from datetime import date, timedelta

from orchestrator.availability.windows import DAY
from tests.unit.availability.factories import ISRAEL, a_calendar

PLAIN, HALF = ["08:30-18:00"], ["08:30-13:00"]
SHUT: list[str] = []

# Every day of 2026 that is not what its weekday is: holidays closed, eves half days at most.
OTHERWISE = {
    "04-01": HALF,  # Wed, Passover eve
    "04-02": SHUT,  # Thu, Passover
    "04-07": HALF,  # Tue, eve of the seventh day of Passover
    "04-08": SHUT,  # Wed, the seventh day
    "04-21": HALF,  # Tue, Remembrance Day, on whose evening Independence Day begins
    "04-22": SHUT,  # Wed, Independence Day
    "05-21": HALF,  # Thu, eve of Shavuot
    "05-22": SHUT,  # Fri, Shavuot
    "09-11": HALF,  # Fri, eve of Rosh Hashanah: no more than Friday's own hours
    "09-12": SHUT,  # Sat, Rosh Hashanah
    "09-13": SHUT,  # Sun, its second day
    "09-20": HALF,  # Sun, eve of Yom Kippur
    "09-21": SHUT,  # Mon, Yom Kippur
    "09-25": HALF,  # Fri, eve of Sukkot
    "09-26": SHUT,  # Sat, Sukkot
    "10-02": HALF,  # Fri, eve of Simchat Torah
    "10-03": SHUT,  # Sat, Simchat Torah
}
# Days that are often taken for holidays, and are plain working days to the calendar.
WORKED = ("03-03", "03-04", "04-03", "04-05", "04-14", "05-15", "07-23", "09-27", "12-06", "12-13")
WEEK = {0: PLAIN, 1: PLAIN, 2: PLAIN, 3: PLAIN, 4: HALF, 5: SHUT, 6: PLAIN}  # Monday first


def hours_on(day: date) -> list[str]:
    return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in a_calendar(ISRAEL).spans_on(day)]


def test_each_day_of_2026_has_the_hours_of_the_table() -> None:
    days = [date(2026, 1, 1) + number * DAY for number in range(365)]
    expected = {day: OTHERWISE.get(f"{day:%m-%d}", WEEK[day.weekday()]) for day in days}

    assert days[-1] + timedelta(days=1) == date(2027, 1, 1)
    assert {day: hours for day in days if (hours := hours_on(day)) != expected[day]} == {}


def test_half_holidays_and_the_days_between_are_worked() -> None:
    days = [date.fromisoformat(f"2026-{day}") for day in WORKED]

    assert [hours_on(day) for day in days] == [WEEK[day.weekday()] for day in days]
    assert [day for day in WORKED if day in OTHERWISE] == []
