"""The demo's rules and its journeys fit: read by the back-test, each kind of visit leads to what it is there to show."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.availability.phones import BadPhone, normalise
from orchestrator.detection.backtest import Backtest, run_backtest
from orchestrator.detection.rule_files import read_rules
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.verdicts import Verdict
from orchestrator.embedded.demo import journeys as demo_journeys
from orchestrator.embedded.demo.channels import MALFORMED, Due, schedule
from orchestrator.embedded.demo.journeys import CHANNELS, PLAN, Crowd, Journey, Zones
from orchestrator.intake.envelope import read_event
from orchestrator.intake.event import Event
from orchestrator.intake.refusals import Reason, Refused

BEGAN = datetime(2026, 6, 9, 12, tzinfo=UTC)
OVER = timedelta(seconds=28)
END = BEGAN + timedelta(minutes=2)

# For each kind of journey: how many there are, and how many moments of which rule they lead to within the demo.
INTENDED = {
    "angry message": (4, {"angry-customer": 4}),
    "bad feedback": (2, {"bad-feedback": 2}),
    "calm message": (60, {}),
    "checkout finished": (50, {}),
    "checkout too small": (90, {}),
    "checkout unfinished": (10, {"incomplete-checkout": 10}),
    "complaint": (3, {"angry-customer": 3}),
    "contract ending": (10, {"renewal-due": 6}),  # of five, one moves far away and one renews in time
    "courier trouble": (3, {"delivery-trouble": 3}),
    "half lost": (50, {}),
    "house move": (5, {"moved-house": 5}),
    "lost in help": (4, {"lost-in-help": 4}),
    "sale closed": (12, {}),
    "sale left open": (6, {"sale-left-open": 6}),
}


@pytest.fixture(scope="module")
def journeys() -> list[Journey]:
    return Crowd(Zones(home="Asia/Jerusalem", away="America/New_York"), seed=7, over=OVER).all()


@pytest.fixture(scope="module")
def dues(journeys: list[Journey]) -> list[Due]:
    return schedule(journeys, BEGAN)


@pytest.fixture(scope="module")
def told(dues: list[Due]) -> Backtest:
    """What the demo's rules find in the demo's events."""
    rules = Rulebook(read_rules(Path(demo_journeys.__file__).parent / "rules"))
    return run_backtest(rules, accepted(dues).values(), until=END)


def accepted(dues: list[Due]) -> dict[tuple[str, str], Event]:
    events = (read_event(json.dumps(due.event).encode(), arrival=BEGAN + due.at) for due in dues)
    return {(event.source, event.id): event for event in events}


def kinds(journeys: list[Journey]) -> dict[str, str]:
    return {journey.subject: journey.kind for journey in journeys}


def test_there_are_enough_journeys_from_six_channels(journeys: list[Journey], dues: list[Due]) -> None:
    assert len(journeys) >= 300
    assert {due.channel for due in dues} == CHANNELS.keys()
    assert len(CHANNELS) == 6


def test_the_same_seed_tells_the_same_day(journeys: list[Journey]) -> None:
    zones = Zones(home="Asia/Jerusalem", away="America/New_York")

    assert Crowd(zones, seed=7, over=OVER).all() == journeys
    assert Crowd(zones, seed=8, over=OVER).all() != journeys


def test_every_customer_has_a_valid_number_of_their_own(journeys: list[Journey]) -> None:
    numbers = [normalise(journey.attributes["phone"]) for journey in journeys]

    assert not any(isinstance(number, BadPhone) for number in numbers)
    assert len(set(numbers)) == len({journey.subject for journey in journeys}) == len(journeys)


def test_both_languages_and_both_zones_are_spoken_for(journeys: list[Journey]) -> None:
    people = Counter((journey.attributes["language"], journey.attributes["zone"]) for journey in journeys)

    assert len(people) == 4
    assert min(people.values()) > 30


def test_no_two_events_share_an_id_but_for_the_copies_that_are_meant(journeys: list[Journey], dues: list[Due]) -> None:
    by_id = Counter((due.event["source"], due.event["id"]) for due in dues)
    copies = sum(said.copies - 1 for journey in journeys for said in journey.said)

    assert len(by_id) == sum(len(journey.said) for journey in journeys)
    assert by_id.total() - len(by_id) == copies > 0
    assert len({json.dumps(due.event, sort_keys=True) for due in dues}) == len(by_id)


def test_some_events_come_after_later_ones_of_the_same_customer(dues: list[Due]) -> None:
    latest: dict[str, str] = {}
    late = 0
    for due in dues:
        subject, time = due.event["subject"], due.event["time"]
        late += time < latest.get(subject, "")
        latest[subject] = max(time, latest.get(subject, ""))

    assert late >= 5


def test_events_are_sent_in_time_and_none_lies_in_the_future(dues: list[Due]) -> None:
    assert [due.at for due in dues] == sorted(due.at for due in dues)
    assert all(datetime.fromisoformat(due.event["time"]) <= BEGAN + due.at for due in dues)
    assert dues[-1].at < timedelta(seconds=50)


def test_every_malformed_event_is_refused_for_a_reason_of_its_own() -> None:
    reasons = []
    for body in MALFORMED:
        with pytest.raises(Refused) as refused:
            read_event(body, arrival=BEGAN)
        reasons.append(refused.value.reason)

    assert len(set(reasons)) == len(MALFORMED)
    assert {Reason.MISSING_SUBJECT, Reason.BAD_NUMBER, Reason.FUTURE_TIME, Reason.DUPLICATE_KEY} <= set(reasons)


def test_each_kind_of_journey_leads_to_what_it_shows(journeys: list[Journey], told: Backtest) -> None:
    kind_of = kinds(journeys)
    found: dict[str, Counter[str]] = {kind: Counter() for kind, _, _ in PLAN}
    for moment in told.moments:
        found[kind_of[moment.customer]][moment.rule] += 1

    assert {kind: (number, dict(found[kind])) for kind, number, _ in PLAN} == INTENDED
    assert all(tally.errors == tally.condition_errors == 0 for tally in told.tallies.values())


def test_no_customer_has_two_moments_so_that_each_case_is_told_apart(told: Backtest) -> None:
    assert Counter(moment.customer for moment in told.moments).most_common(1)[0][1] == 1


def test_some_are_held_out_some_refuse_and_most_are_called(told: Backtest) -> None:
    verdicts = Counter(moment.verdict for moment in told.moments)

    assert verdicts[Verdict.CONTROL] > 0
    assert verdicts[Verdict.SUPPRESSED_CONSENT] > 0
    assert verdicts[Verdict.ESCALATE] > 30
    assert verdicts.keys() == {Verdict.CONTROL, Verdict.SUPPRESSED_CONSENT, Verdict.ESCALATE}


def test_a_moved_date_moves_the_moment(journeys: list[Journey], told: Backtest) -> None:
    starts = {journey.subject: BEGAN + journey.starts for journey in journeys}
    after = Counter(
        round((moment.at - starts[moment.customer]).total_seconds(), 1)
        for moment in told.moments
        if moment.rule == "renewal-due"
    )

    assert after == {3.0: 2, 7.2: 4}  # moved nearer; left as it was


def test_some_buy_or_call_in_after_their_moment_was_found(journeys: list[Journey], dues: list[Due], told: Backtest) -> None:
    found = {moment.customer: moment.at for moment in told.moments}
    solving = {"checkout.completed": 0, "contact.inbound": 0, "help.viewed": 0}
    for event in accepted(dues).values():
        if event.type in solving and event.subject in found and event.time > found[event.subject]:
            solving[event.type] += 1

    assert all(solving.values())


def test_phones_answer_are_busy_stay_silent_and_are_machines(journeys: list[Journey]) -> None:
    calls = [call for journey in journeys for call in journey.phone]

    assert {call["behaviour"] for call in calls} == {"answer", "busy", "no_answer", "machine"}
    assert {press["digits"] for call in calls for press in call.get("press", [])} == {"1", "2", "9"}
