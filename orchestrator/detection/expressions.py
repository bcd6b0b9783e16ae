"""CEL behind our own thin interface: compiled and checked once, evaluated without ever raising.

The engine is Google's C++ one (`cel-expr-python`). It stops by itself at 10,000 comprehension steps and 32 levels of nesting,
and its regular expressions take linear time. What it does not count is how much memory values take: see `growth`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from cel_expr_python import cel

from orchestrator.detection import anger
from orchestrator.detection.growth import what_is_too_large
from orchestrator.detection.shortcuts import UNSURE, shortcut
from orchestrator.errors import BadInput
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.timestamps import format_time
from orchestrator.sayings import saying

MAX_CHARACTERS = 2_000
_SHORTER = "Write a shorter or flatter expression."
_TYPE = cel.Type
_ERROR = cel.Type.ERROR
_QUOTED = re.compile(r'"[^"]*"')
_PLACE = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")


class Yields(Enum):
    """What an expression may yield, as far as the checker can know: field values are `dyn` to it."""

    CONDITION = ("true or false", ("BOOL",))
    KEY = ("a text or a whole number", ("STRING", "INT", "UINT"))
    NUMBER = ("a number", ("INT", "UINT", "DOUBLE"))
    SHARE = ("a number between 0 and 1", ("INT", "UINT", "DOUBLE"))
    INSTANT = ("a date, a date-time or a timestamp", ("STRING", "TIMESTAMP"))


class BadExpression(BadInput):
    """An expression that does not compile. `line` and `column` count from 1 within the expression."""

    code = "bad_expression"

    def __init__(self, message: str, *, line: int = 1, column: int = 1, fix: str) -> None:
        super().__init__(f"line {line}, column {column}: {message} {fix}", fix=fix)
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Failure:
    """What an evaluation yields instead of a value. The message holds names of fields, never their values."""

    message: str


class _Wrong:
    """Stands for a value that has no place among ours (bytes, a type, a duration)."""


Value: TypeAlias = JsonValue | datetime | _Wrong


class Scope:
    """What expressions see of one moment: the event, the customer's attributes (with `id`), and `now`.

    One activation serves all expressions, and is made only when one of them needs the engine.
    """

    __slots__ = ("_activation", "attributes", "event", "now")

    def __init__(self, event: Event, attributes: Mapping[str, JsonValue], now: datetime | None = None) -> None:
        self.event, self.attributes = event, attributes
        self.now = event.time if now is None else now
        self._activation: cel.Activation | None = None

    def activation(self) -> cel.Activation:
        if self._activation is None:
            event = self.event
            seen = {
                "data": event.data,
                "id": event.id,
                "source": event.source,
                "type": event.type,
                "subject": event.subject,
                "time": format_time(event.time),
            }
            self._activation = _ENGINE.Activation({"event": seen, "customer": self.attributes, "now": self.now})
        return self._activation


class Expression:
    """A compiled expression. The engine answers it, unless a shortcut is sure of the answer."""

    __slots__ = ("_program", "_shortcut", "source")

    def __init__(self, source: str, program: cel.Expression) -> None:
        self.source, self._program = source, program
        self._shortcut = shortcut(source) or _always_unsure

    def evaluate(self, scope: Scope) -> Value | Failure:
        value = self._shortcut(scope)
        return self.ask_engine(scope) if value is UNSURE else value

    def holds(self, scope: Scope) -> bool | Failure:
        """Say whether it yields exactly `true`; a failure is told apart so that it can be counted."""
        value = self.evaluate(scope)
        return value if isinstance(value, Failure) else value is True

    def serialized(self) -> bytes:
        """Return the checked expression as the engine writes it: a packed `cel.expr.CheckedExpr`."""
        return bytes(self._program.serialize())

    def ask_engine(self, scope: Scope) -> Value | Failure:
        try:
            result = self._program.eval(scope.activation())
        except RuntimeError as error:  # a budget ran out: the engine raises instead of yielding an error
            return _failure(str(error))
        except MemoryError:
            return _failure("out of memory")
        return _from_engine(result)


def _always_unsure(_scope: Scope) -> Any:  # Any: as of every shortcut
    return UNSURE


def compile_expression(source: str, yields: Yields) -> Expression:
    """Compile and type-check `source`, or raise `BadExpression` with line, column and a fix."""
    if len(source) > MAX_CHARACTERS:
        raise BadExpression(f"The expression is over {MAX_CHARACTERS} characters.", fix="Split the rule.")
    try:
        program = _ENGINE.compile(source)
    except RuntimeError as error:
        raise _explained(str(error)) from None
    wanted, names = yields.value
    found = program.return_type().name()
    if found != "DYN" and found not in names:
        raise BadExpression(
            f"The expression yields {found.lower()}.", fix=saying("It must yield {wanted}.", wanted=saying(wanted))
        )
    if yields is Yields.SHARE and (always := _constant(program)) is not None and not _is_share(always):
        raise BadExpression("The expression yields no number between 0 and 1.", fix="Write one like 0.8.")
    if (too_large := what_is_too_large(source, program.serialize())) is not None:
        raise BadExpression(too_large, fix=_SHORTER)
    return Expression(source, program)


def _constant(program: cel.Expression) -> Value | None:
    """Return what an expression yields of any event, known where it yields it of nothing at all; else None."""
    try:
        result = program.eval(_ENGINE.Activation({}))
    except (RuntimeError, MemoryError):
        return None
    value = _from_engine(result)
    return None if isinstance(value, Failure) else value


def _is_share(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _explained(text: str) -> BadExpression:
    if "recursion" in text:  # told in two ways, by the parser and by what comes after it
        return BadExpression("The expression is nested too deeply.", fix=_SHORTER)
    place = _PLACE.search(text)
    if place is None:
        message = text.splitlines()[0].removesuffix("]").rpartition(" [")[0] or text
        return BadExpression(f"{message}.", fix=_SHORTER)
    message = place[3].removesuffix(" (in container '')").partition(" expecting ")[0]
    return BadExpression(f"{message}.", line=int(place[1]), column=int(place[2]), fix=_fix(message))


def _fix(message: str) -> str:
    if message.startswith("undeclared reference"):
        return "Known are event (id, source, type, subject, time, data), customer, now and CEL's own functions."
    if message.startswith("found no matching overload"):
        return "Compare and calculate with values of one kind, for instance double(x) * 2.0."
    return "See the CEL language definition."


def _from_engine(result: cel.Value) -> Value | Failure:
    value = result.plain_value()
    if value is True or value is False:
        return value
    if isinstance(value, str):
        return _failure(value) if result.type() == _ERROR else value
    if value is None or isinstance(value, int | float | list | dict | datetime):
        return value
    return _Wrong()


def _failure(message: str) -> Failure:
    """Keep the kind of an error and the names of fields; other quoted words are values, and may be personal."""
    named = message if message.startswith("NOT_FOUND: Key not found in map") else _QUOTED.sub('"…"', message)
    return Failure(named[:300])


def _engine() -> cel.Env:
    return cel.NewEnv(
        variables={
            "event": _TYPE.Map(_TYPE.STRING, _TYPE.DYN),
            "customer": _TYPE.Map(_TYPE.STRING, _TYPE.DYN),
            "now": _TYPE.TIMESTAMP,
        },
        functions=[
            cel.FunctionDecl(
                "anger",
                [cel.Overload("anger_string", return_type=_TYPE.INT, parameters=[_TYPE.STRING], impl=anger.score)],
            )
        ],
    )


_ENGINE = _engine()
