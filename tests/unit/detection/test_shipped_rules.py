"""The nine rules that are shipped, on weeks of time."""

import json
from pathlib import Path
from typing import Any

import pytest

import orchestrator.detection
from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.rule_files import read_rules
from orchestrator.intake.event import Event
from tests.unit.detection.factories import an_event, evidence, run, times, verdicts

RULES = {rule.name: rule for rule in read_rules(Path(orchestrator.detection.__path__[0]) / "shipped")}
DAY = 24 * 60
NAMES = [
    "angry-customer",
    "bad-feedback",
    "delivery-trouble",
    "high-effort",
    "incomplete-checkout",
    "lost-in-help",
    "moved-house",
    "renewal-due",
    "sale-left-open",
]


def consenting(name: str) -> CompiledRule:
    """The rule without its control group, which hashes alone decide."""
    rule = RULES[name]
    from orchestrator.detection.compiled import compile_rule
    from orchestrator.detection.rules import RuleDocument

    return compile_rule(RuleDocument.model_validate(rule.document.model_dump(mode="json") | {"holdout": "0%"}))


YES = an_event("customer.updated", -1, consent={"marketing": True})


def test_nine_rules_are_shipped_each_with_its_moment_and_both_languages() -> None:
    assert sorted(RULES) == NAMES
    for name, rule in RULES.items():
        assert rule.document.moment == name.replace("-", "_")
        assert rule.document.title_in("en") != rule.document.title_in("he")
        assert json.dumps(rule.document.model_dump(mode="json"))


@pytest.mark.parametrize("name", NAMES)
def test_no_shipped_rule_fails_on_events_that_carry_nothing(name: str) -> None:
    kinds = [
        "checkout.started",
        "checkout.completed",
        "contract.started",
        "contract.renewed",
        "survey.answered",
        "help.searched",
    ]
    kinds += ["message.received", "complaint.filed", "queue.abandoned", "sale.opened", "delivery.failed", "customer.moved"]
    tally = run(RULES[name], *[an_event(kind, minute) for minute, kind in enumerate(kinds)], until=DAY).tallies[name]

    assert (tally.errors, tally.condition_errors) == (0, 0)


def test_a_checkout_is_watched_by_cart_and_paid_in_time_or_not() -> None:
    rule = consenting("incomplete-checkout")
    started = [
        an_event("checkout.started", 0, cart_id="a", total=480),
        an_event("checkout.started", 0, "2", cart_id="b", total=480),
    ]

    result = run(rule, YES, *started, an_event("checkout.completed", 10, cart_id="a"), until=DAY)

    assert [(moment.key, moment.verdict.value) for moment in result.moments] == [("b", "escalate")]


def test_a_small_checkout_is_not_watched() -> None:
    assert times(run(consenting("incomplete-checkout"), YES, an_event("checkout.started", 0, total=299), until=DAY)) == []


def test_a_moved_renewal_date_moves_the_watch() -> None:
    contract: dict[str, Any] = {"contract_id": "k"}
    events = [
        an_event("contract.started", 0, **contract, ends_at="2026-06-01"),
        an_event("contract.renewed", DAY, **contract, ends_at="2026-09-01"),
    ]

    result = run(consenting("renewal-due"), YES, *events, until=365 * DAY)

    assert [moment.at.isoformat() for moment in result.moments] == ["2026-08-02T00:00:00+00:00"]


def test_a_renewal_without_a_new_date_ends_the_watch() -> None:
    events = [an_event("contract.started", 0, ends_at="2026-06-01"), an_event("contract.renewed", DAY)]

    assert times(run(consenting("renewal-due"), YES, *events, until=365 * DAY)) == []


@pytest.mark.parametrize(
    "events",
    [
        [an_event("complaint.filed", 0, text="x")],
        [an_event("message.received", 0, text="I will call my lawyer")],
        [an_event("message.received", 0, text="בושה וחרפה")],
        [an_event("survey.answered", 0, csat=1), an_event("ivr.zero_out", DAY)],
        [an_event("queue.abandoned", 0, waited=300), an_event("message.received", 60, text="this is a disgrace")],
    ],
)
def test_anger_is_found_in_what_people_do_and_say(events: list[Event]) -> None:
    assert verdicts(run(RULES["angry-customer"], *events)) == ["escalate"]


def test_a_talk_with_a_person_calms() -> None:
    events = [an_event("survey.answered", 0, csat=1), an_event("contact.inbound", 5), an_event("ivr.zero_out", DAY)]

    assert times(run(RULES["angry-customer"], *events)) == []


def test_lost_in_help_joins_channels() -> None:
    events = [
        an_event("help.searched", 0, results=0),
        an_event("help.viewed", 2, source="app"),
        an_event("bot.fallback", 5, source="bot"),
        an_event("ivr.zero_out", 20, source="ivr"),
    ]
    result = run(RULES["lost-in-help"], *events)

    assert times(result) == [20]
    assert len(evidence(result)[0]) == 4


def test_effort_adds_up_over_a_week() -> None:
    kinds = ["page.error", "login.failed", "identification.repeated", "queue.abandoned"]
    events = [an_event(kind, day * DAY) for day, kind in enumerate(kinds)]

    assert times(run(RULES["high-effort"], *events, an_event("survey.answered", 5 * DAY, ces=2))) == [5 * DAY]


def test_a_delivery_that_failed_once_or_was_late_twice_is_trouble_of_its_order() -> None:
    late = [an_event("delivery.delayed", 0, order_id=1), an_event("delivery.delayed", 9, order_id=2)]

    assert times(run(RULES["delivery-trouble"], *late)) == []
    assert times(run(RULES["delivery-trouble"], *late, an_event("delivery.delayed", DAY, order_id=1))) == [DAY]
    assert times(run(RULES["delivery-trouble"], an_event("delivery.failed", 3, order_id=3))) == [3]


def test_the_others_in_short() -> None:
    assert verdicts(run(RULES["moved-house"], an_event("customer.moved", 0), an_event("customer.moved", DAY))) == [
        "escalate",
        "suppressed:cooldown",
    ]
    assert times(run(RULES["bad-feedback"], an_event("survey.answered", 0, nps=3), an_event("survey.answered", 1, nps=4))) == [
        0
    ]
    assert times(run(consenting("sale-left-open"), YES, an_event("sale.opened", 0, sale_id=1), until=3 * DAY)) == [DAY]
