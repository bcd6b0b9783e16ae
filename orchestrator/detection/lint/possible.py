"""Whether an event can be what a set of facts asks."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.detection.lint.conditions import Compared, Fact, Facts, Present, Sign
from orchestrator.detection.lint.trees import Plain
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.intake.json_text import JsonValue
from orchestrator.sayings import Saying, saying

_TEXTS = ("event.id", "event.source", "event.type", "event.subject", "event.time")
_TEXTS_OF_CUSTOMERS = ("id", "name", "phone", "email", "language", "zone", "country", "region")
_TEXT: Mapping[str, JsonValue] = {"type": "string"}
_ANY: Mapping[str, JsonValue] = {}
# Kinds by the name JSON Schema has for them; a kind that is not among these cannot be compared with a constant.
_WORDS = {"string": "{facts} (it is a text)", "boolean": "{facts} (it is true or false)"}
_WIDE = 1000  # whole numbers between two bounds are tried one by one up to here
_KINDS = ("null", "boolean", "number", "string")


def contradiction(facts: Facts, event_type: str | None) -> str | None:
    """Return the facts that no event of a type can meet together, in words; None where one may.

    Without a type, or with one that the catalogue does not know, its data may be any JSON.
    """
    by_field: dict[str, list[Fact]] = defaultdict(list)
    for fact in sorted(facts, key=str):
        by_field[fact.field].append(fact)
    for name, own in by_field.items():
        schema = _schema(name, event_type)
        if not _can_meet(own, schema, literal=event_type if name == "event.type" else None):
            return _told(" && ".join(map(str, own)), schema)
    return None


def _schema(name: str, event_type: str | None) -> Mapping[str, JsonValue]:
    if name in _TEXTS:
        return _TEXT
    first, _, rest = name.partition(".")
    if first == "customer":
        return _TEXT if rest in _TEXTS_OF_CUSTOMERS else {"type": "boolean"} if rest == "do_not_call" else _ANY
    known = EVENT_TYPES.get(event_type or "")
    if known is None or not name.startswith("event.data."):
        return _ANY
    return next((each.shape.schema for each in known.fields if f"event.data.{each.name}" == name), _ANY)


def _told(facts: str, schema: Mapping[str, JsonValue]) -> Saying:
    if schema.get("type") != "integer":
        words = _WORDS.get(str(schema.get("type")))
        return saying(words, facts=facts) if words is not None else saying("{facts}", facts=facts)
    low, high = schema["minimum"], schema.get("maximum")
    if high is None:
        return saying("{facts} (it is a whole number from {low})", facts=facts, low=low)
    return saying("{facts} (it is a whole number from {low} to {high})", facts=facts, low=low, high=high)


@dataclass(slots=True)
class _Numbers:
    """What is left of the numbers, while facts are held against them."""

    low: float = -math.inf
    high: float = math.inf
    low_is_in: bool = True
    high_is_in: bool = True
    whole: bool = False
    equal: list[float] = field(default_factory=list)
    others: set[float] = field(default_factory=set)

    def hold(self, sign: Sign, value: float) -> None:
        match sign:
            case Sign.EQUAL:
                self.equal.append(value)
            case Sign.OTHER:
                self.others.add(value)
            case Sign.LESS | Sign.AT_MOST:
                self._cap(value, sign is Sign.AT_MOST)
            case Sign.MORE | Sign.AT_LEAST:
                self._floor(value, sign is Sign.AT_LEAST)

    def _cap(self, value: float, is_in: bool) -> None:
        if (value, is_in) < (self.high, self.high_is_in):
            self.high, self.high_is_in = value, is_in

    def _floor(self, value: float, is_in: bool) -> None:
        if (value, not is_in) > (self.low, not self.low_is_in):
            self.low, self.low_is_in = value, is_in

    def any_left(self) -> bool:
        if self.equal:
            return all(value == self.equal[0] for value in self.equal) and self._has(self.equal[0])
        if self.low > self.high or (self.low == self.high and not self._has(self.low)):
            return False
        if not self.whole or self.high - self.low > _WIDE:
            return True
        return any(self._has(value) for value in range(math.ceil(self.low), math.floor(self.high) + 1))

    def _has(self, value: float) -> bool:
        above = value > self.low or (value == self.low and self.low_is_in)
        below = value < self.high or (value == self.high and self.high_is_in)
        return above and below and value not in self.others and not (self.whole and value != math.floor(value))


def _can_meet(facts: list[Fact], schema: Mapping[str, JsonValue], *, literal: str | None) -> bool:
    presence = {fact.there for fact in facts if isinstance(fact, Present)}
    compared = [fact for fact in facts if isinstance(fact, Compared)]
    if False in presence:
        return len(presence) == 1 and not compared
    kinds = [_kind_of_schema(schema)] if "type" in schema else [*_KINDS, None]
    return any(_kind_can(kind, compared, schema, literal) for kind in kinds)


def _kind_can(kind: str | None, compared: list[Compared], schema: Mapping[str, JsonValue], literal: str | None) -> bool:
    same = [fact for fact in compared if kind is not None and _kind_of(fact.value) == kind]
    # A value of another kind is simply not equal, and cannot be put in order.
    if any(fact.sign is not Sign.OTHER for fact in compared if fact not in same):
        return False
    if kind == "number":
        return _numbers_left(same, schema)
    equal = {fact.value for fact in same if fact.sign is Sign.EQUAL} | ({literal} if literal is not None else set())
    others = {fact.value for fact in same if fact.sign is Sign.OTHER}
    if kind in ("null", "boolean"):
        every: set[Plain] = {None} if kind == "null" else {True, False}
        return bool((every & equal if equal else every) - others) and len(equal) <= 1
    return len(equal) <= 1 and not equal & others


def _numbers_left(facts: list[Compared], schema: Mapping[str, JsonValue]) -> bool:
    numbers = _Numbers(whole=schema.get("type") == "integer")
    for key, sign in (("minimum", Sign.AT_LEAST), ("maximum", Sign.AT_MOST)):
        if isinstance(bound := schema.get(key), int | float):
            numbers.hold(sign, bound)
    for fact in facts:
        if isinstance(fact.value, int | float):
            numbers.hold(fact.sign, fact.value)
    return numbers.any_left()


def _kind_of(value: Plain) -> str | None:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else None


def _kind_of_schema(schema: Mapping[str, JsonValue]) -> str:
    return "number" if schema["type"] == "integer" else str(schema["type"])
