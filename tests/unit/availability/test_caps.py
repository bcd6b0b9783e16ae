"""Every kind of cap, against a count made by hand minute by minute."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.availability import caps, gates
from orchestrator.availability.country_caps import caps_by_law, country_caps
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Cap, CapHolder, Contact, ContactKind, Situation
from tests.unit.availability.factories import NOON, a_situation

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CALL, RECORDED, SMS = Medium
MARKETING, SERVICE = Purpose.MARKETING, Purpose.SERVICE
LIMITS = (DAY, 7 * DAY, 30 * DAY)


def past(ago: timedelta, medium: Medium | None = CALL, *, rule: str = "mine", about: str = "renewal") -> Contact:
    kind = {SMS: ContactKind.MESSAGE, None: ContactKind.INBOUND}.get(medium, ContactKind.DIAL)
    if medium is None:
        return Contact(NOON - ago, kind)
    return Contact(NOON - ago, kind, rule, medium, frozenset({about}))


def allowed_by_hand(situation: Situation, ago: int) -> bool:
    """Count the contacts as people would, `ago` minutes after noon."""
    at = NOON + ago * MINUTE
    return all(
        sum(at - cap.within < each.at and counts_by_hand(cap, each, situation) for each in contacts) < cap.limit
        for cap in situation.caps
        if cap.rule in (None, situation.rule) and (cap.media == frozenset() or situation.medium in cap.media)
        for contacts in counted_people(cap, situation)
    )


def counted_people(cap: Cap, situation: Situation) -> Iterator[tuple[Contact, ...]]:
    everybody = {CapHolder.CUSTOMER: situation.contacts, CapHolder.NUMBER: situation.number_contacts}
    yield from (everybody[cap.holder],) if cap.holder else everybody.values()


def counts_by_hand(cap: Cap, contact: Contact, situation: Situation) -> bool:
    if contact.medium is None:
        return situation.purpose is MARKETING and cap.rule is None and not cap.same_subject and not cap.media
    if cap.rule is not None and contact.rule != cap.rule:
        return False
    if cap.media and contact.medium not in cap.media:
        return False
    return not cap.same_subject or situation.subject in contact.subjects


RULES = st.sampled_from(["mine", "other"])
SUBJECTS = st.sampled_from(["renewal", "checkout"])
CAPS = st.builds(
    Cap,
    limit=st.integers(1, 4),
    within=st.integers(1, 60).map(lambda n: n * MINUTE),
    rule=st.none() | RULES,
    holder=st.none() | st.sampled_from(list(CapHolder)),
    same_subject=st.booleans(),
    media=st.frozensets(st.sampled_from(list(Medium)), max_size=2),
)
CONTACTS = st.builds(
    lambda ago, medium, rule, about: past(ago * MINUTE, medium, rule=rule, about=about),
    st.integers(0, 70),
    st.none() | st.sampled_from(list(Medium)),
    RULES,
    SUBJECTS,
)


@given(
    purpose=st.sampled_from([MARKETING, SERVICE]),
    medium=st.sampled_from(list(Medium)),
    limits=st.lists(CAPS, min_size=1, max_size=3),
    mine=st.lists(CONTACTS, max_size=8),
    numbers=st.lists(CONTACTS.filter(lambda each: each.medium is not None), max_size=8),
    subject=st.none() | SUBJECTS,
)
def test_a_contact_is_allowed_from_the_first_minute_at_which_every_count_leaves_room(
    purpose: Purpose, medium: Medium, limits: list[Cap], mine: list[Contact], numbers: list[Contact], subject: str | None
) -> None:
    situation = a_situation(
        purpose=purpose,
        medium=medium,
        rule="mine",
        subject=subject,
        caps=tuple(limits),
        contacts=tuple(mine),
        number_contacts=tuple(numbers),
    )
    first = next(minute for minute in range(200) if all(allowed_by_hand(situation, later) for later in range(minute, 130)))

    full = caps.reached(situation, NOON)

    assert (NOON if full is None else full.free_at) == NOON + first * MINUTE


@pytest.mark.parametrize("within", LIMITS, ids=str)
def test_a_cap_holds_over_a_rolling_stretch_not_a_calendar_day(within: timedelta) -> None:
    cap, contacts = (Cap(2, within),), (past(within - MINUTE), past(HOUR))

    verdict, free_at = gates.frequency(a_situation(caps=cap, contacts=contacts), NOON)

    assert (verdict.why, free_at) == ("cap_reached", NOON + MINUTE)
    assert caps.reached(a_situation(caps=cap, contacts=contacts), NOON + MINUTE) is None


@pytest.mark.parametrize(
    ("cap", "why"),
    [
        (Cap(1, DAY), "cap_reached"),
        (Cap(1, DAY, "mine"), "cap_reached_rule"),
        (Cap(1, DAY, same_subject=True), "cap_reached_subject"),
        (Cap(1, DAY, media=frozenset({CALL, SMS})), "cap_reached_media"),
        (Cap(1, DAY, media=frozenset({CALL}), law="US-FL"), "cap_reached_law"),
    ],
)
def test_a_verdict_says_which_kind_of_cap_was_reached(cap: Cap, why: str) -> None:
    verdict, _ = gates.frequency(a_situation(rule="mine", subject="renewal", caps=(cap,), contacts=(past(HOUR),)), NOON)

    assert verdict.why == why
    assert "1, of 1" in verdict.sentence


def by_law(**given: object) -> set[tuple[str | None, int, timedelta]]:
    known = {"purpose": MARKETING, "country": None, "state": None, "phone": None, **given}
    return {(cap.law, cap.limit, cap.within) for cap in caps_by_law(**known)}  # type: ignore[arg-type]  # of each one's own type


USA, FLORIDA, OKLAHOMA = ("US", 7, 7 * DAY), ("US-FL", 3, DAY), ("US-OK", 3, DAY)
FRANCE = ("FR", 4, 30 * DAY)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"country": "US", "state": "FL"}, {USA, FLORIDA}),
        ({"country": "us", "state": "us-fl"}, {USA, FLORIDA}),
        ({"country": "US", "state": "Florida"}, {USA, FLORIDA}),
        ({"country": "US", "state": "OK"}, {USA, OKLAHOMA}),
        ({"country": "US", "state": "NY"}, {USA}),
        ({"country": "US"}, {USA}),
        ({"country": "FR"}, {FRANCE}),
        ({"country": "IL"}, set()),
        ({"country": 7, "state": ["FL"]}, set()),
        ({}, set()),
        ({"phone": "+13055550123"}, {USA, FLORIDA}),  # Miami
        ({"country": "US", "phone": "+14055550123"}, {USA, OKLAHOMA}),  # Oklahoma City
        ({"country": "US", "state": "NY", "phone": "+13055550123"}, {USA}),  # what was told goes before the number
        ({"country": "IL", "phone": "+13055550123"}, set()),
        ({"phone": "+33612345678"}, {FRANCE}),
        ({"phone": "+14165550123"}, set()),  # Toronto
    ],
)
def test_the_laws_caps_hold_where_the_customer_is(where: dict[str, object], expected: set[tuple[str, int, timedelta]]) -> None:
    assert by_law(**where) == expected


@pytest.mark.parametrize("purpose", [SERVICE, Purpose.REQUESTED_CALLBACK])
def test_the_laws_caps_hold_for_marketing_alone(purpose: Purpose) -> None:
    assert by_law(country="US", state="FL", purpose=purpose) == set()


def in_florida(**changes: object) -> str:
    laws = caps_by_law(purpose=MARKETING, country="US", state="FL", phone=None)
    return gates.frequency(a_situation(purpose=MARKETING, subject="renewal", caps=laws, **changes), NOON)[0].why


def test_in_florida_three_calls_a_day_about_one_subject_are_the_most() -> None:
    three = tuple(past(hours * HOUR) for hours in (1, 2, 23))
    about_else = tuple(past(hours * HOUR, about="checkout") for hours in (1, 2, 23))

    assert in_florida(contacts=three) == "cap_reached_law"
    assert in_florida(contacts=three[1:]) == "below_caps"
    assert in_florida(contacts=about_else) == "below_caps"
    assert in_florida(contacts=three, medium=SMS) == "below_caps"
    assert in_florida(contacts=tuple(past(each * HOUR, None) for each in (1, 2, 3))) == "below_caps"


def test_the_most_restrictive_of_own_caps_and_the_laws_wins() -> None:
    law = caps_by_law(purpose=MARKETING, country="FR", state=None, phone=None)
    four = tuple(past(days * DAY) for days in (1, 2, 3, 4))

    def free_at(*ours: Cap) -> timedelta:
        return gates.frequency(a_situation(purpose=MARKETING, caps=(*ours, *law), contacts=four), NOON)[1] - NOON

    assert free_at() == 26 * DAY
    assert free_at(Cap(2, 7 * DAY)) == 26 * DAY
    assert free_at(Cap(1, 30 * DAY)) == 29 * DAY


def test_every_cap_of_the_law_says_where_it_is_from_and_when_it_was_reviewed() -> None:
    book = country_caps()

    assert book.reviewed >= date(2026, 11, 22)
    assert all(len(each.source) > 10 and each.name.keys() == {"en", "he"} for each in book.caps)
