"""JSON read more strictly than the standard asks: what two readers could understand differently is refused."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NoReturn, TypeAlias

from orchestrator.intake.refusals import Reason, Refused

JsonValue: TypeAlias = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

MAX_EVENT_BYTES = 64 * 1024
MAX_DEPTH = 256
_LOWEST, _BEYOND = -(2**63), 2**63
_EXACT = 2**53
_WHITESPACE = " \t\n\r"
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


class _Strange(Exception):
    """Something in the text is refused; a second, slower reading finds out what and where."""


class _Flaw:
    """Stands in a leniently read tree where a refused value was."""

    def __init__(self, reason: Reason, key: str | None = None) -> None:
        self.reason, self.key = reason, key


def read(raw: bytes) -> JsonValue:
    """Return the one JSON value of `raw`, or raise `Refused`.

    Refused are: more than 64 KB, bytes that are not UTF-8, anything that is not JSON (`NaN` and `Infinity` too), an object
    with a key twice, a number below -2^63 or from 2^63, NUL or a lone surrogate in a text, more than 256 levels.
    Numbers with an integral value come back as int, however they were written.
    """
    if len(raw) > MAX_EVENT_BYTES:
        _refuse_size()
    text = _decoded(raw).strip(_WHITESPACE)
    value, end = _value_at(text, 0)
    if end != len(text):
        raise _malformed() from None
    return value


def read_many(raw: bytes) -> list[tuple["JsonValue | Refused", str]]:
    """Return the elements of a JSON array, each with its text; one that is refused for itself stands as its `Refused`.

    Raises `Refused` when the whole is not a JSON array. The caller limits its size.
    """
    text = _decoded(raw).strip(_WHITESPACE)
    if not text.startswith("["):
        raise _malformed() from None
    start = _skip(text, 1)
    if text[start:] == "]":
        return []
    elements: list[tuple[JsonValue | Refused, str]] = []
    while True:
        element, end = _element_at(text, start)
        elements.append((element, text[start:end]))
        end = _skip(text, end)
        if end == len(text) - 1 and text[end] == "]":
            return elements
        if text[end : end + 1] != ",":
            raise _malformed()
        start = _skip(text, end + 1)


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Refused(Reason.BAD_TEXT, "The bytes are not UTF-8.", fix="Encode the JSON text as UTF-8.") from None
    if "\0" in text:
        raise Refused(Reason.BAD_TEXT, "The text holds NUL.", fix="Remove NUL characters.")
    return text


def _value_at(text: str, start: int) -> tuple[JsonValue, int]:
    try:
        value, end = _read_strictly(text, start)
    except json.JSONDecodeError:
        raise _malformed() from None
    except (_Strange, RecursionError, ValueError):  # int() refuses thousands of digits with a bare ValueError
        _explain(text, start)
    if text.count("[", start, end) + text.count("{", start, end) > MAX_DEPTH:
        _end_of(text, start)
    if _SUSPECT_ESCAPE.search(text, start, end):
        _refuse_flaws(value)
    return value, end


def _element_at(text: str, start: int) -> tuple[JsonValue | Refused, int]:
    try:
        value, end = _value_at(text, start)
    except Refused as refused:
        if text[start] not in "{[" or (refused.reason is Reason.MALFORMED and refused.field is None):
            raise
        return refused, _end_of(text, start, depth_limit=len(text))
    if (end - start) * 4 > MAX_EVENT_BYTES and len(text[start:end].encode()) > MAX_EVENT_BYTES:
        return Refused(Reason.TOO_LARGE, "The event is over 64 KB.", fix="Send at most 65,536 bytes an event."), end
    return value, end


def _skip(text: str, index: int) -> int:
    while text[index : index + 1] in _WHITESPACE and index < len(text):
        index += 1
    return index


def _end_of(text: str, start: int, *, depth_limit: int = MAX_DEPTH) -> int:
    """Return where the object or array at `start` ends, without recursion; refuse what is nested deeper than the limit."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] in "[{":
            depth += 1
            if depth > depth_limit:
                _refuse_depth()
        elif token[0] in "]}":
            depth -= 1
            if depth == 0:
                return token.end()
    raise _malformed()


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Strange
    return found


def _whole(digits: str) -> int:
    number = int(digits)
    if _LOWEST <= number < _BEYOND:
        return number
    raise _Strange


def _fraction(digits: str) -> int | float:
    number = float(digits)
    if not -_EXACT < number < _EXACT:
        return _large(digits, number)
    return int(number) if number.is_integer() else number


def _large(digits: str, number: float) -> int:
    # A double cannot tell 2^63 - 1 from 2^63, so numbers of this size are judged by their digits.
    if not _LOWEST * 2 < number < _BEYOND * 2:
        raise _Strange
    exact = Decimal(digits)
    whole = int(exact) if exact == exact.to_integral_value() else int(number)
    if exact < _LOWEST or whole >= _BEYOND:
        raise _Strange
    return whole


def _constant(_name: str) -> NoReturn:
    raise _Strange


_read_strictly = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_whole, parse_float=_fraction, parse_constant=_constant
).raw_decode


def _lenient_pairs(pairs: list[tuple[str, object]]) -> object:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return _Flaw(Reason.DUPLICATE_KEY, twice)


def _lenient_whole(digits: str) -> object:
    return 0 if len(digits) < 19 else _lenient(_whole, digits)


def _lenient_fraction(digits: str) -> object:
    return _lenient(_fraction, digits)


def _lenient(read_number: object, digits: str) -> object:
    try:
        return read_number(digits)  # type: ignore[operator]
    except (_Strange, ValueError):
        return _Flaw(Reason.BAD_NUMBER)


_read_leniently = json.JSONDecoder(
    object_pairs_hook=_lenient_pairs,
    parse_int=_lenient_whole,
    parse_float=_lenient_fraction,
    parse_constant=lambda _name: _Flaw(Reason.BAD_NUMBER),
).raw_decode


def _explain(text: str, start: int) -> NoReturn:
    """Raise the refusal, naming the field, of a text that the strict reading gave up."""
    try:
        tree, _ = _read_leniently(text, start)
    except json.JSONDecodeError:
        raise _malformed() from None
    except RecursionError:
        _refuse_depth()
    _refuse_flaws(tree)
    raise _malformed()


def _refuse_flaws(tree: object) -> None:
    for path, value in _walk(tree):
        if isinstance(value, _Flaw):
            _refuse_flaw(value, path)
        if isinstance(value, str) and not _is_text(value):
            detail = "A text holds NUL or half of a surrogate pair."
            raise Refused(Reason.BAD_TEXT, detail, field=_shown(path), fix="Remove NUL; encode characters whole.")


def _walk(tree: object) -> Iterator[tuple[str, object]]:
    """Yield every value and key below `tree` with its dotted path."""
    waiting: list[tuple[str, object]] = [("", tree)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            yield from ((path, key) for key in value)
            waiting += [(f"{path}.{key}" if path else key, inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}.{index}", inner) for index, inner in enumerate(value)]


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _refuse_flaw(flaw: _Flaw, path: str) -> NoReturn:
    if flaw.reason is Reason.DUPLICATE_KEY:
        field = _shown(f"{path}.{flaw.key}" if path else str(flaw.key))
        raise Refused(flaw.reason, "A key stands twice in one object.", field=field, fix="Send each key once.")
    detail = "A number is not finite or does not fit 64 bits."
    fix = "Send numbers from -2^63 to below 2^63, others as text."
    raise Refused(flaw.reason, detail, field=_shown(path), fix=fix)


def _shown(path: str) -> str | None:
    """Return a path fit for an error: keys may be long, or hold what the refusal is about."""
    return path[:200].encode(errors="replace").decode().replace("\0", "?") or None


def _malformed() -> Refused:
    return Refused(Reason.MALFORMED, "This is not JSON.", fix="Send one JSON object an event, as RFC 8259 has it.")


def _refuse_depth() -> NoReturn:
    detail = f"The JSON is nested deeper than {MAX_DEPTH} levels."
    raise Refused(Reason.MALFORMED, detail, field="data", fix="Send flatter data.")


def _refuse_size() -> NoReturn:
    raise Refused(Reason.TOO_LARGE, "The event is over 64 KB.", fix="Send at most 65,536 bytes an event.")
