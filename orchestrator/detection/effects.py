"""What a journey brings about, in the order in which it happens. Customers are named by their subject."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.exact import Exact
from orchestrator.detection.expressions import Failure
from orchestrator.intake.event import Position
from orchestrator.intake.json_text import JsonValue


@dataclass(frozen=True, slots=True)
class MomentFound:
    """A moment at `at` (aware UTC, microseconds), identified by (rule, customer, key, at).

    `attributes` are the customer's as they were then, with `id`: consent is judged by them. `worth` is the value evaluated
    then; None where the rule names no worth. `confidence` is how sure the rule is, 0 to 1; None where that failed.
    """

    rule: CompiledRule
    customer: str
    key: str
    at: datetime
    evidence: tuple[Position, ...]
    attributes: Mapping[str, JsonValue]
    worth: Exact | Failure | None = None
    confidence: Exact | None = 1

    def evidence_texts(self) -> list[str]:
        """Return the evidence as `"<source> <id>"`."""
        return [f"{position.source} {position.id}" for position in self.evidence]


@dataclass(frozen=True, slots=True)
class MomentsResolved:
    """The rule's live moments of this key, or all of the rule's where `key` is None, are no longer needed."""

    rule: CompiledRule
    customer: str
    key: str | None
    at: datetime
    by: Position


@dataclass(frozen=True, slots=True)
class AllMomentsEnded:
    """The customer is in contact with a person: no moment of any rule is live any more."""

    customer: str
    at: datetime
    by: Position


@dataclass(frozen=True, slots=True)
class CustomersMerged:
    """`other` is `kept` from now on; its watches, windows and attributes have moved already."""

    kept: str
    other: str
    at: datetime
    by: Position


@dataclass(frozen=True, slots=True)
class ExpressionFailed:
    """An expression of a rule had no value, or one of the wrong type, on this event.

    A failing condition does not match; any other failure skips the rule for the event, suppresses the moment
    (worth), or leaves it unknown how sure it is (confidence).
    """

    rule: CompiledRule
    place: str
    event: Position
    message: str
    is_condition: bool = False


Effect: TypeAlias = MomentFound | MomentsResolved | AllMomentsEnded | CustomersMerged | ExpressionFailed
