"""The files of calling hours we ship: each row at both sides of each edge, and what a bad file is told."""

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.availability.hour_packs import Basis, PackDocument
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.jewish_days import memorial_days
from orchestrator.availability.places import Region, states_document, zones_of
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.availability.windows import Windows
from orchestrator.availability.zones import country_zones
from orchestrator.detection.yaml_files import BadYaml
from orchestrator.documents import read_document
from orchestrator.insights.brute_force import calling_allowed
from tests.unit.availability.brute import MINUTE

MARKETING, SERVICE, REQUESTED = Purpose.MARKETING, Purpose.SERVICE, Purpose.REQUESTED_CALLBACK
PERSON, RECORDED, SMS = Medium.VOICE_PERSON, Medium.VOICE_RECORDED, Medium.SMS

# Who, on which local date, and the hours written by hand from the rules: Sunday 7 June 2026 to Saturday 13, and odd days.
ROWS: list[tuple[dict[str, object], Purpose, Medium, str, list[str]]] = [
    # United States, federal: a state without hours of its own
    ({"country": "US", "state": "NY"}, MARKETING, PERSON, "2026-06-07", ["08:00-21:00"]),
    ({"country": "US", "state": "NY"}, MARKETING, SMS, "2026-06-08", ["08:00-21:00"]),
    ({"country": "US", "state": "NY"}, MARKETING, PERSON, "2026-12-25", ["08:00-21:00"]),
    ({"country": "US", "state": "NY"}, SERVICE, PERSON, "2026-06-07", ["09:00-20:00"]),
    ({"country": "US", "state": "NY"}, REQUESTED, PERSON, "2026-06-07", ["09:00-20:00"]),
    # Florida and Oklahoma close an hour earlier, Texas opens later and at noon on Sunday
    ({"country": "US", "state": "FL", "zone": "America/New_York"}, MARKETING, PERSON, "2026-06-07", ["08:00-20:00"]),
    ({"country": "US", "state": "FL", "zone": "America/New_York"}, MARKETING, SMS, "2026-06-08", ["08:00-20:00"]),
    ({"country": "US", "state": "OK"}, MARKETING, RECORDED, "2026-06-13", ["08:00-20:00"]),
    ({"country": "US", "state": "TX", "zone": "America/Chicago"}, MARKETING, PERSON, "2026-06-07", ["12:00-21:00"]),
    ({"country": "US", "state": "TX", "zone": "America/Chicago"}, MARKETING, PERSON, "2026-06-13", ["09:00-21:00"]),
    ({"country": "US", "state": "TX", "zone": "America/Chicago"}, SERVICE, PERSON, "2026-06-07", ["09:00-20:00"]),
    # nobody knows the state: those it may be hold together
    ({"zone": "America/Chicago"}, MARKETING, PERSON, "2026-06-07", ["12:00-20:00"]),
    ({"zone": "America/Chicago"}, MARKETING, PERSON, "2026-06-08", ["09:00-20:00"]),
    ({"zone": "America/New_York"}, MARKETING, PERSON, "2026-06-07", ["08:00-20:00"]),
    ({"zone": "America/Los_Angeles"}, MARKETING, PERSON, "2026-06-07", ["08:00-21:00"]),
    ({"zone": "America/Puerto_Rico"}, MARKETING, PERSON, "2026-06-07", ["08:00-21:00"]),
    # Canada
    ({"zone": "America/Toronto"}, MARKETING, PERSON, "2026-06-08", ["09:00-21:30"]),
    ({"zone": "America/Toronto"}, MARKETING, PERSON, "2026-06-12", ["09:00-21:30"]),
    ({"zone": "America/Toronto"}, MARKETING, RECORDED, "2026-06-07", ["10:00-18:00"]),
    ({"zone": "America/Toronto"}, MARKETING, RECORDED, "2026-06-13", ["10:00-18:00"]),
    ({"zone": "America/Toronto"}, MARKETING, SMS, "2026-06-07", ["09:00-20:00"]),
    # United Kingdom, by the guide; 25 May and 28 December 2026 are bank holidays
    ({"zone": "Europe/London"}, MARKETING, PERSON, "2026-06-08", ["08:00-21:00"]),
    ({"zone": "Europe/London"}, MARKETING, PERSON, "2026-06-13", ["09:00-21:00"]),
    ({"zone": "Europe/London"}, MARKETING, PERSON, "2026-06-07", []),
    ({"zone": "Europe/London"}, MARKETING, PERSON, "2026-05-25", []),
    ({"zone": "Europe/London"}, MARKETING, PERSON, "2026-12-28", []),
    ({"zone": "Europe/London"}, SERVICE, PERSON, "2026-06-07", ["09:00-20:00"]),
    # France; 14 July is closed, 26 December in Moselle alone
    ({"country": "FR"}, MARKETING, PERSON, "2026-06-08", ["10:00-13:00", "14:00-20:00"]),
    ({"country": "FR"}, MARKETING, RECORDED, "2026-06-12", ["10:00-13:00", "14:00-20:00"]),
    ({"country": "FR"}, MARKETING, PERSON, "2026-06-13", []),
    ({"country": "FR"}, MARKETING, PERSON, "2026-06-07", []),
    ({"country": "FR"}, MARKETING, PERSON, "2026-07-14", []),
    ({"country": "FR"}, SERVICE, PERSON, "2026-07-14", ["09:00-20:00"]),
    ({"country": "FR", "consent": {"other_hours": True}}, MARKETING, PERSON, "2026-06-07", ["09:00-20:00"]),
    ({"country": "FR", "consent": {"other_hours": "yes"}}, MARKETING, PERSON, "2026-06-07", []),
    # Australia; Labour Day of Queensland is 4 May
    ({"zone": "Australia/Brisbane"}, MARKETING, PERSON, "2026-06-08", ["09:00-20:00"]),
    ({"zone": "Australia/Brisbane"}, MARKETING, PERSON, "2026-06-13", ["09:00-17:00"]),
    ({"zone": "Australia/Brisbane"}, MARKETING, PERSON, "2026-06-07", []),
    ({"zone": "Australia/Brisbane"}, MARKETING, PERSON, "2026-01-26", []),
    ({"zone": "Australia/Brisbane"}, MARKETING, PERSON, "2026-05-04", ["09:00-20:00"]),
    ({"country": "AU", "state": "Queensland", "zone": "Australia/Brisbane"}, MARKETING, PERSON, "2026-05-04", []),
    # India
    ({"country": "IN"}, MARKETING, PERSON, "2026-06-07", ["09:00-21:00"]),
    ({"country": "IN"}, SERVICE, PERSON, "2026-06-07", ["09:00-20:00"]),
    # Germany and Spain have no hours in law
    ({"country": "DE"}, MARKETING, PERSON, "2026-06-07", ["09:00-20:00"]),
    ({"country": "ES", "zone": "Europe/Madrid"}, MARKETING, PERSON, "2026-06-07", ["09:00-20:00"]),
    # Israel, whatever it is for
    ({"country": "IL"}, MARKETING, PERSON, "2026-06-07", ["09:00-20:00"]),
    ({"country": "IL"}, SERVICE, SMS, "2026-06-11", ["09:00-20:00"]),
    ({"country": "IL"}, REQUESTED, PERSON, "2026-06-12", ["09:00-13:00"]),
    ({"country": "IL"}, SERVICE, PERSON, "2026-06-13", []),
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-01", ["09:00-13:00"]),  # the eve of Passover
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-02", []),  # Passover
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-05", ["09:00-20:00"]),  # between its holidays
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-13", ["09:00-18:00"]),  # the evening of Holocaust Remembrance Day
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-14", ["09:00-20:00"]),
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-20", ["09:00-18:00"]),  # the evening of Remembrance Day
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-21", ["09:00-13:00"]),  # which is the eve of Independence Day
    ({"country": "IL"}, SERVICE, PERSON, "2026-04-22", []),
    ({"country": "IL"}, SERVICE, PERSON, "2026-09-20", ["09:00-13:00"]),  # the eve of Yom Kippur
    # a country without a file
    ({"zone": "Asia/Tokyo"}, MARKETING, PERSON, "2026-06-07", ["09:00-20:00"]),
]  # fmt: skip


def allowed(who: dict[str, object], purpose: Purpose, medium: Medium = PERSON) -> Windows:
    lifted = who.get("consent") == {"other_hours": True}
    found = default_book().allowed_times(whereabouts(who), purpose=purpose, medium=medium, lifted=lifted)
    assert isinstance(found, Windows)
    return found


@pytest.mark.parametrize(("who", "purpose", "medium", "day", "hours"), ROWS)
def test_every_row_holds_on_both_sides_of_its_edges(
    who: dict[str, object], purpose: Purpose, medium: Medium, day: str, hours: list[str]
) -> None:
    zone = ZoneInfo(whereabouts(who).zones[0])
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone)
    windows = allowed(who, purpose, medium)
    edges = [midnight + timedelta(hours=int(at[:2]), minutes=int(at[3:])) for window in hours for at in window.split("-")]

    assert [windows.open_at(edge - timedelta(seconds=1)) for edge in edges] == [False, True] * len(hours)
    assert [windows.open_at(edge) for edge in edges] == [True, False] * len(hours)
    for hour in range(24):
        shown = f"{hour:02}:30"
        assert windows.open_at(midnight + timedelta(hours=hour, minutes=30)) is any(
            window[:5] <= shown < window[6:] for window in hours
        ), shown


def test_every_country_and_state_of_the_rules_has_a_file_that_says_where_it_is_from_and_when_it_was_reviewed() -> None:
    packs = default_book().packs

    countries = {Region(each) for each in ("AU", "CA", "DE", "ES", "FR", "GB", "IL", "IN", "US")}
    assert set(packs) == countries | {Region("US", state) for state in ("FL", "OK", "TX")}
    for place, pack in packs.items():
        assert pack.calling_hours == "-".join(filter(None, place)).lower()
        assert len(pack.source) > 30
        assert date(2026, 1, 1) < pack.reviewed <= datetime.now(UTC).date()


def test_a_country_without_hours_in_law_says_so() -> None:
    packs = default_book().packs

    said = {place.country: {each.basis for each in pack.hours} for place, pack in packs.items() if place.state is None}
    assert said["DE"] == said["ES"] == said["IL"] == {Basis.PRODUCT}
    assert said["GB"] == {Basis.GUIDE, Basis.PRODUCT}
    assert said["FR"] == {Basis.LAW, Basis.PRODUCT}


def test_every_zone_of_a_country_with_states_belongs_to_one_of_them() -> None:
    for country, states in states_document().countries.items():
        listed = {zone for state in states for zone in zones_of(Region(country, state))}
        territories = {zone for code in ("AS", "GU", "MP", "PR", "VI") for zone in country_zones(code)}

        assert set(country_zones(country)) == listed - territories


def test_memorial_days_are_those_of_the_calendar() -> None:
    by_hand = {2024: "05-06 05-13", 2025: "04-24 04-30", 2026: "04-14 04-21", 2027: "05-04 05-11", 2028: "04-24 05-01"}

    for year, days in by_hand.items():
        assert memorial_days(year) == {date.fromisoformat(f"{year}-{day}") for day in days.split()}


def test_what_decided_is_told_with_its_date_of_review() -> None:
    told = default_book().figures(whereabouts({}, phone="+18504321234"), purpose=MARKETING, medium=PERSON)

    assert told["hours"] == "us 2026-11-22, us-fl 2026-11-22, us-ok 2026-11-22, us-tx 2026-11-22"
    assert told["zone_from"] == "number"
    assert default_book().figures(whereabouts({"zone": "Asia/Tokyo"}), purpose=SERVICE, medium=PERSON) == {
        "hours": "default 2026-11-21",
        "zones": "Asia/Tokyo",
        "zone_from": "attribute",
    }


GOOD = """
calling_hours: fr
country: FR
source: a law of the country
reviewed: 2026-11-22
hours:
  - {purposes: [marketing], media: [sms, voice_person, voice_recorded],
     basis: law, weekly: {mon: ["10:00-13:00"]}, holidays: {}}
  - {purposes: [service, requested_callback], media: [voice_person, voice_recorded, sms], basis: product}
"""


@pytest.mark.parametrize(
    ("change", "field", "fix"),
    [
        (("country: FR", "country: fr"), "country", "Give an ISO alpha-2 code in capitals, such as IL."),
        (("country: FR", "country: XX"), "country", "Give an ISO alpha-2 code in capitals, such as IL."),
        (("country: FR", "country: FR\nstate: FL"), None, "Give its code as the country writes it, such as FL."),
        (("source: a law of the country\n", ""), "source", "Add source."),
        (("reviewed: 2026-11-22", "reviewed: lately"), "reviewed", "Write a date that exists, as YYYY-MM-DD."),
        (("reviewed: 2026-11-22", "reviewed: 2026-02-29"), None, "Correct it, or quote it as a text."),
        (("10:00-13:00", "10:00-10:00"), "hours[0].weekly.mon[0]", "Let it end at another time than it starts"),
        (('["10:00-13:00"]', '["10:00-13:00", "12:00-14:00"]'), "hours[0].weekly.mon", "Join them into one window"),
        (('weekly: {mon: ["10:00-13:00"]}, ', ""), "hours[0]", "Add weekly, or let the basis be product."),
        (("basis: product", "basis: product, days: {2026-12-24: closed}"), "hours[1]", "Add weekly, or leave them out."),
        (("holidays: {}", 'holidays: {memorial_eves: ["09:00-18:00"]}'), None, "Leave memorial_eves out."),
        (("[marketing]", "[marketing, service]"), None, "Let one entry alone cover them."),
        (("[marketing]", "[]"), "hours[0].purposes", ""),
        (("[service, requested_callback]", "[service]"), None, "Add an entry for them, with basis product where no law"),
        (("basis: law", "basis: rumour"), "hours[0].basis", ""),
        (("holidays: {}", "holiday: {}"), "hours[0].holiday", "Did you mean holidays?"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_with_field_and_fix(change: tuple[str, str], field: str | None, fix: str) -> None:
    assert change[0] in GOOD
    read_document(GOOD.encode(), PackDocument, name="fr.yaml")

    with pytest.raises(BadYaml) as caught:
        read_document(GOOD.replace(*change).encode(), PackDocument, name="fr.yaml")

    assert caught.value.field == field
    assert (caught.value.fix or "").startswith(fix)


def test_every_shipped_file_is_read() -> None:
    folder = resources.files("orchestrator.availability").joinpath("packs")
    names = {file.name.removesuffix(".yaml") for file in folder.iterdir()}

    assert names == {pack.calling_hours for pack in default_book().packs.values()} | {"default"}


PEOPLE: list[dict[str, object]] = [
    {"zone": "America/Chicago"}, {"country": "US", "state": "FL"}, {"country": "FR", "state": "57"}, {"country": "IL"},
    {"zone": "Australia/Lord_Howe"}, {"zone": "Europe/London"}, {"country": "CA"},
    {"address": {"country": "AU", "state": "NSW"}},
]  # fmt: skip
NUMBERS = ["+12125551234", "+18505551234", "+33142278186", "+972527654321", "+61412345678"]


@settings(max_examples=120, deadline=None)
@given(
    who=st.sampled_from([(each, None) for each in PEOPLE] + [({}, number) for number in NUMBERS]),
    purpose=st.sampled_from(Purpose),
    medium=st.sampled_from(Medium),
    minute=st.integers(0, 3 * 365 * 24 * 60),
)
def test_windows_say_what_the_clock_on_the_wall_says(
    who: tuple[dict[str, object], str | None], purpose: Purpose, medium: Medium, minute: int
) -> None:
    where = whereabouts(who[0], phone=who[1])
    windows = default_book().allowed_times(where, purpose=purpose, medium=medium)
    assert isinstance(windows, Windows)
    start = datetime(2025, 1, 1, tzinfo=UTC) + minute * MINUTE
    margin = timedelta(hours=1) if who[1] else timedelta(0)

    for at in (start + step * 29 * MINUTE for step in range(6)):
        assert windows.open_at(at) is all(
            calling_allowed(held.hours.document, at, where.zones, margin=margin)
            for held in default_book().holding(where, purpose, medium)
        ), at
