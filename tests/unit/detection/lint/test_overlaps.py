"""Rules that fire on the same events."""

from orchestrator.detection.lint.findings import Code, LintedRule
from tests.unit.detection.lint.texts import a_rule, codes, found


def on(name: str, event_type: str, condition: str = "true") -> LintedRule:
    return a_rule(f"{{occurrence: {{on: [{{type: {event_type}, where: '{condition}'}}]}}}}", name=name)


def score(name: str, *types: str) -> LintedRule:
    events = ", ".join(f"{{type: {each}}}" for each in types)
    return a_rule(f"{{score: {{events: [{events}], within: 1d, threshold: 3}}}}", name=name)


def test_both_rules_name_each_other() -> None:
    first, second = found(on("a", "customer.moved"), on("b", "customer.*"))

    assert (first.rule, first.code, second.rule, second.code) == ("a", Code.OVERLAP, "b", Code.OVERLAP)
    assert "b fires on the same events" in first.message
    assert "a fires on the same events" in second.message


def test_conditions_that_exclude_each_other_keep_rules_apart() -> None:
    cheap, dear = on("a", "checkout.started", "event.data.total < 300"), on("b", "checkout.started", "event.data.total >= 300")

    assert codes(cheap, dear) == []
    assert codes(cheap, on("b", "checkout.started", "event.data.total >= 299")) == [Code.OVERLAP, Code.OVERLAP]


def test_rules_of_other_types_or_other_detectors_do_not_overlap() -> None:
    assert codes(on("a", "customer.moved"), on("b", "complaint.filed")) == []
    assert codes(on("a", "complaint.filed"), score("b", "complaint.filed")) == []


def test_scores_overlap_when_one_counts_nothing_that_the_other_does_not() -> None:
    assert codes(score("a", "page.error", "login.failed"), score("b", "page.error", "bot.fallback")) == []
    assert codes(score("a", "page.error"), score("b", "page.error", "bot.fallback")) == [Code.OVERLAP, Code.OVERLAP]


def test_types_that_nobody_has_listed_overlap_too() -> None:
    assert codes(on("a", "own.event"), on("b", "own.*")).count(Code.OVERLAP) == 2
