"""Score: weighted events of the last `within` reach a threshold, and the window empties."""

from orchestrator.detection.compiled import CompiledRule, Score
from orchestrator.detection.effects import Effect
from orchestrator.detection.expressions import Failure, Scope
from orchestrator.detection.moments import report_failure, report_moment
from orchestrator.detection.patterns import Pattern
from orchestrator.detection.rulebook import Role
from orchestrator.detection.states import CustomerState, Window


def step(
    rule: CompiledRule,
    score: Score,
    customer: CustomerState,
    key: str,
    matched: tuple[Role, Pattern],
    scope: Scope,
    effects: list[Effect],
) -> bool:
    """Hold one matching event against the key's window; say whether the window changed.

    The sum is compared only when an event is added. The moment's evidence is all that is in the window as it fires.
    """
    role, pattern = matched
    own = (rule.name, key)
    if role is Role.UNTIL:
        return customer.windows.pop(own, None) is not None
    weight = pattern.weight.evaluate(scope)
    if isinstance(weight, Failure):
        report_failure(rule, f"{pattern.place}.weight", scope, weight, effects)
        return False
    window = customer.windows.get(own)
    if window is None:
        window = customer.windows[own] = Window()
    window.add(scope.event.position, weight, score.within)
    if window.total >= score.threshold:
        del customer.windows[own]
        evidence = tuple(entry.position for entry in window.entries)
        report_moment(rule, customer.id, key, scope, evidence, effects)
    return True
