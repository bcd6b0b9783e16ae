"""The key of a moment: which cart, which contract. Without one, the customer is the key."""

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.expressions import Failure, Scope

# Keys stand in database indexes beside rule and customer; such an index refuses long entries.
MAX_KEY_BYTES = 1024


def key_of(rule: CompiledRule, scope: Scope, customer: str) -> str | Failure:
    """Return the rule's key on this event: a text that is not empty, or a whole number in decimal."""
    if rule.key is None:
        return customer
    value = rule.key.evaluate(scope)
    if isinstance(value, Failure):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        return Failure("The key is neither a text nor a whole number.")
    if len(value) * 4 > MAX_KEY_BYTES and len(value.encode()) > MAX_KEY_BYTES:
        return Failure(f"The key is over {MAX_KEY_BYTES} bytes.")
    return value
