"""Two plans of a rule: who takes which, always the same, and apart from who is held out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.detection.backtest_output import report
from orchestrator.detection.backtest_totals import Totals
from orchestrator.detection.rule_files import BadRuleFile, read_rule
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.splits import Plan, plan_for, steps_of
from orchestrator.detection.verdicts import is_control
from orchestrator.intake.event import Event
from tests.unit.detection.factories import an_event, an_occurrence, run

LEAST = "rule: r\nmoment: m\ndetect: {occurrence: {on: [{type: x}]}}\nsteps: [{callback: {queue: q}}]\nexpires: 1h\n"
MESSAGE = [{"message": {"template": "finish-link"}}]
CUSTOMERS = [f"customer-{number}" for number in range(10_000)]


def a_split(share: str = "20%", **fields: Any) -> RuleDocument:
    return an_occurrence(split={"share": share, "steps": MESSAGE}, **fields).document


def reported(rules: Rulebook, *events: Event) -> dict[str, Any]:
    """The report of a back-test on the events, without samples."""
    totals, found = Totals(), run(rules, *events).moments
    for customer in {moment.customer for moment in found}:
        totals.add([moment for moment in found if moment.customer == customer])
    return report(totals, rules, [])


def test_the_share_of_ten_thousand_customers_takes_plan_b() -> None:
    rule = a_split("20%")

    taken = sum(plan_for(rule, customer) is Plan.B for customer in CUSTOMERS)

    assert 1_880 <= taken <= 2_120  # three standard deviations about 2,000


def test_plan_b_says_nothing_about_who_is_held_out() -> None:
    rule = a_split("50%", holdout="50%")

    both = sum(plan_for(rule, customer) is Plan.B and is_control(rule.rule, customer, rule.holdout) for customer in CUSTOMERS)

    assert 2_370 <= both <= 2_630  # three standard deviations about a quarter; one hash for both would give half


def test_two_rules_part_their_customers_each_in_its_own_way() -> None:
    first, second = a_split("50%"), a_split("50%", rule="other")

    assert 2_370 <= sum(plan_for(first, c) is plan_for(second, c) is Plan.B for c in CUSTOMERS) <= 2_630


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1), st.text(), st.integers(1, 99))
def test_a_customer_takes_one_plan_and_a_greater_share_takes_nobody_back(customer: str, salt: str, percent: int) -> None:
    salt = salt.encode("utf-8", "ignore").decode()
    plan = plan_for(a_split(f"{percent}%"), customer, salt=salt)

    assert plan is plan_for(a_split(f"{percent}%"), customer, salt=salt)
    if plan is Plan.B:
        assert plan_for(a_split(f"{percent}.5%"), customer, salt=salt) is Plan.B


def test_each_plan_has_its_own_steps_and_a_rule_without_a_split_only_one() -> None:
    rule, single = a_split(), an_occurrence().document

    assert steps_of(rule, Plan.A) == rule.steps
    assert [step.message is not None for step in steps_of(rule, Plan.B)] == [True]
    assert plan_for(single, "c") is None
    assert steps_of(single, Plan.B) == single.steps


@pytest.mark.parametrize("share", ["0%", "100%", "101%", "twenty"])
def test_a_share_that_parts_nobody_is_refused_with_its_place_and_a_fix(share: str) -> None:
    text = f"{LEAST}split:\n  share: {share}\n  steps: [{{message: {{template: t}}}}]\n"

    with pytest.raises(BadRuleFile) as refused:
        read_rule(text.encode(), name="r.yaml")

    (problem,) = refused.value.problems
    assert (problem.line, problem.column, problem.field) == (7, 10, "split.share")
    assert problem.fix


def test_a_split_without_steps_is_refused() -> None:
    with pytest.raises(BadRuleFile) as refused:
        read_rule(f"{LEAST}split: {{share: 20%, steps: []}}\n".encode(), name="r.yaml")

    assert refused.value.problems[0].field == "split.steps"


def test_the_report_of_a_back_test_counts_moments_customers_and_cases_of_each_plan() -> None:
    rules = Rulebook([an_occurrence(split={"share": "50%", "steps": MESSAGE}), an_occurrence("y", rule="single")])
    names = [f"c{number}" for number in range(40)]
    events = [an_event("x", minute, f"{name}-{minute}", customer=name) for name in names for minute in (0, 1)]

    told = reported(rules, *events)["plans"]

    share = sum(plan_for(a_split("50%"), name) is Plan.B for name in names)
    assert 0 < share < 40
    assert told == {
        "r": {
            "a": {"moments": 2 * (40 - share), "customers": 40 - share, "escalated": 40 - share},
            "b": {"moments": 2 * share, "customers": share, "escalated": share},
        }
    }


def test_the_report_counts_the_messages_that_would_go_instead_of_calls() -> None:
    worth = {"value": "event.data.total", "chance": 0.25, "call_cost": 18}
    callback = {"callback": {"queue": "q"}}
    rule = an_occurrence(worth=worth, steps=[callback, *MESSAGE], split={"share": "50%", "steps": [callback]})
    names = [f"c{number}" for number in range(40)]
    cheap = [an_event("x", 0, f"{name}-0", customer=name, total=60) for name in names]
    dear = [an_event("x", 1, f"{name}-1", customer=name, total=300) for name in names]

    told = reported(Rulebook([rule]), *cheap, *dear)["messages"]

    instead = sum(plan_for(rule.document, name) is Plan.A for name in names)
    assert told == {"r": {"not_worth": 40, "instead": instead}}
