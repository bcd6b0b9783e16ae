"""Plain conditions answered without the engine, where the answer is beyond doubt.

Most expressions of rules are paths, comparisons of a path with a constant, and has(), joined by and, or, not. Handing an
event over to the engine costs many times what such an answer costs. So these are also understood here, and only for values
that need no knowledge of CEL's finer rules: two numbers, two texts, two booleans, a field that is there. Anything else is
`UNSURE`, and the engine decides. The engine has compiled and checked every expression before.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias

from orchestrator.detection import anger
from orchestrator.intake.event import Event
from orchestrator.intake.timestamps import format_time


class Seen(Protocol):
    """What an expression sees."""

    @property
    def event(self) -> Event: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...
    @property
    def now(self) -> datetime: ...


class _Unsure:
    def __repr__(self) -> str:
        return "UNSURE"


UNSURE: Final = _Unsure()
Node: TypeAlias = Callable[[Any], Any]  # from what is seen to a JSON value or UNSURE
_EXACT = 2**53
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?![0-9A-Za-z_.]))|(?P<text>'[^'\\\n]*'|"[^"\\\n]*")"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)|(?P<sign>&&|\|\||[=!<>]=|[<>!?:()\[\],]))"""
)
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONSTANTS = {"true": True, "false": False}
_FIELDS: Mapping[str, Callable[[Event], Any]] = {
    "time": lambda event: format_time(event.time),
    "id": lambda event: event.id,
    "source": lambda event: event.source,
    "type": lambda event: event.type,
    "subject": lambda event: event.subject,
}


def shortcut(source: str) -> Node | None:
    """Return a function that answers `source` or is `UNSURE`; None where the expression is not one of the plain ones."""
    tokens = _tokens(source)
    if tokens is None:
        return None
    try:
        parser = _Parser(tokens)
        node = parser.choice()
        parser.take("end")
    except _NotPlain:
        return None
    return node


def _tokens(source: str) -> list[tuple[str, str]] | None:
    tokens, position, source = [], 0, source.rstrip()
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            return None
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return [*tokens, ("end", "end")]


class _NotPlain(Exception):
    """The expression needs the engine."""


class _Parser:
    """Reads CEL's grammar as far as it is plain, and builds the answer as closures."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._next = tokens, 0

    def take(self, wanted: str) -> None:
        if not self._taken(wanted):
            raise _NotPlain

    def choice(self) -> Node:
        condition = self._either()
        if not self._taken("?"):
            return condition
        yes = self._either()
        self.take(":")
        return _choose(condition, yes, self.choice())

    def _either(self) -> Node:
        node = self._both()
        while self._taken("||"):
            node = _join(node, self._both(), decisive=True)
        return node

    def _both(self) -> Node:
        node = self._relation()
        while self._taken("&&"):
            node = _join(node, self._relation(), decisive=False)
        return node

    def _relation(self) -> Node:
        left = self._operand()
        kind, text = self._tokens[self._next]
        if text in _COMPARE and kind == "sign":
            self._next += 1
            return _compare(_COMPARE[text], left, self._operand(), equality=text in ("==", "!="))
        if (kind, text) == ("word", "in"):
            self._next += 1
            return _one_of(left, self._texts())
        return left

    def _operand(self) -> Node:
        if self._taken("!"):
            return _negate(self._operand())
        if self._taken("("):
            node = self.choice()
            self.take(")")
            return node
        kind, text = self._tokens[self._next]
        self._next += 1
        if kind == "number":
            return _constant(float(text) if "." in text else int(text))
        if kind == "text":
            return _constant(text[1:-1])
        if kind == "word":
            return self._word(text)
        raise _NotPlain

    def _word(self, word: str) -> Node:
        if word in _CONSTANTS:
            return _constant(_CONSTANTS[word])
        if not self._taken("("):
            return _path(word)
        kind, argument = self._tokens[self._next]
        self._next += 1
        self.take(")")
        if kind == "word" and word == "has":
            return _has(argument)
        if kind == "word" and word == "anger":
            return _anger(_path(argument))
        raise _NotPlain

    def _texts(self) -> frozenset[str]:
        self.take("[")
        texts = []
        while True:
            kind, text = self._tokens[self._next]
            if kind != "text":
                raise _NotPlain
            texts.append(text[1:-1])
            self._next += 1
            if self._taken("]"):
                return frozenset(texts)
            self.take(",")

    def _taken(self, wanted: str) -> bool:
        kind, text = self._tokens[self._next]
        if kind in ("sign", "end") and text == wanted:
            self._next += 1
            return True
        return False


def _constant(value: object) -> Node:
    return lambda _seen: value


def _path(word: str) -> Node:
    root, *keys = word.split(".")
    if root == "customer" and keys:
        return lambda seen: _walk(seen.attributes, keys)
    if root != "event" or not keys:
        raise _NotPlain
    if keys[0] != "data":
        if len(keys) > 1 or keys[0] not in _FIELDS:
            raise _NotPlain
        field = _FIELDS[keys[0]]
        return lambda seen: field(seen.event)
    inner = keys[1:]
    if len(inner) == 1:
        return _data_field(inner[0])
    return lambda seen: _walk(seen.event.data, inner)


def _data_field(key: str) -> Node:
    def read(seen: Seen) -> Any:
        data = seen.event.data
        return data.get(key, UNSURE) if isinstance(data, dict) else UNSURE

    return read


def _walk(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return UNSURE
        value = value[key]
    return value


def _has(word: str) -> Node:
    parent, _, key = word.rpartition(".")
    if parent in ("", "event"):
        raise _NotPlain
    if parent == "customer":
        return lambda seen: key in seen.attributes
    around = _path(parent)

    def read(seen: Seen) -> Any:
        value = around(seen)
        return key in value if isinstance(value, dict) else UNSURE

    return read


def _anger(argument: Node) -> Node:
    def read(seen: Seen) -> Any:
        text = argument(seen)
        return anger.score(text) if isinstance(text, str) else UNSURE

    return read


def _compare(holds: Callable[[Any, Any], bool], left: Node, right: Node, *, equality: bool) -> Node:
    def read(seen: Seen) -> Any:
        a, b = left(seen), right(seen)
        kind, other = a.__class__, b.__class__
        if kind is other:
            if kind is str or kind is int or kind is float or (kind is bool and equality):
                return holds(a, b)
        elif (kind is int and other is float) or (kind is float and other is int):
            # Between an int and a double of this size the engine may compare the doubles nearest to them.
            return holds(a, b) if -_EXACT < a < _EXACT and -_EXACT < b < _EXACT else UNSURE
        return UNSURE

    return read


def _one_of(left: Node, texts: frozenset[str]) -> Node:
    def read(seen: Seen) -> Any:
        value = left(seen)
        return value in texts if isinstance(value, str) else UNSURE

    return read


def _negate(node: Node) -> Node:
    def read(seen: Seen) -> Any:
        value = node(seen)
        return not value if value is True or value is False else UNSURE

    return read


def _join(left: Node, right: Node, *, decisive: bool) -> Node:
    """`&&` and `||`: the decisive value on the left settles it; otherwise both sides have to be sure."""
    other = not decisive

    def read(seen: Seen) -> Any:
        value = left(seen)
        if value is decisive:
            return decisive
        if value is not other:
            return UNSURE
        value = right(seen)
        return value if value is True or value is False else UNSURE

    return read


def _choose(condition: Node, yes: Node, no: Node) -> Node:
    def read(seen: Seen) -> Any:
        value = condition(seen)
        if value is True:
            return yes(seen)
        return no(seen) if value is False else UNSURE

    return read
