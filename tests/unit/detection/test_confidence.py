"""How sure a rule is of what it finds: evaluated once, kept with the moment, and never a reason not to call."""

from fractions import Fraction

import pytest

from orchestrator.detection.rule_files import BadRuleFile, read_rule_file
from orchestrator.detection.rules import RuleDocument
from tests.unit.detection.factories import a_rule, an_absence, an_event, an_occurrence, run, verdicts

FILE = """rule: r
moment: m
detect: {occurrence: {on: [{type: x}]}}
steps: [{callback: {queue: q}}]
expires: 1h
confidence: %s
"""


def test_a_rule_that_says_nothing_is_sure() -> None:
    (moment,) = run(an_occurrence(), an_event("x")).moments

    assert moment.found.confidence == 1


def test_a_constant_and_an_expression_are_kept_with_the_moment() -> None:
    found = run(
        [an_occurrence(rule="a", confidence=0.8), an_occurrence(rule="b", confidence="double(event.data.score) / 10.0")],
        an_event("x", score=7),
    ).moments

    assert [moment.found.confidence for moment in found] == [Fraction(4, 5), Fraction(7, 10)]


def test_of_an_absence_it_is_read_from_the_last_start_or_touch() -> None:
    rule = an_absence(confidence="double(event.data.score) / 10.0")

    (moment,) = run(rule, an_event("start", 0, score=2), an_event("touch", 5, score=9), until=60).moments

    assert moment.found.confidence == Fraction(9, 10)


@pytest.mark.parametrize("expression", ["event.data.none", "'much'", "2", "-0.1", "true"])
def test_what_is_no_such_number_is_unknown_counted_and_changes_no_verdict(expression: str) -> None:
    result = run(an_occurrence(confidence=f"[dyn({expression})][size(event.data.nobody)]"), an_event("x", nobody=""))

    assert [moment.found.confidence for moment in result.moments] == [None]
    assert verdicts(result) == ["escalate"]
    assert (result.tallies["r"].errors, list(result.tallies["r"].samples)) == (1, ["confidence"])


@pytest.mark.parametrize("given", ["1.5", "-1", "true", "[0.5]"])
def test_a_constant_outside_0_to_1_is_refused_with_its_field_and_place(given: str) -> None:
    with pytest.raises(BadRuleFile) as refused:
        read_rule_file((FILE % given).encode(), name="r.yaml")

    assert (refused.value.field, ":6:" in str(refused.value)) == ("confidence", True)


@pytest.mark.parametrize("given", ["'1.5'", "'-1'", "'dyn(2)'", "'1.0 + 0.5'", "'true || event.id == customer.id ? 2 : 1'"])
def test_an_expression_that_yields_the_same_of_every_event_lies_within_too(given: str) -> None:
    with pytest.raises(BadRuleFile) as refused:
        read_rule_file((FILE % given).encode(), name="r.yaml")

    (problem,) = refused.value.problems
    assert (problem.field, problem.line, problem.fix) == ("confidence", 6, "Write one like 0.8.")
    assert "yields no number between 0 and 1" in problem.message


@pytest.mark.parametrize(("given", "kind"), [("'true'", "bool"), ("\"'much'\"", "string"), ("'now'", "timestamp")])
def test_an_expression_of_another_kind_is_refused_with_what_it_must_yield(given: str, kind: str) -> None:
    with pytest.raises(BadRuleFile) as refused:
        read_rule_file((FILE % given).encode(), name="r.yaml")

    (problem,) = refused.value.problems
    assert (problem.field, problem.fix) == ("confidence", "It must yield a number between 0 and 1.")
    assert kind in problem.message


@pytest.mark.parametrize("given", ["'0.5'", "'1'", "'event.data.sure'", "'has(event.data.x) ? 2 : 1'"])
def test_an_expression_that_may_lie_within_is_taken(given: str) -> None:
    assert read_rule_file((FILE % given).encode(), name="r.yaml").rule.confidence.expression is not None


def test_the_schema_for_editors_holds_its_bounds() -> None:
    known = RuleDocument.model_json_schema()["properties"]["confidence"]

    assert known["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 1}
    assert a_rule({"occurrence": {"on": [{"type": "x"}]}}).document.confidence == 1
