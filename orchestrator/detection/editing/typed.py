"""Values as a person types them: 300 is a number and "300" a text, and commas part several."""

import json
import math
import re
from collections.abc import Sequence

from orchestrator.detection.editing.rows import Scalar

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_PART = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)')


def shown_value(value: Scalar) -> str:
    """Return a value as it is typed, so that `read_value` reads the same."""
    if not isinstance(value, str):
        return repr(value)
    return value if read_value(value) == value and value.isprintable() else json.dumps(value, ensure_ascii=False)


def read_value(text: str) -> Scalar:
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return _unquoted(text)


def shown_values(values: Sequence[Scalar]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) if _parts_badly(value) else shown_value(value) for value in values)


def read_values(text: str) -> tuple[Scalar, ...]:
    """Read values with commas between them; what is empty between two commas is none."""
    return tuple(read_value(part) for part in _PART.findall(text) if part.strip())


def _parts_badly(value: Scalar) -> bool:
    return isinstance(value, str) and (not value or not {",", '"'}.isdisjoint(value))


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        try:
            read = json.loads(text)
        except ValueError:
            return text
        return read if isinstance(read, str) else text
    return text
