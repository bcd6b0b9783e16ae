"""Occurrence: every event that matches is a moment, at its time."""

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.effects import Effect
from orchestrator.detection.expressions import Scope
from orchestrator.detection.moments import report_moment
from orchestrator.detection.states import CustomerState


def step(rule: CompiledRule, customer: CustomerState, key: str, scope: Scope, effects: list[Effect]) -> None:
    report_moment(rule, customer.id, key, scope, (scope.event.position,), effects)
