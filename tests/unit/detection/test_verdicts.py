"""What becomes of a moment as it is found."""

from fractions import Fraction
from hashlib import sha256
from typing import Any

import pytest

from orchestrator.detection.journey import Journey
from orchestrator.detection.ledgers import Ledgers
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.verdicts import Verdict, is_control
from tests.unit.detection.factories import an_absence, an_event, an_occurrence, at, run, verdicts

REQUESTED = "requested_callback"


def updated(minute: float, **attributes: Any) -> Any:
    return an_event("customer.updated", minute, **attributes)


def test_the_first_moment_escalates_and_later_ones_join() -> None:
    rules = [an_occurrence(rule="a"), an_occurrence("y", rule="b")]

    assert verdicts(run(rules, an_event("x", 0), an_event("y", 1), an_event("x", 2))) == ["escalate", "joined", "joined"]


def test_an_escalation_closes_when_its_last_moment_expires_and_not_before() -> None:
    rule = an_occurrence(expires="1h")

    assert verdicts(run(rule, an_event("x", 0), an_event("x", 59.99))) == ["escalate", "joined"]
    assert verdicts(run(rule, an_event("x", 0), an_event("x", 60))) == ["escalate", "escalate"]
    assert verdicts(run(rule, an_event("x", 0), an_event("x", 59), an_event("x", 60))) == ["escalate", "joined", "joined"]


def test_expiry_counts_for_each_moment_by_its_own_rule() -> None:
    rules = [an_occurrence(rule="a", expires="1h"), an_occurrence("y", rule="b", expires="10h")]

    assert verdicts(run(rules, an_event("x", 0), an_event("y", 1), an_event("x", 300))) == ["escalate", "joined", "joined"]


def test_escalations_of_two_customers_do_not_meet() -> None:
    assert verdicts(run(an_occurrence(), an_event("x", 0, customer="a"), an_event("x", 1, customer="b"))) == ["escalate"] * 2


def test_a_cooldown_is_over_when_its_time_has_passed_to_the_microsecond() -> None:
    rule = an_occurrence(expires="1m", cooldown="1h")

    assert verdicts(run(rule, an_event("x", 0), an_event("x", 59.9999))) == ["escalate", "suppressed:cooldown"]
    assert verdicts(run(rule, an_event("x", 0), an_event("x", 60))) == ["escalate", "escalate"]


def test_a_cooldown_is_the_rules_own() -> None:
    rules = [an_occurrence(rule="a", expires="1m", cooldown="1h"), an_occurrence("y", rule="b", expires="1m", cooldown="1h")]

    assert verdicts(run(rules, an_event("x", 0), an_event("y", 5))) == ["escalate", "escalate"]


def test_neither_a_joined_nor_a_suppressed_moment_starts_a_cooldown() -> None:
    rules = [an_occurrence(rule="a", expires="10m"), an_occurrence("y", rule="b", expires="10m", cooldown="1h")]
    events = [an_event("x", 0), an_event("y", 1), an_event("y", 30), an_event("y", 60), an_event("y", 90)]

    assert verdicts(run(rules, *events)) == ["escalate", "joined", "escalate", "suppressed:cooldown", "escalate"]


def test_a_cooldown_comes_before_joining() -> None:
    rule = an_occurrence(expires="10h", cooldown="1h")

    assert verdicts(run(rule, an_event("x", 0), an_event("x", 1))) == ["escalate", "suppressed:cooldown"]


def test_a_suppressed_moment_opens_nothing() -> None:
    rules = [an_occurrence(rule="a", purpose="marketing"), an_occurrence("y", rule="b")]

    assert verdicts(run(rules, an_event("x", 0), an_event("y", 1))) == ["suppressed:consent", "escalate"]


@pytest.mark.parametrize(
    ("purpose", "attributes", "verdict"),
    [
        ("service", {}, "escalate"),
        ("service", {"do_not_call": True}, "suppressed:consent"),
        ("service", {"do_not_call": "true"}, "escalate"),
        ("service", {"do_not_call": 1}, "escalate"),
        ("service", {"consent": {"service": False}}, "suppressed:consent"),
        ("service", {"consent": {"service": 0}}, "escalate"),
        ("service", {"consent": {"marketing": False}}, "escalate"),
        ("service", {"consent": "no"}, "escalate"),
        ("marketing", {}, "suppressed:consent"),
        ("marketing", {"consent": {"marketing": True}}, "escalate"),
        ("marketing", {"consent": {"marketing": 1}}, "suppressed:consent"),
        ("marketing", {"consent": {"marketing": "true"}}, "suppressed:consent"),
        ("marketing", {"consent": {"marketing": True}, "do_not_call": True}, "suppressed:consent"),
        ("marketing", {"consent": {"marketing": True, "service": False}}, "escalate"),
        (REQUESTED, {"do_not_call": True, "consent": {"service": False}}, "escalate"),
    ],
)
def test_consent_by_purpose(purpose: str, attributes: dict[str, Any], verdict: str) -> None:
    assert verdicts(run(an_occurrence(purpose=purpose), updated(0, **attributes), an_event("x", 1))) == [verdict]


def test_consent_is_that_of_the_moment() -> None:
    rule = an_absence(purpose="marketing", within="10m")
    given = updated(5, consent={"marketing": True})
    taken = updated(11, consent=None)

    assert verdicts(run(rule, an_event("start", 0), given, taken, until=60)) == ["escalate"]


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (100, "escalate"),
        (72, "escalate"),
        (71.99, "suppressed:worth"),
        (0, "suppressed:worth"),
        ("100", "suppressed:worth"),
        (True, "suppressed:worth"),
        (None, "suppressed:worth"),
    ],
)
def test_a_moment_is_worth_a_call_when_value_times_chance_reaches_its_cost(value: object, verdict: str) -> None:
    worth = {"value": "event.data.total", "chance": 0.25, "call_cost": 18}
    result = run(an_occurrence(worth=worth), an_event("x", total=value))

    assert verdicts(result) == [verdict]
    assert result.tallies["r"].errors == (0 if isinstance(value, int | float) and value is not True else 1)


def test_worth_is_reckoned_in_decimals_as_they_are_written() -> None:
    worth = {"value": "event.data.total", "chance": 0.29, "call_cost": 29}

    assert verdicts(run(an_occurrence(worth=worth), an_event("x", total=100))) == ["escalate"]


def test_the_worth_of_an_absence_is_read_from_its_last_start_or_touch_at_the_deadline() -> None:
    value = "now == timestamp('2026-03-02T08:35:00Z') && customer.vip ? event.data.total : 0"
    rule = an_absence(worth={"value": value, "chance": 1, "call_cost": 10})
    events = [an_event("start", 0, total=1), an_event("touch", 15, total=10), updated(30, vip=True), updated(36, vip=False)]

    assert verdicts(run(rule, *events, until=60)) == ["escalate"]


def test_a_fixed_worth_needs_no_event() -> None:
    rule = an_absence(worth={"value": 40, "chance": 0.5, "call_cost": 20})

    assert verdicts(run(rule, an_event("start", 0), until=60)) == ["escalate"]


def test_the_control_group_is_fixed_by_a_hash() -> None:
    customers = [f"customer-{number}" for number in range(200)]
    rule = an_occurrence(holdout="30%")
    result = run(rule, *[an_event("x", customer=customer) for customer in customers], salt="s")

    def share(customer: str) -> Fraction:
        digest = sha256(b"s\0r\0" + customer.encode()).digest()[:8]
        return Fraction(int.from_bytes(digest, "big"), 2**64)

    expected = {customer for customer in customers if share(customer) < Fraction(3, 10)}
    assert {moment.customer for moment in result.moments if moment.verdict is Verdict.CONTROL} == expected
    assert 40 < len(expected) < 80


def test_a_holdout_of_everybody_and_of_nobody() -> None:
    assert all(is_control("r", str(number), Fraction(1)) for number in range(100))
    assert not any(is_control("r", str(number), Fraction(0)) for number in range(100))


def test_control_comes_first_and_worth_before_cooldown_before_consent() -> None:
    poor = {"value": 1, "chance": 1, "call_cost": 5}
    forbidden = updated(0, do_not_call=True)

    assert verdicts(run(an_occurrence(holdout="100%", worth=poor), forbidden, an_event("x", 1))) == ["control"]
    assert verdicts(run(an_occurrence(worth=poor), forbidden, an_event("x", 1))) == ["suppressed:worth"]
    cooling = an_occurrence(cooldown="1h", expires="1m")
    later = [an_event("x", 0), updated(1, do_not_call=True), an_event("x", 2)]
    assert verdicts(run(cooling, *later)) == ["escalate", "suppressed:cooldown"]


def test_none_of_the_four_applies_to_a_requested_callback() -> None:
    rule = an_occurrence(
        purpose=REQUESTED,
        holdout="100%",
        cooldown="1d",
        expires="1m",
        worth={"value": 1, "chance": 1, "call_cost": 5},
    )

    assert verdicts(run(rule, updated(0, do_not_call=True), an_event("x", 1), an_event("x", 10))) == ["escalate"] * 2


def test_grace_changes_no_verdict() -> None:
    rule = an_occurrence(grace="30m", resolve=[{"type": "paid"}])

    assert verdicts(run(rule, an_event("x", 0), an_event("paid", 1), an_event("x", 2))) == ["escalate", "escalate"]


def test_a_deadline_of_a_paused_rule_is_suppressed() -> None:
    rule = an_absence()
    journey = Journey(Rulebook([rule]))
    journey.apply(an_event("start", 0))
    rules = Rulebook([rule], paused=["r"])
    ledgers = Ledgers(rules)

    told = [ledgers.enter(effect) for effect in Journey(rules, journey.customers.values()).advance(at(60))]

    assert told == [Verdict.SUPPRESSED_PAUSED]
    assert not ledgers.of("c").is_open(at(60))
