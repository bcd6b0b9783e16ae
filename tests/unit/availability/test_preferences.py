"""A customer's own wish narrows the allowed hours and never widens them; a bad one is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.availability.phones import Phone
from orchestrator.availability.preferences import Preferences, WishState
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.rest import Observance
from orchestrator.availability.windows import Windows
from orchestrator.escalations.customer_hours import CustomerHours, customer_hours

SUNDAY = datetime(2026, 6, 7, tzinfo=UTC)
WEEK = timedelta(days=7)
ISRAEL = frozenset({"IL"})


def hours(**attributes: object) -> CustomerHours:
    return of(attributes)


def of(attributes: dict[str, object], phone: Phone | None = None) -> CustomerHours:
    return customer_hours(attributes, phone, purpose=Purpose.SERVICE, medium=Medium.VOICE_PERSON, rest_in=ISRAEL)


def allowed(there: CustomerHours, day: date = date(2026, 6, 7)) -> list[str]:
    assert isinstance(there.calling, Windows)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in there.calling.between(midnight, midnight + timedelta(days=1))]


def test_a_wish_narrows_the_hours() -> None:
    wished = hours(zone="UTC", preferences={"weekly": {"sun": ["17:00-23:00"], "mon": ["06:00-10:30", "12:00-13:00"]}})

    assert allowed(wished) == ["17:00-20:00"]
    assert allowed(wished, date(2026, 6, 8)) == ["09:00-10:30", "12:00-13:00"]
    assert allowed(wished, date(2026, 6, 9)) == []  # a day that is left out is not wished for
    assert wished.calling_from["wish"] == "kept"


@pytest.mark.parametrize(
    ("wish", "state"),
    [
        ({"weekly": {}}, WishState.EMPTY),
        ({"weekly": {"sun": []}}, WishState.EMPTY),
        ({"weekly": {"sun": ["00:00-00:00"]}}, WishState.UNREADABLE),
        ({"weekly": {"sun": "10:00-12:00"}}, WishState.UNREADABLE),
        ({"weekly": {"someday": ["10:00-12:00"]}}, WishState.UNREADABLE),
        ({"weekly": ["10:00-12:00"]}, WishState.UNREADABLE),
        ({"weekly": {"sun": ["10:00-12:00", "11:00-13:00"]}}, WishState.UNREADABLE),
        ("evenings", WishState.UNREADABLE),
    ],
)
def test_a_bad_wish_is_told_and_changes_nothing(wish: object, state: WishState) -> None:
    told = hours(zone="UTC", preferences=wish)

    assert allowed(told) == ["09:00-20:00"]
    assert told.calling_from["wish"] == state.value


def test_nothing_wished_is_nothing_told() -> None:
    assert "wish" not in hours(zone="UTC").calling_from
    assert Preferences.of({"preferences": {"rest": "none"}}) == Preferences(rest=Observance.NONE)


@pytest.mark.parametrize(
    ("attributes", "rests_by"),
    [
        ({"country": "IL"}, "region"),
        ({"zone": "Asia/Jerusalem"}, "region"),
        ({"country": "IL", "preferences": {"rest": "none"}}, None),
        ({"country": "IL", "preferences": {"rest": "never"}}, "region"),
        ({"country": "IL", "preferences": {"rest": ["none"]}}, "region"),
        ({"zone": "Europe/London"}, None),
        ({"zone": "Europe/London", "preferences": {"rest": "sabbath"}}, "wish"),
    ],
)
def test_who_rests_is_told_by_the_customer_and_else_by_the_place(attributes: dict[str, object], rests_by: str | None) -> None:
    there = of(attributes)

    assert there.rest_from.get("rest_by") == rests_by
    assert (there.rest is None) is (rests_by is None)


def test_a_customer_known_by_an_israeli_number_alone_rests() -> None:
    assert of({}, Phone("+972527654321")).rest is not None
    assert of({}, Phone("+12125551234")).rest is None


clocks = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
windows = st.builds("{}-{}".format, clocks, clocks)
wishes = st.dictionaries(st.sampled_from(["sun", "mon", "tue", "wed", "thu", "fri", "sat"]), st.lists(windows, max_size=2))


@settings(max_examples=60, deadline=None)
@given(weekly=wishes, zone=st.sampled_from(["Asia/Jerusalem", "America/New_York", "Australia/Lord_Howe", "Europe/London"]))
def test_no_wish_ever_widens(weekly: dict[str, list[str]], zone: str) -> None:
    before, wished = hours(zone=zone).calling, hours(zone=zone, preferences={"weekly": weekly}).calling

    assert isinstance(before, Windows)
    assert isinstance(wished, Windows)
    open_before, open_now = before.between(SUNDAY, SUNDAY + WEEK), wished.between(SUNDAY, SUNDAY + WEEK)
    assert all(any(a <= start and end <= b for a, b in open_before) for start, end in open_now)
