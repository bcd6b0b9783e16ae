"""What a condition asks of an event, as far as it can be told without one: alternatives, each a set of facts about fields."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from orchestrator.detection.expressions import Yields
from orchestrator.detection.lint.trees import Call, Constant, Group, Node, Select, field_of, tree_of

_MOST = 256  # alternatives: beyond that, a condition is taken to ask nothing


class Sign(StrEnum):
    EQUAL = "=="
    OTHER = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Compared:
    """The field is there and stands so to a constant."""

    field: str
    sign: Sign
    value: str | int | float | bool | None

    def __str__(self) -> str:
        return f"{self.field} {self.sign} {json.dumps(self.value, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Present:
    field: str
    there: bool = True

    def __str__(self) -> str:
        return f"{'' if self.there else '!'}has({self.field})"


Fact = Compared | Present
Facts = frozenset[Fact]
ASKS_NOTHING: Facts = frozenset()

_SIGNS = {f"_{sign.value}_": sign for sign in Sign}
_OPPOSITE = {
    Sign.EQUAL: Sign.OTHER,
    Sign.OTHER: Sign.EQUAL,
    Sign.LESS: Sign.AT_LEAST,
    Sign.AT_LEAST: Sign.LESS,
    Sign.MORE: Sign.AT_MOST,
    Sign.AT_MOST: Sign.MORE,
}
_TURNED = {
    Sign.LESS: Sign.MORE,
    Sign.MORE: Sign.LESS,
    Sign.AT_MOST: Sign.AT_LEAST,
    Sign.AT_LEAST: Sign.AT_MOST,
    Sign.EQUAL: Sign.EQUAL,
    Sign.OTHER: Sign.OTHER,
}


def alternatives(where: str | None) -> frozenset[Facts]:
    """Return the ways in which a condition may hold: in each, all facts do. None at all means that it never holds.

    What cannot be told asks nothing, so a condition that can be met always has an alternative that can.
    """
    if where is None:
        return frozenset({ASKS_NOTHING})
    return _ways(tree_of(where, Yields.CONDITION), True)


def both(first: frozenset[Facts], second: frozenset[Facts]) -> frozenset[Facts]:
    """Return the ways in which two conditions hold together."""
    if len(first) * len(second) > _MOST:
        return frozenset({ASKS_NOTHING})
    return frozenset(one | other for one, other in product(first, second))


def _ways(node: Node, holds: bool) -> frozenset[Facts]:
    match node:
        case Constant(bool(value)):
            return frozenset({ASKS_NOTHING}) if value is holds else frozenset()
        case Call("!_", (inner,)):
            return _ways(inner, not holds)
        case Call("_&&_" | "_||_" as operator, (left, right)):
            ways = _ways(left, holds), _ways(right, holds)
            return both(*ways) if (operator == "_&&_") is holds else _either(*ways)
        case Call("_?_:_", (asked, then, otherwise)):
            yes = both(_ways(asked, True), _ways(then, holds))
            return _either(yes, both(_ways(asked, False), _ways(otherwise, holds)))
        case Call("@in", (inner, Group(parts, is_list=True))):
            return _among(inner, parts, holds)
        case Call(function, (left, right)) if function in _SIGNS:
            return _one(_compared(left, _SIGNS[function], right, holds))
        case Select(operand, field, is_test=True) if (before := field_of(operand)) is not None:
            return _one(Present(f"{before}.{field}", holds))
    named = field_of(node)
    return _one(None if named is None else Compared(named, Sign.EQUAL, holds))


def _either(first: frozenset[Facts], second: frozenset[Facts]) -> frozenset[Facts]:
    ways = first | second
    return ways if len(ways) <= _MOST else frozenset({ASKS_NOTHING})


def _one(fact: Fact | None) -> frozenset[Facts]:
    return frozenset({ASKS_NOTHING if fact is None else frozenset({fact})})


def _among(node: Node, parts: Sequence[Node], holds: bool) -> frozenset[Facts]:
    each = [_compared(node, Sign.EQUAL, part, holds) for part in parts]
    known = [fact for fact in each if fact is not None]
    if len(known) < len(each):
        return frozenset({ASKS_NOTHING})
    return frozenset(frozenset({fact}) for fact in known) if holds else frozenset({frozenset(known)})


def _compared(left: Node, sign: Sign, right: Node, holds: bool) -> Compared | None:
    if isinstance(left, Constant) and not isinstance(right, Constant):
        left, sign, right = right, _TURNED[sign], left
    named = field_of(left)
    if named is None or not isinstance(right, Constant) or isinstance(right.value, bytes):
        return None
    return Compared(named, sign if holds else _OPPOSITE[sign], right.value)
