"""Values as YAML writes them on one line, wherever they stand."""

import json
import re
from collections.abc import Mapping, Sequence

from orchestrator.detection.yaml_files import BadYaml, YamlValue, read_yaml

_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_MARKS = ("&", "*", "!")  # of anchors, aliases and tags


def written(value: YamlValue, *, style: str | None = None) -> str:
    """Return `value` in YAML's flow style. A text keeps the quotes it had (`style`), and has quotes wherever it needs them."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value, style)
        case Mapping():
            return "{" + ", ".join(f"{written(key)}: {written(each)}" for key, each in value.items()) + "}"
        case Sequence():
            return "[" + ", ".join(written(each) for each in value) + "]"
    return str(value)


def _text(text: str, style: str | None) -> str:
    if style not in ('"', "'") and _reads_back(text):
        return text
    if _ODD.search(text) is None and "'" not in text and (style == "'" or (style is None and '"' in text)):
        return f"'{text}'"
    quoted = json.dumps(text, ensure_ascii=False)
    return _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", quoted)


def _reads_back(text: str) -> bool:
    """Say whether a text may stand as it is: alone, in a list, and as a key's value between braces."""
    if text != text.strip() or text[:1] in _MARKS or _ODD.search(text):
        return False
    try:
        return read_yaml(f"[{{a: {text}, b: [{text}]}}]".encode(), name="").value == [{"a": text, "b": [text]}] and _alone(text)
    except (BadYaml, UnicodeEncodeError):
        return False


def _alone(text: str) -> bool:
    return read_yaml(f"a: {text}\n".encode(), name="").value == {"a": text}


def without_braces(value: YamlValue) -> str:
    """Return a map of one map, as steps are, with braces around the inner one alone; anything else as it is."""
    if isinstance(value, dict) and len(value) == 1:
        [(key, inner)] = value.items()
        return f"{written(key)}: {written(inner)}" if isinstance(inner, dict) else written(value)
    return written(value)


def in_lines(value: YamlValue) -> list[str]:
    """Return maps a key a line and lists of maps an item a line; what is further inside stands in one line."""
    if isinstance(value, dict):
        return [line for key, each in value.items() for line in _with_lines(written(key) + ":", each)]
    if isinstance(value, list):
        return [f"- {written(each)}" for each in value]
    return [written(value)]


def _with_lines(key: str, value: YamlValue) -> list[str]:
    if (isinstance(value, dict) and value) or (isinstance(value, list) and any(isinstance(each, dict) for each in value)):
        return [key, *(f"  {line}" for line in in_lines(value))]
    return [f"{key} {written(value)}"]
