"""YAML 1.2 read strictly, with a position for every value.

Only `true` and `false` are booleans: `on`, `no` and `18:00` stay strings. Aliases, tags, directives, duplicate keys
and a second document are errors, each with line and column.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.errors import BadInput
from orchestrator.sayings import saying

YamlValue: TypeAlias = dict[str, "YamlValue"] | list["YamlValue"] | str | int | float | bool | date | None
Path: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 256 * 1024
_DEPTH = 50
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class BadYaml(BadInput):
    """A file that does not fit. `line` and `column` count from 1; `str()` begins with `name:line:column`."""

    code = "bad_yaml"

    def __init__(self, name: str, spot: "Spot", message: str, *, fix: str, field: str | None = None) -> None:
        super().__init__(f"{name}:{spot.line}:{spot.column}: {message} {fix}".rstrip(), field=field, fix=fix)
        self.name, self.line, self.column, self.message = name, spot.line, spot.column, message


@dataclass(frozen=True, slots=True)
class Spot:
    """A line and a column in a file, from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What a file says, and where it says it. Paths hold keys and indices; `keys` are the spots of the keys themselves."""

    name: str
    value: YamlValue
    values: dict[Path, Spot] = field(default_factory=dict)
    keys: dict[Path, Spot] = field(default_factory=dict)

    def spot(self, path: Path, *, of_key: bool = False) -> Spot:
        """Return where the value (or its key) at `path` stands, or else the nearest thing around it."""
        if of_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Spot())


def read_yaml(raw: bytes, *, name: str) -> YamlFile:
    """Read one document, or raise `BadYaml`. An empty file holds None. A bare date arrives as a `date`."""
    if len(raw) > MAX_BYTES:
        raise BadYaml(name, Spot(), "The file is over 256 KB.", fix="Split it.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        spot = Spot(raw.count(b"\n", 0, error.start) + 1)
        raise BadYaml(name, spot, "The file is not UTF-8.", fix="Save it as UTF-8.") from None
    try:
        _check_events(text, name)
        node = _yaml().compose(text)
    except MarkedYAMLError as error:
        spot = _spot(error.problem_mark or error.context_mark)
        raise BadYaml(
            name, spot, saying("This is not YAML: {problem}.", problem=error.problem or error.context), fix=""
        ) from None
    except (YAMLError, RecursionError):
        raise BadYaml(name, Spot(), "This is not YAML.", fix="Remove control characters and deep nesting.") from None
    file = YamlFile(name, None)
    if node is None:
        return file
    value = _Reader(file).read(node, ())
    return YamlFile(name, value, file.values, file.keys)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


def _check_events(text: str, name: str) -> None:
    documents = 0
    for event in _yaml().parse(text):
        spot = _spot(event.start_mark)
        if isinstance(event, AliasEvent):
            raise BadYaml(name, spot, "Aliases are not read.", fix="Write the value out.")
        if getattr(event, "tag", None) is not None:
            raise BadYaml(name, spot, "Tags are not read.", fix="Remove the word that begins with an exclamation mark.")
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise BadYaml(name, spot, "There is a second document.", fix="Keep one document a file.")
            if event.version or event.tags:
                raise BadYaml(name, spot, "Directives are not read.", fix="Remove the lines that begin with %.")


def _spot(mark: Any) -> Spot:  # Any: ruamel's marks carry no types
    return Spot(mark.line + 1, mark.column + 1) if mark is not None else Spot()


class _Reader:
    """Turns nodes into values and notes where each stands."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file

    def read(self, node: Node, path: Path) -> YamlValue:
        self._file.values[path] = _spot(node.start_mark)
        if len(path) > _DEPTH:
            raise self._bad(node, "This is nested too deeply.", f"Use at most {_DEPTH} levels.")
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(inner, (*path, index)) for index, inner in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, YamlValue]:
        found: dict[str, YamlValue] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self._bad(key_node, "A key is a plain word.", "Write a text before the colon.")
            key = str(key_node.value)
            if key in found:
                raise self._bad(key_node, saying("The key '{key}' stands twice.", key=key), "Keep one of them.", key)
            self._file.keys[(*path, key)] = _spot(key_node.start_mark)
            found[key] = self.read(value_node, (*path, key))
        return found

    def _scalar(self, node: ScalarNode) -> YamlValue:
        text = str(node.value)
        if node.style is not None:
            return text
        return self._date(node, text) if _DATE.fullmatch(text) else _plain(text)

    def _date(self, node: ScalarNode, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self._bad(node, f"There is no such date as {text}.", "Correct it, or quote it as a text.") from None

    def _bad(self, node: Node, message: str, fix: str, key: str | None = None) -> BadYaml:
        return BadYaml(self._file.name, _spot(node.start_mark), message, fix=fix, field=key)


def _plain(text: str) -> YamlValue:
    """Resolve a plain scalar by YAML 1.2's core schema, narrowed to `true` and `false` for booleans."""
    match text:
        case "true":
            return True
        case "false":
            return False
        case "" | "~" | "null" | "Null" | "NULL":
            return None
    if _INT.fullmatch(text) and len(text) <= 30:
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text
