"""The limits a supervisor sets: caps on contacts with anybody, budgets of calls and money. As a document."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import BudgetKind, Cap, CapHolder
from orchestrator.detection.documents import Duration, Strict
from orchestrator.detection.durations import parse_duration
from orchestrator.detection.rules import RuleName
from orchestrator.documents import dotted, read_document
from orchestrator.errors import BadInput, Faults

MOST = 50  # caps, and budgets: more than anybody can keep in mind
_LONGEST, _SHORTEST = parse_duration("366d"), parse_duration("1m")
_QueueName = Annotated[str, Field(min_length=1, max_length=64)]
_Money = Annotated[float, Field(ge=0, le=1_000_000_000, allow_inf_nan=False)]
_Target = tuple[BudgetKind, "Period", str | None, str | None]


class Period(StrEnum):
    """By the calendar of the centre's zone."""

    HOUR = "hour"
    DAY = "day"


class CapRule(Strict):
    """At most `limit` contacts in any stretch of `within`, such as `24h`. What is left out narrows nothing."""

    limit: Annotated[int, Field(ge=1, le=999_999)]
    within: Duration
    per: Annotated[CapHolder, Field(strict=False)] | None = None
    subject: Literal["same"] | None = None
    media: list[Annotated[Medium, Field(strict=False)]] = Field(default_factory=list)
    rule: RuleName | None = None

    def as_cap(self) -> Cap:
        same = self.subject is not None
        return Cap(self.limit, self.within, self.rule, holder=self.per, same_subject=same, media=frozenset(self.media))


class BudgetRule(Strict):
    """At most `limit` calls, or so much money, in each `hour` or `day`: over everything, on one queue, or of one rule."""

    kind: Annotated[BudgetKind, Field(strict=False)]
    limit: Annotated[float, Field(gt=0, le=1_000_000_000, allow_inf_nan=False)]
    per: Annotated[Period, Field(strict=False)]
    queue: _QueueName | None = None
    rule: RuleName | None = None

    @property
    def target(self) -> _Target:
        return self.kind, self.per, self.queue, self.rule

    def covers(self, *, queue: str | None, rule: str | None) -> bool:
        """Tell whether a contact of this rule on this queue draws on it."""
        return self.queue in (None, queue) and self.rule in (None, rule)


class Costs(Strict):
    """What a call and a message are taken to cost, in `currency`: budgets of money are counted by it."""

    call: _Money = 0.0
    message: _Money = 0.0
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None


class LimitsDocument(Strict):
    """`caps` over rolling stretches, `budgets` by the clock, and the `costs` that budgets of money are counted by."""

    caps: Annotated[list[CapRule], Field(max_length=MOST)] = Field(default_factory=list)
    budgets: Annotated[list[BudgetRule], Field(max_length=MOST)] = Field(default_factory=list)
    costs: Costs = Costs()


def read_limits(raw: bytes, *, name: str = "limits") -> LimitsDocument:
    """Return the limits that YAML (or JSON) describes. Raises `BadInput` with the field, its place and the fix."""
    document = read_document(raw, LimitsDocument, name=name)
    check(document)
    return document


def limits_of(given: object) -> LimitsDocument:
    """Return the limits that plain values describe. Raises `BadInput` for all that does not fit, each with its field."""
    try:
        document = LimitsDocument.model_validate(given)
    except ValidationError as error:
        faults = Faults()
        for each in error.errors(include_url=False, include_input=False):
            with faults:
                raise BadInput(each["msg"], field=dotted(each["loc"]), code=each["type"]) from None
        faults.settle()
        raise
    check(document)
    return document


def as_values(document: LimitsDocument) -> dict[str, Any]:
    """Return a document as plain values, without what says nothing."""
    return document.model_dump(mode="json", exclude_none=True, exclude_defaults=True)


def as_yaml(document: LimitsDocument) -> str:
    """Return a document as people would write it: a cap or a budget on each line."""
    return "".join(f"{part}: {_inline(value)}\n" for part, value in as_values(document).items())


def _inline(value: Any) -> str:  # Any: plain values
    if isinstance(value, list):
        return "".join(f"\n  - {_inline(each)}" for each in value)
    return json.dumps(value, ensure_ascii=False)  # JSON is YAML as well, and tells a text from a number


def check(document: LimitsDocument) -> None:
    """Raise `BadInput`, with all that does not fit together, each with its field."""
    faults = Faults()
    for place, cap in enumerate(document.caps):
        with faults:
            _check_cap(cap, f"caps[{place}]")
    for place, budget in enumerate(document.budgets):
        with faults:
            _check_budget(budget, f"budgets[{place}]", document.costs, document.budgets[:place])
    faults.settle()


def _check_cap(cap: CapRule, field: str) -> None:
    if not _SHORTEST <= cap.within <= _LONGEST:
        raise BadInput(f"{field}.within is no length for a cap", field=f"{field}.within", fix="give 1m to 366d, such as 24h")
    if len(set(cap.media)) < len(cap.media):
        raise BadInput(f"{field}.media names one twice", field=f"{field}.media", fix="name each once")


def _check_budget(budget: BudgetRule, field: str, costs: Costs, before: Sequence[BudgetRule]) -> None:
    if budget.queue is not None and budget.rule is not None:
        raise BadInput(f"{field} names a queue and a rule", field=f"{field}.rule", fix="name one of them, or neither")
    if budget.target in {each.target for each in before}:
        raise BadInput(f"{field} stands there twice", field=f"{field}.kind", fix="keep one of the two")
    if budget.kind is BudgetKind.CALLS and budget.limit % 1:
        raise BadInput(f"{field}.limit is no number of calls", field=f"{field}.limit", fix="give a whole number")
    if budget.kind is BudgetKind.MONEY and not 0 < max(costs.call, costs.message) <= budget.limit:
        if not max(costs.call, costs.message):
            raise BadInput("nothing says what a call costs", field="costs.call", fix="give the cost of a call or a message")
        raise BadInput(f"{field}.limit pays for no call", field=f"{field}.limit", fix="give at least the cost of one")
