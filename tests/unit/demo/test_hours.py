"""The demo's hours mean the same at every minute it may start: open, open elsewhere, opening soon, and closed for good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.availability.calendars import Calendar, CalendarDocument
from orchestrator.availability.decisions import decide
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Situation
from orchestrator.availability.verdicts import Decision, GateCode, Go, Refuse, Wait
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.detection.rule_files import read_rules
from orchestrator.embedded.demo import hours as demo_hours
from orchestrator.embedded.demo.hours import Hours, hours_for, may_be_called, next_full_minute
from orchestrator.errors import BadInput

RULES = {rule.name: rule.document for rule in read_rules(Path(demo_hours.__file__).parent / "rules")}
LONGEST = timedelta(minutes=10)
SECOND = timedelta(seconds=1)

STARTS = [
    datetime(2026, 6, 9, 23, 59, 40, tzinfo=UTC),
    datetime(2026, 6, 9, 20, 59, 40, tzinfo=UTC),  # 23:59:40 in Jerusalem
    datetime(2026, 12, 31, 23, 59, 40, tzinfo=UTC),
    datetime(2026, 3, 26, 23, 59, 40, tzinfo=UTC),  # 20 s before clocks in Jerusalem go forward
    datetime(2026, 10, 24, 22, 58, 0, 1, tzinfo=UTC),  # two minutes before they go back
    datetime(2026, 3, 8, 6, 59, 30, tzinfo=UTC),  # New York, forward
    datetime(2026, 11, 1, 5, 59, 30, tzinfo=UTC),  # New York, back
    datetime(2026, 4, 4, 15, 59, 59, tzinfo=UTC),  # Sydney, back
    datetime(2026, 6, 12, 12, tzinfo=UTC),  # Friday noon
    datetime(2026, 6, 12, 9, tzinfo=UTC),  # Friday noon in Jerusalem
]
any_second = st.integers(0, 366 * 86_400).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + seconds * SECOND)


def the_hours(start: datetime) -> Hours:
    return hours_for(start, allowed=may_be_called)


def decided(hours: Hours, queue: str, zone: str, at: datetime, *, rule: str) -> Decision:
    """Decide about a customer in `zone` whose moment was found at `at`, as the queue's calendar stands."""
    calendar = Calendar(CalendarDocument.model_validate(hours.calendars[f"{queue}-hours"]))
    situation = Situation(
        purpose=Purpose.SERVICE,
        medium=Medium.VOICE_PERSON,
        calling=default_book().allowed_times(whereabouts({"zone": zone}), purpose=Purpose.SERVICE),
        business=calendar.open_times(),
        expires_at=at + RULES[rule].expires,
    )
    return decide(situation, at)


def check(start: datetime) -> None:
    hours = the_hours(start)
    while_it_runs = [start, start + SECOND, hours.opening_at, start + LONGEST / 2, start + LONGEST]

    for zone in (hours.home, hours.away):
        for at in while_it_runs:
            assert isinstance(decided(hours, "sales", zone, at, rule="incomplete-checkout"), Go)
            assert isinstance(decided(hours, "service", zone, at, rule="angry-customer"), Go)
        waiting = decided(hours, "deliveries", zone, start, rule="delivery-trouble")
        assert isinstance(waiting, Wait)
        assert (waiting.until, waiting.reasons) == (hours.opening_at, (GateCode.BUSINESS_HOURS,))
        for at in while_it_runs[2:]:
            assert isinstance(decided(hours, "deliveries", zone, at, rule="delivery-trouble"), Go)
        for at in while_it_runs:
            never = decided(hours, "feedback", zone, at, rule="bad-feedback")
            assert isinstance(never, Refuse)
            assert never.reasons == (GateCode.BUSINESS_HOURS, GateCode.EXPIRED)


@pytest.mark.parametrize("start", STARTS, ids=str)
def test_the_demo_shows_the_same_at_an_awkward_minute(start: datetime) -> None:
    check(start)


@settings(max_examples=60, deadline=None)
@given(any_second)
def test_the_demo_shows_the_same_at_any_second_of_the_year(start: datetime) -> None:
    check(start)


@settings(max_examples=60, deadline=None)
@given(any_second)
def test_the_opening_is_a_full_minute_that_can_be_waited_for(start: datetime) -> None:
    opening = the_hours(start).opening_at

    assert (opening.second, opening.microsecond) == (0, 0)
    assert timedelta(seconds=30) <= opening - start < timedelta(seconds=90)


def test_the_two_zones_are_different_ones() -> None:
    for hour in range(24):
        hours = the_hours(datetime(2026, 6, 9, hour, tzinfo=UTC))
        assert hours.home != hours.away


def test_the_next_full_minute_is_the_present_one_as_it_begins() -> None:
    minute = datetime(2026, 6, 9, 12, 34, tzinfo=UTC)

    assert next_full_minute(minute) == minute
    assert next_full_minute(minute + timedelta(microseconds=1)) == minute + timedelta(minutes=1)


def test_where_nobody_may_be_called_it_says_so() -> None:
    with pytest.raises(BadInput, match="no two zones may be called now"):
        hours_for(STARTS[0], allowed=lambda zone, at: False)
