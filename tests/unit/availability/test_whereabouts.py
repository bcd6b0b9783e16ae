"""Where a customer is taken to be: the address, then the profile, then the number, and never more than is known."""

from datetime import timedelta

import pytest

from orchestrator.availability.places import Coordinates, Region, city_of_zone, zones_of
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import Whereabouts, whereabouts
from orchestrator.availability.zones import Place, ZoneSource, country_zones

FLORIDA = ("America/Chicago", "America/New_York")


def place(**attributes: object) -> Place:
    found = whereabouts(attributes, phone="+972527654321").place
    assert isinstance(found, Place)
    return found


def test_the_stated_address_comes_before_profile_and_number() -> None:
    found = place(address={"country": "IL"}, country="US")

    assert found == Place(("Asia/Jerusalem",), ZoneSource.ADDRESS)


def test_a_state_of_two_zones_leaves_both() -> None:
    assert place(country="US", state="FL") == Place(FLORIDA, ZoneSource.STATE)
    assert place(address={"country": "us", "state": "Florida"}) == Place(FLORIDA, ZoneSource.ADDRESS)
    assert place(country="US", state="US-fl").zones == FLORIDA


def test_the_profiles_zone_picks_one_of_the_addresss() -> None:
    found = place(address={"country": "US", "state": "FL"}, zone="America/Chicago")

    assert found == Place(("America/Chicago",), ZoneSource.ADDRESS)


def test_an_address_and_a_profile_that_contradict_each_other_both_hold() -> None:
    found = place(address={"country": "IL"}, zone="America/New_York")

    assert found == Place(("America/New_York", "Asia/Jerusalem"), ZoneSource.ADDRESS)


def test_an_unknown_state_leaves_all_zones_of_the_country() -> None:
    assert place(country="US", state="Flordia") == Place(country_zones("US"), ZoneSource.COUNTRY)
    assert place(country="US", state=3) == Place(country_zones("US"), ZoneSource.COUNTRY)


@pytest.mark.parametrize(
    ("attributes", "phone", "region"),
    [
        ({"zone": "Asia/Jerusalem"}, "+12125551234", Region("IL")),
        ({"zone": "Israel"}, None, Region("IL")),
        ({"zone": "US/Pacific"}, None, Region("US")),
        ({"zone": "Asia/Jerusalem", "country": "US", "state": "TX"}, None, Region("US", "TX")),
        ({"address": {"country": "FR"}, "country": "US", "zone": "Asia/Jerusalem"}, None, Region("FR")),
        ({"address": {"zone": "Europe/Paris"}, "country": "US"}, None, Region("FR")),
        ({}, "+33142278186", Region("FR")),
        ({"country": "Neverland"}, "+33142278186", Region("FR")),
        ({"zone": "Etc/UTC"}, "+33142278186", None),  # a stated zone outranks the number, and is of no country
        ({"country": "pr"}, None, Region("US", "PR")),
        ({}, "+18004444444", Region("US")),  # toll-free: of the whole plan, and given out by its first country
        ({}, None, None),
        ({"country": ["IL"], "address": "1 Main Street"}, None, None),
    ],
)  # fmt: skip
def test_the_country_whose_hours_hold_is_the_best_known_one(
    attributes: dict[str, object], phone: str | None, region: Region | None
) -> None:
    assert whereabouts(attributes, phone=phone).region == region


def test_a_number_leaves_a_margin_and_toll_free_numbers_every_zone_of_their_plan() -> None:
    found = whereabouts({}, phone="+18004444444").place

    assert isinstance(found, Place)
    assert (found.source, found.margin) == (ZoneSource.NUMBER, timedelta(hours=1))
    assert len(found.zones) > 30


def test_a_customer_nobody_can_place_is_told_why() -> None:
    assert whereabouts({"country": "XX"}) == Whereabouts(Unplaced("zone_unknown"))
    assert whereabouts({"zone": "Asia/Jeruslem"}) == Whereabouts(Unplaced("zone_not_a_zone"))
    assert whereabouts({"zone": "Mars"}).figures() == {}


def test_many_zones_are_told_by_the_first_three() -> None:
    assert whereabouts({"country": "AU"}).figures() == {
        "zones": "Antarctica/Macquarie, Australia/Adelaide, Australia/Brisbane, …",
        "zone_from": "country",
    }


def test_coordinates_count_where_they_are_some() -> None:
    def at(latitude: object, longitude: object) -> Coordinates | None:
        return whereabouts({"address": {"country": "IL", "latitude": latitude, "longitude": longitude}}).at

    assert at(32.08, 34.78) == Coordinates(32.08, 34.78)
    assert [at(91, 0), at(0, -181), at("32", 34), at(None, 34), at(float("nan"), 34)] == [None] * 5


def test_the_city_of_a_zone_lies_where_the_zone_database_says() -> None:
    assert city_of_zone("Asia/Jerusalem") == city_of_zone("Israel")
    here = city_of_zone("America/St_Johns")
    assert here is not None
    assert (round(here.latitude, 2), round(here.longitude, 2)) == (47.57, -52.72)
    assert city_of_zone("Etc/GMT+3") is None


def test_every_states_zones_exist() -> None:
    assert zones_of(Region("US", "HI")) == ("Pacific/Honolulu",)
    assert zones_of(Region("IL", None)) == ("Asia/Jerusalem",)
