"""Conditions that no event can meet: what is said about them, and that nothing else is."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.detection.expressions import Scope, Yields, compile_expression
from orchestrator.detection.lint.conditions import alternatives
from orchestrator.detection.lint.findings import Code, Finding, Severity
from orchestrator.detection.lint.possible import contradiction
from tests.unit.detection.factories import an_event
from tests.unit.detection.lint.texts import codes, found, where


def impossible(condition: str, event_type: str = "checkout.started") -> list[Finding]:
    return [each for each in found(where(condition, event_type)) if each.code is Code.IMPOSSIBLE_CONDITION]


@pytest.mark.parametrize(
    ("condition", "event_type"),
    [
        ("event.data.csat > 5", "survey.answered"),
        ("event.data.csat < 1", "survey.answered"),
        ("event.data.csat > 2 && event.data.csat < 3", "survey.answered"),
        ("event.data.csat == 2.5", "survey.answered"),
        ("event.data.csat == '2'", "survey.answered"),
        ("5 < event.data.csat", "survey.answered"),
        ("event.data.nps in [11, 12]", "survey.answered"),
        ("event.data.results < 0", "help.searched"),
        ("event.data.ends_at > 5", "contract.started"),
        ("event.data.total > 300 && event.data.total < 200", "checkout.started"),
        ("event.data.total > 300 && event.data.total == 'much'", "checkout.*"),
        ("event.data.total == 1 && event.data.total == 2", "checkout.started"),
        ("event.data.total >= 3 && !(event.data.total >= 3)", "checkout.started"),
        ("!has(event.data.total) && event.data.total > 3", "checkout.started"),
        ("has(event.data.a) && !has(event.data.a)", "checkout.started"),
        ("event.type == 'checkout.completed'", "checkout.started"),
        ("event.source > 3", "checkout.started"),
        ("customer.do_not_call == 'yes'", "checkout.started"),
        ("customer.language == 'he' && customer.language == 'en'", "checkout.started"),
        ("event.data.total > 1 && false", "checkout.started"),
        ("event.data.x == 1 ? event.data.x == 2 : event.data.x == 1", "checkout.started"),
    ],
)
def test_a_condition_that_nothing_can_meet_is_an_error(condition: str, event_type: str) -> None:
    (finding,) = impossible(condition, event_type)

    assert (finding.severity, finding.line) == (Severity.ERROR, 3)
    assert finding.message.startswith("detect.occurrence.on[0].where: No event can meet this condition: ")


@pytest.mark.parametrize(
    ("condition", "event_type"),
    [
        ("event.data.csat <= 2", "survey.answered"),
        ("event.data.csat > 5 || event.data.nps < 3", "survey.answered"),
        ("event.data.csat != 3 && event.data.csat != 4", "survey.answered"),
        ("event.data.total > 2 && event.data.total < 3", "checkout.started"),
        ("event.data.total != 'none'", "checkout.started"),
        ("event.data.colour == 'red'", "checkout.started"),
        ("event.type == 'checkout.completed'", "checkout.*"),
        ("event.data.csat > 5", "survey.*"),
        ("has(event.data.a) ? event.data.a > 3 : true", "checkout.started"),
        ("customer.visits in [1, 2] && customer.visits != 1", "checkout.started"),
    ],
)
def test_a_condition_that_something_can_meet_is_not(condition: str, event_type: str) -> None:
    assert codes(where(condition, event_type)) == []


def test_the_reason_names_the_facts_that_exclude_each_other() -> None:
    (finding,) = impossible("event.data.csat <= 2 && event.data.nps > 3 && event.data.nps < 2", "survey.answered")

    assert "event.data.nps < 2 && event.data.nps > 3 (it is a whole number from 0 to 10)" in finding.message


def test_a_type_that_the_catalogue_does_not_have_is_a_warning_with_the_nearest() -> None:
    (finding,) = impossible("true", "checkout.strated")

    assert (finding.severity, finding.fix) == (Severity.WARNING, "Did you mean checkout.started?")


def test_a_field_that_looks_misspelt_is_a_warning_and_a_channels_own_is_not() -> None:
    (finding,) = impossible("event.data.totl > 3")

    assert (finding.severity, finding.fix) == (Severity.WARNING, "Did you mean total?")
    assert impossible("event.data.shop == 'north'") == []


SIGNS = ("==", "!=", "<", ">=")
ATOMS = st.sampled_from(
    [
        *(f"event.data.{name} {sign} {value}" for name in "ab" for sign in SIGNS for value in ("1", "2.5", '"t"')),
        *("has(event.data.a)", "!has(event.data.b)", "event.data.a in [1, 3]", "!(event.data.b in ['t', 2])", "event.data.a"),
        *("event.data.a == null", "size(event.data.b) > 0", "true", "event.data.a > event.data.b"),
    ]
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)
VALUES: st.SearchStrategy[Any] = st.sampled_from([0, 1, 2, 2.5, 3, "t", "u", True, False, None, [], {"k": 1}])


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, st.dictionaries(st.sampled_from("ab"), VALUES))
def test_what_an_event_meets_is_never_called_impossible(condition: str, data: dict[str, Any]) -> None:
    event = an_event("some.type", **data)
    if compile_expression(condition, Yields.CONDITION).holds(Scope(event, {"id": "c"})) is not True:
        return

    assert any(contradiction(facts, "some.type") is None for facts in alternatives(condition))


ORDERS = ("==", "!=", "<", "<=", ">", ">=")
FACTS = [
    *(f"event.data.csat {sign} {value}" for sign in ORDERS for value in ("2", "3", "2.5")),
    *(f"2 {sign} event.data.csat" for sign in ORDERS),
    *("event.data.csat in [2, 3]", "has(event.data.csat)", "event.data.csat == 't'"),
]
SIGNED = [*FACTS, *(f"!({fact})" for fact in FACTS)]


@pytest.mark.parametrize("event_type", ["survey.answered", "some.type"])
def test_two_facts_about_one_field_are_impossible_together_exactly_when_no_value_meets_both(event_type: str) -> None:
    """Of the catalogue's field whole numbers from 1 to 5 are all there is; of another, anything may come."""
    known: list[dict[str, Any]] = [{"csat": 1}, {"csat": 2}, {"csat": 3}, {"csat": 4}, {"csat": 5}, {}]
    values = known if event_type == "survey.answered" else [*known, *_OTHERS]
    scopes = [Scope(an_event(event_type, **data), {"id": "c"}) for data in values]
    meets = {fact: [compile_expression(fact, Yields.CONDITION).holds(scope) is True for scope in scopes] for fact in SIGNED}

    wrong = []
    for one, other in product(SIGNED, SIGNED):
        met = any(first and second for first, second in zip(meets[one], meets[other], strict=True))
        ways = alternatives(f"{one} && {other}")
        if met is not any(contradiction(facts, event_type) is None for facts in ways):
            wrong.append(f"{one} && {other}")

    assert wrong == []


_ELSE: list[Any] = [0, 2.25, 2.5, 2.75, 9, "t", "u", True, None, [], {"k": 1}]
_OTHERS = [{"csat": value} for value in _ELSE]
