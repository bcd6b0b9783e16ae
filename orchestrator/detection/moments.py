"""How a recognised moment and a failed expression are reported."""

from datetime import datetime

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.effects import Effect, ExpressionFailed, MomentFound
from orchestrator.detection.exact import Exact
from orchestrator.detection.expressions import Failure, Scope
from orchestrator.intake.event import Position


def report_moment(
    rule: CompiledRule,
    customer: str,
    key: str,
    scope: Scope,
    evidence: tuple[Position, ...],
    effects: list[Effect],
) -> None:
    """Add the moment at the scope's `now`, its worth and confidence evaluated once on the scope's event."""
    worth = rule.worth.value.evaluate(scope) if rule.worth is not None else None
    if isinstance(worth, Failure):
        report_failure(rule, "worth.value", scope, worth, effects)
    at: datetime = scope.now
    effects.append(MomentFound(rule, customer, key, at, evidence, scope.attributes, worth, _confidence(rule, scope, effects)))


def _confidence(rule: CompiledRule, scope: Scope, effects: list[Effect]) -> Exact | None:
    """Return how sure the rule is, between 0 and 1; None, and a failure that is counted, where that has no such value."""
    value = rule.confidence.evaluate(scope)
    if not isinstance(value, Failure) and not 0 <= value <= 1:
        value = Failure("The confidence does not lie between 0 and 1.")
    if isinstance(value, Failure):
        report_failure(rule, "confidence", scope, value, effects)
        return None
    return value


def report_failure(
    rule: CompiledRule,
    place: str,
    scope: Scope,
    failure: Failure,
    effects: list[Effect],
    *,
    is_condition: bool = False,
) -> None:
    effects.append(ExpressionFailed(rule, place, scope.event.position, failure.message, is_condition))
