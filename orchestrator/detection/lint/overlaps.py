"""Rules that fire on the same events, and so bring one customer two moments for one thing."""

from collections.abc import Iterator, Sequence

from orchestrator.detection.lint.conditions import alternatives, both
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.lint.impossible import types_of
from orchestrator.detection.lint.possible import contradiction
from orchestrator.detection.patterns import type_matcher
from orchestrator.detection.rule_patterns import Placed, triggers_of
from orchestrator.detection.rules import PatternDocument
from orchestrator.sayings import saying


def overlaps(rules: Sequence[LintedRule]) -> Iterator[Finding]:
    """Yield a finding for each rule and each other rule of the same kind of detector that fires on an event it fires on.

    Scores share events by their nature: they overlap when one counts nothing that the other does not.
    """
    for one in rules:
        for other in rules:
            if one.name != other.name and one.rule.detector.kind == other.rule.detector.kind:
                yield from _overlap(one, other)


def _overlap(one: LintedRule, other: LintedRule) -> Iterator[Finding]:
    own, others = list(triggers_of(one.document)), list(triggers_of(other.document))
    shared = [placed for placed in own if _meets_any(placed, others)]
    if not shared:
        return
    counted_by_other = len(shared) == len(own)
    if one.rule.detector.kind == "score" and not counted_by_other and not all(_meets_any(each, own) for each in others):
        return
    path, pattern = shared[0]
    message = saying("{rule} fires on the same events ({type}).", rule=other.name, type=pattern.type)
    fix = saying("Narrow one of them by a condition, or go on: a customer with both is called once, about both.")
    yield one.warning(Code.OVERLAP, path, message, fix)


def _meets_any(placed: Placed, others: Sequence[Placed]) -> bool:
    return any(_meet(placed[1], other) for _, other in others)


def _meet(one: PatternDocument, other: PatternDocument) -> bool:
    """Say whether one event can match both."""
    unlisted = [None] if _share_unlisted(one.type, other.type) else []
    types = [*unlisted, *(each for each in types_of(one.type) if each in types_of(other.type))]
    facts = both(alternatives(one.where), alternatives(other.where))
    return any(contradiction(each, event_type) is None for event_type in types for each in facts)


def _share_unlisted(one: str, other: str) -> bool:
    """Whether a type that the catalogue does not list can match both globs. Two globs are compared as they stand."""
    if "*" not in one:
        return type_matcher(other)(one) and not types_of(one)
    if "*" not in other:
        return type_matcher(one)(other) and not types_of(other)
    return type_matcher(one)(other) or type_matcher(other)(one)
