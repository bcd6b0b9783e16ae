"""Numbers summed and compared exactly: 0.1 is a tenth, as its shortest text says, not the double nearest to it."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from orchestrator.detection.expressions import Expression, Failure, Scope

Exact: TypeAlias = int | Fraction


def exact(number: int | float) -> Exact:
    """Return the number its shortest decimal text stands for. `number` is finite."""
    return number if isinstance(number, int) else Fraction(repr(number))


def exact_value(value: object) -> Exact | Failure:
    """Return a finite number exactly; anything else, a bool too, is a failure."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Failure("The value is not a number.")
    if not math.isfinite(value):
        return Failure("The value is not finite.")
    return exact(value)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of a rule: fixed, or an expression over the event."""

    fixed: Exact
    expression: Expression | None = None

    def evaluate(self, scope: Scope) -> Exact | Failure:
        if self.expression is None:
            return self.fixed
        value = self.expression.evaluate(scope)
        return value if isinstance(value, Failure) else exact_value(value)


ONE = Amount(1)
