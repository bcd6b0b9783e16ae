from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.availability.calling_hours import CallingHours, read_calling_hours
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.intervals import Interval
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import Whereabouts, whereabouts
from orchestrator.availability.windows import Windows, earliest
from orchestrator.availability.zones import (
    NUMBER_MARGIN,
    Place,
    UnknownZone,
    ZoneSource,
    country_zones,
    locate,
    number_zones_of,
    zone,
    zone_names,
)
from orchestrator.detection.yaml_files import BadYaml
from tests.unit.availability.brute import minutes

EVERY_DAY = (
    "weekly: {" + ", ".join(f'{day}: ["09:00-20:00"]' for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat")) + "}"
)
NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)


def hours(text: str = EVERY_DAY) -> CallingHours:
    return read_calling_hours(text.encode())


def allowed(windows: Windows) -> list[str]:
    midnight = NOON.replace(hour=0)
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in windows.between(midnight, midnight + timedelta(days=1))]


def test_hours_hold_where_the_customer_is() -> None:
    assert allowed(hours().at(("Asia/Jerusalem",))) == ["06:00-17:00"]


def test_several_zones_leave_only_the_hours_they_share() -> None:
    assert allowed(hours().at(("America/New_York", "Asia/Jerusalem"))) == ["13:00-17:00"]
    assert allowed(hours().at(("Pacific/Auckland", "Europe/London"))) == []


def test_a_margin_narrows_on_both_sides() -> None:
    assert allowed(hours().at(("Asia/Jerusalem",), NUMBER_MARGIN)) == ["07:00-16:00"]


def test_hours_that_never_end_are_not_narrowed_at_midnight() -> None:
    always = hours(EVERY_DAY.replace("09:00-20:00", "00:00-24:00")).at(("Asia/Jerusalem",), NUMBER_MARGIN)

    assert allowed(always) == ["00:00-00:00"]


def test_a_date_may_be_different_where_the_customer_is() -> None:
    windows = hours(EVERY_DAY + "\ndays: {2026-06-09: closed, 2026-06-10: ['10:00-11:00']}").at(("Asia/Jerusalem",))

    assert earliest([windows], after=NOON, before=NOON + timedelta(days=9)) == datetime(2026, 6, 10, 7, tzinfo=UTC)


def test_in_a_country_of_many_zones_a_call_is_allowed_only_where_all_of_them_allow_it() -> None:
    windows = hours().at(country_zones("US"))
    clocks = [ZoneInfo(name) for name in country_zones("US")]
    midnight = NOON.replace(hour=0)

    found = {m for interval in windows.between(midnight, midnight + timedelta(days=1)) for m in minutes(*interval)}

    assert found == {
        minute
        for minute in minutes(midnight, midnight + timedelta(days=1))
        if all(9 <= minute.astimezone(clock).hour < 20 for clock in clocks)
    }
    assert found


def test_calling_hours_have_no_zone_of_their_own() -> None:
    with pytest.raises(BadYaml) as caught:
        hours(EVERY_DAY + "\nzone: Asia/Jerusalem")

    assert caught.value.field == "zone"


def test_a_stated_zone_comes_first() -> None:
    place = locate(zone="Asia/Jerusalem", country="US", phone="+12125551234")

    assert place == Place(("Asia/Jerusalem",), ZoneSource.ATTRIBUTE)


def test_without_a_zone_all_zones_of_the_country_may_be_the_customers() -> None:
    place = locate(country="us", phone="+12125551234")

    assert isinstance(place, Place)
    assert place.source is ZoneSource.COUNTRY
    assert {"America/New_York", "America/Anchorage", "Pacific/Honolulu"} <= set(place.zones)


def test_a_zone_told_by_a_number_alone_comes_with_a_margin() -> None:
    assert locate(phone="+12125551234") == Place(("America/New_York",), ZoneSource.NUMBER, timedelta(hours=1))


def test_a_toll_free_number_may_be_anywhere_in_its_plan() -> None:
    assert len(number_zones_of("+18004444444")) > 10


@pytest.mark.parametrize("said", ["Asia/Jeruslem", "Factory", "", 3, ["UTC"], "zone.tab"])
def test_a_zone_that_does_not_exist_counts_as_not_stated(said: object) -> None:
    assert locate(zone=said, country="IL") == Place(("Asia/Jerusalem",), ZoneSource.COUNTRY)
    assert locate(zone=said) == Unplaced("zone_not_a_zone")


def test_a_customer_nobody_can_place_has_no_allowed_hours() -> None:
    nowhere = locate(country="XX", phone="not a number")

    assert nowhere == Unplaced("zone_unknown")
    assert default_book().allowed_times(Whereabouts(nowhere), purpose=Purpose.SERVICE) == nowhere


def test_the_default_is_nine_to_eight_every_day() -> None:
    windows = default_book().allowed_times(whereabouts({"zone": "UTC"}), purpose=Purpose.MARKETING)

    assert isinstance(windows, Windows)
    week = windows.between(NOON, NOON + timedelta(days=7))
    assert week[1] == Interval(NOON.replace(day=10, hour=9), NOON.replace(day=10, hour=20))
    assert len(week) == 8


def test_every_zone_of_the_database_can_be_read_and_no_other() -> None:
    assert all(zone(name).utcoffset(NOON) is not None for name in sorted(zone_names())[::25])
    with pytest.raises(UnknownZone) as caught:
        zone("Asia/Jeruslem")
    assert caught.value.fix == "did you mean Asia/Jerusalem?"
