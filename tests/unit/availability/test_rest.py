"""Sabbath and holiday rest by the sun of the customer's place, held against another reckoning of where the sun stands."""

from datetime import UTC, date, datetime, timedelta
from math import acos, asin, cos, degrees, floor, radians, sin
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orchestrator.availability.decisions import decide
from orchestrator.availability.jewish_days import rest_days
from orchestrator.availability.places import Coordinates, city_of_zone
from orchestrator.availability.rest import Observance, Rest, awake
from orchestrator.availability.verdicts import GateCode, Wait
from orchestrator.availability.windows import Windows
from orchestrator.availability.zones import zone_names
from tests.unit.availability.factories import a_situation

JERUSALEM, TEL_AVIV, LONDON = Coordinates(31.78, 35.22), Coordinates(32.08, 34.78), Coordinates(51.51, -0.13)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FRIDAY, SATURDAY = 4, 5


def height(at: datetime, where: Coordinates) -> float:
    """Return how many degrees the sun's centre stands over the horizon: the Astronomical Almanac's short formula."""
    days = (at - datetime(2000, 1, 1, 12, tzinfo=UTC)) / DAY
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude = radians(280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.0000004 * days)
    declination = asin(sin(tilt) * sin(longitude))
    right_ascension = degrees(acos(max(-1.0, min(1.0, cos(longitude) / cos(declination)))))
    if sin(longitude) < 0:
        right_ascension = 360 - right_ascension
    turned = (18.697374558 + 24.06570982441908 * days) * 15
    hour = radians(turned + where.longitude - right_ascension)
    latitude = radians(where.latitude)
    return degrees(asin(sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour)))


def sinks_to(depth: float, day: date, where: Coordinates) -> datetime:
    """Return the minute in the afternoon or evening of `day` at which the sun's centre is `depth` degrees down."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(hours=where.longitude / 15)
    return next(noon + m * MINUTE for m in range(12 * 60) if height(noon + m * MINUTE, where) < -depth)


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + n * DAY for n in range(365)]


@pytest.mark.parametrize(
    ("zone", "where", "minutes"),
    [("Asia/Jerusalem", JERUSALEM, 40), ("Asia/Jerusalem", TEL_AVIV, 18), ("Europe/London", LONDON, 18)],
)
def test_every_sabbath_of_a_year_begins_with_candles_and_ends_when_the_stars_are_out(
    zone: str, where: Coordinates, minutes: int
) -> None:
    windows = awake((zone,), Observance.SABBATH, where)
    assert windows is not None

    for friday in (day for day in days_of(2026) if day.weekday() == FRIDAY):
        begins = sinks_to(0.833, friday, where) - minutes * MINUTE
        ends = sinks_to(8.5, friday + DAY, where)
        if friday in rest_days(2026) or friday + 2 * DAY in rest_days(2026):
            continue  # a holiday before or after makes it longer
        assert [windows.open_at(begins + shift * MINUTE) for shift in (-3, 3)] == [True, False], friday
        assert [windows.open_at(ends + shift * MINUTE) for shift in (-3, 3)] == [False, True], friday


@pytest.mark.parametrize(
    ("zone", "where", "day", "sunset"),
    [
        ("Europe/London", LONDON, "2026-06-21", "21:21"),
        ("Europe/London", LONDON, "2026-12-21", "15:53"),
        ("Asia/Jerusalem", TEL_AVIV, "2026-06-21", "19:51"),
        ("Asia/Jerusalem", TEL_AVIV, "2026-12-21", "16:40"),
    ],
)
def test_candles_are_lit_by_the_sunset_of_the_almanac(zone: str, where: Coordinates, day: str, sunset: str) -> None:
    lit = Rest(ZoneInfo(zone), where, abroad=False).lighting(date.fromisoformat(day))

    printed = datetime.fromisoformat(f"{day}T{sunset}").replace(tzinfo=ZoneInfo(zone)) - 18 * MINUTE
    assert abs(lit - printed) < 3 * MINUTE


def resting(windows: Windows | None, zone: str, at: str) -> bool:
    assert windows is not None
    return not windows.open_at(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)))


def test_holidays_rest_as_sabbaths_do_and_two_of_them_run_into_each_other() -> None:
    zone = "Asia/Jerusalem"
    windows = awake((zone,), Observance.SABBATH)

    rests = {
        "2026-04-01T17:00": False, "2026-04-01T20:00": True, "2026-04-02T12:00": True, "2026-04-02T21:00": False,  # Passover
        "2026-04-05T12:00": False,  # between its holidays
        "2026-04-22T12:00": False,  # Independence Day is no day of rest
        "2026-09-11T12:00": False, "2026-09-11T20:00": True, "2026-09-12T20:30": True, "2026-09-13T12:00": True,
        "2026-09-13T20:30": False,  # Sabbath and both days of Rosh Hashanah
        "2026-09-20T12:00": False, "2026-09-20T20:00": True, "2026-09-21T12:00": True, "2026-09-21T20:00": False,  # Yom Kippur
    }  # fmt: skip
    assert {at: resting(windows, zone, at) for at in rests} == rests


def test_abroad_holidays_have_a_second_day_where_the_wish_says_so() -> None:
    zone, second = "Europe/London", "2026-04-03T12:00"

    assert resting(awake((zone,), Observance.SABBATH_ABROAD), zone, second)
    assert not resting(awake((zone,), Observance.SABBATH), zone, second)
    assert not resting(awake((zone,), Observance.SABBATH_ABROAD), zone, "2026-09-22T12:00")  # Yom Kippur has one everywhere


def test_who_keeps_nothing_never_rests() -> None:
    assert awake(("Asia/Jerusalem",), Observance.NONE) is None


def test_several_zones_rest_while_any_of_them_does() -> None:
    windows = awake(("America/Los_Angeles", "America/New_York"), Observance.SABBATH)

    assert resting(windows, "America/New_York", "2026-06-05T21:00")
    assert resting(windows, "America/Los_Angeles", "2026-06-06T20:35")
    assert not resting(windows, "America/Los_Angeles", "2026-06-05T14:00")


@pytest.mark.parametrize("day", ["2026-06-20", "2026-12-19"])
def test_where_the_sun_does_not_set_rest_is_from_noon_until_the_morning_after(day: str) -> None:
    zone, saturday = "Arctic/Longyearbyen", date.fromisoformat(day)
    assert saturday.weekday() == SATURDAY
    windows = awake((zone,), Observance.SABBATH)

    told = [f"{saturday - DAY}T11:59", f"{saturday - DAY}T12:01", f"{saturday}T12:00", f"{saturday + DAY}T05:59"]
    assert [resting(windows, zone, at) for at in told] == [False, True, True, True]
    assert not resting(windows, zone, f"{saturday + DAY}T06:00")


def test_where_the_night_is_too_light_for_stars_rest_lasts_until_the_morning_after() -> None:
    windows = awake(("Europe/Helsinki",), Observance.SABBATH)

    assert resting(windows, "Europe/Helsinki", "2026-06-21T05:59")
    assert not resting(windows, "Europe/Helsinki", "2026-06-21T06:00")
    assert not resting(windows, "Europe/Helsinki", "2026-06-19T21:00")  # the sun sets at 22:50


def test_stars_that_come_out_about_midnight_end_the_day_that_was() -> None:
    for north in range(57_000, 60_000, 3):
        where = Coordinates(north / 1000, 15)
        rest = Rest(ZoneInfo("Europe/Stockholm"), where, abroad=False)
        for saturday in (date(2026, 7, 11), date(2026, 7, 18), date(2026, 7, 25), date(2026, 8, 1)):
            out = rest.nightfall(saturday)
            local = out.astimezone(ZoneInfo("Europe/Stockholm"))
            if (local.hour, local.minute) != (6, 0):
                assert abs(height(out, where) + 8.5) < 0.2, (where, saturday)
            assert timedelta(hours=24) < out - rest.lighting(saturday - DAY) < timedelta(hours=40), (where, saturday)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Apia", "Pacific/Pago_Pago", "Pacific/Chatham"])
def test_beside_the_date_line_the_sabbath_is_that_of_the_places_own_date(zone: str) -> None:
    windows = awake((zone,), Observance.SABBATH)

    assert not resting(windows, zone, "2026-06-05T12:00")
    assert resting(windows, zone, "2026-06-05T23:00")
    assert resting(windows, zone, "2026-06-06T12:00")
    assert not resting(windows, zone, "2026-06-06T23:59")
    assert not resting(windows, zone, "2026-06-07T12:00")


def test_a_zone_without_a_city_rests_from_noon_until_the_morning_after() -> None:
    assert resting(awake(("Etc/GMT+3",), Observance.SABBATH), "Etc/GMT+3", "2026-06-05T12:00")


@hypothesis_settings(max_examples=60, deadline=None)
@given(zone=st.sampled_from(sorted(zone for zone in zone_names() if city_of_zone(zone))), week=st.integers(0, 51))
def test_every_sabbath_everywhere_covers_its_day_and_ends(zone: str, week: int) -> None:
    saturday = date(2026, 1, 3) + 7 * week * DAY
    city = city_of_zone(zone)
    rest = Rest(ZoneInfo(zone), city, abroad=False)
    lit, out = rest.lighting(saturday - DAY), rest.nightfall(saturday)
    morning = datetime(saturday.year, saturday.month, saturday.day, 10, tzinfo=ZoneInfo(zone))

    assert lit < morning < out
    assert timedelta(hours=20) < out - lit < timedelta(hours=46)
    assert floor((morning - lit) / DAY) == 0


def test_rest_is_a_gate_of_its_own_and_says_until_when() -> None:
    sabbath = datetime(2026, 6, 6, 9, tzinfo=UTC)
    rest = awake(("Asia/Jerusalem",), Observance.SABBATH, TEL_AVIV)

    decision = decide(a_situation(rest=rest, rest_from={"rest_by": "wish"}), sabbath)

    assert isinstance(decision, Wait)
    assert decision.reasons == (GateCode.REST,)
    assert abs(decision.until - sinks_to(8.5, sabbath.date(), TEL_AVIV)) < 3 * MINUTE
    assert next(each.figures for each in decision.verdicts if each.gate is GateCode.REST)["rest_by"] == "wish"
