"""Which part of a condition an event did not meet: the field, what it held, and what was asked of it. Pure."""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.detection import anger
from orchestrator.detection.expressions import Scope, Yields
from orchestrator.detection.lint.conditions import Compared, Fact, Present, Sign, alternatives
from orchestrator.detection.lint.trees import Call, Constant, Plain, field_of, tree_of, walk
from orchestrator.detection.patterns import Pattern

_PERSONAL = frozenset({"name", "phone", "email", "subject", "text"})  # of these no value is told
_LONGEST = 40  # characters of a text that is told
_ORDERS: Mapping[Sign, Callable[..., bool]] = {  # ...: two numbers, or two texts
    Sign.LESS: operator.lt,
    Sign.AT_MOST: operator.le,
    Sign.MORE: operator.gt,
    Sign.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Unmet:
    """`field` as the expression writes it. Without a sign, it only had to be there, or (`absent` False) not to be there.

    `held` is what stood there; where `absent`, nothing did; where `hidden`, it is a person's own words.
    """

    field: str
    sign: Sign | None
    asked: Plain
    held: Plain = None
    absent: bool = False
    hidden: bool = False
    of_anger: bool = False


def unmet(patterns: Sequence[Pattern], scope: Scope) -> tuple[Unmet, ...]:
    """Return what stood in the way of the pattern that came nearest; nothing where no part of a condition tells it."""
    ways = [way for pattern in patterns if pattern.where is not None for way in _ways(pattern.where.source, scope)]
    return min((way for way in ways if way), key=len, default=())


def _ways(source: str, scope: Scope) -> Iterator[tuple[Unmet, ...]]:
    for facts in alternatives(source):
        missed = (_missed(fact, scope) for fact in sorted(facts, key=str))
        found = tuple(each for each in missed if each is not None)
        yield (*found, *_calm(source, scope))


def _missed(fact: Fact, scope: Scope) -> Unmet | None:
    is_there, held = _held(fact.field, scope)
    match fact:
        case Present(there=there):
            return None if is_there is there else _told(fact.field, None, None, is_there, held)
        case Compared(sign=sign, value=asked):
            return None if is_there and _stands(held, sign, asked) else _told(fact.field, sign, asked, is_there, held)


def _told(field: str, sign: Sign | None, asked: Plain, is_there: bool, held: object) -> Unmet:
    plain = held if isinstance(held, str | int | float | bool) or held is None else None
    personal = field.rpartition(".")[2] in _PERSONAL or (isinstance(held, str) and len(held) > _LONGEST)
    hidden = is_there and (personal or (plain is None and held is not None))
    return Unmet(field, sign, asked, None if hidden else plain, absent=not is_there, hidden=hidden)


def _held(field: str, scope: Scope) -> tuple[bool, object]:
    """Return whether the field is there, and its value."""
    event = scope.event
    seen: object = {
        "event": {"type": event.type, "source": event.source, "id": event.id, "subject": event.subject, "data": event.data},
        "customer": scope.attributes,
    }
    for part in field.split("."):
        if not isinstance(seen, Mapping) or part not in seen:
            return False, None
        seen = seen[part]
    return True, seen


def _stands(held: object, sign: Sign, asked: Plain) -> bool:
    if sign in (Sign.EQUAL, Sign.OTHER):
        same = held == asked and isinstance(held, bool) is isinstance(asked, bool)
        return same is (sign is Sign.EQUAL)
    if isinstance(held, bool) or isinstance(asked, bool):
        return False
    numbers = isinstance(held, int | float) and isinstance(asked, int | float)
    return (numbers or (isinstance(held, str) and isinstance(asked, str))) and _ORDERS[sign](held, asked)


def _calm(source: str, scope: Scope) -> Iterator[Unmet]:
    """Yield how angry a text was where the condition asks for more: a call of a function, which no field tells."""
    for node in walk(tree_of(source, Yields.CONDITION)):
        match node:
            case Call("_>=_", (Call("anger", (about,)), Constant(int(least)))) if (named := field_of(about)) is not None:
                is_there, text = _held(named, scope)
                counted = anger.score(text) if isinstance(text, str) else 0
                if counted < least:
                    yield Unmet(named, Sign.AT_LEAST, least, counted, absent=not is_there, of_anger=True)
