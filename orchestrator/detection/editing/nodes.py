"""A YAML text with its nodes: where each value begins and really ends, without the blank lines and comments behind it."""

from dataclasses import dataclass
from typing import Self

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from orchestrator.detection.yaml_files import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value, or an item of a list (whose key is None)."""

    key: Node | None
    value: Node

    @property
    def name(self) -> str:
        return str(self.key.value) if self.key is not None else ""


@dataclass(frozen=True, slots=True)
class Tree:
    text: str
    root: Node

    @classmethod
    def of(cls, text: str) -> Self:
        """Compose a text that `read_yaml` can read and that holds something."""
        return cls(text, YAML(typ="safe", pure=True).compose(text))

    def find(self, path: Path) -> Entry | None:
        found: Entry | None = Entry(None, self.root)
        for part in path:
            found = self._below(found.value, part) if found is not None else None
        return found

    def entries(self, node: Node) -> list[Entry]:
        if isinstance(node, MappingNode):
            return [Entry(key, value) for key, value in node.value]
        return [Entry(None, value) for value in node.value] if isinstance(node, SequenceNode) else []

    def start(self, entry: Entry) -> int:
        """Return where an entry begins: at its key, or at a list's item itself (behind its dash)."""
        return int((entry.key or entry.value).start_mark.index)

    def value_start(self, entry: Entry) -> int:
        return self.end(entry) if is_blank(entry.value) else int(entry.value.start_mark.index)

    def end(self, entry: Entry) -> int:
        """Return where the last character of an entry's value ends."""
        node = entry.value
        if is_blank(node):
            return self.text.index(":", entry.key.end_mark.index) + 1 if entry.key is not None else int(node.start_mark.index)
        inner = self.entries(node)
        if inner and not is_flow(node):
            return self.end(inner[-1])
        end = int(node.end_mark.index)
        return end if not isinstance(node, ScalarNode) or node.style not in ("|", ">") else len(self.text[:end].rstrip())

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Return where a line ends, before its newline."""
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end

    def column(self, at: int) -> int:
        return at - self.line_start(at)

    def _below(self, node: Node, part: str | int) -> Entry | None:
        entries = self.entries(node)
        if isinstance(node, SequenceNode):
            return entries[part] if isinstance(part, int) and 0 <= part < len(entries) else None
        return next((entry for entry in entries if entry.name == part), None)


def is_blank(node: Node) -> bool:
    """Say whether nothing at all is written for a value."""
    return isinstance(node, ScalarNode) and node.style is None and node.value == ""


def is_flow(node: Node) -> bool:
    """Say whether a list or a map is written between brackets."""
    return isinstance(node, MappingNode | SequenceNode) and bool(node.flow_style)
