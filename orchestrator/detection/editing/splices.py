"""Changes of a YAML text that touch nothing but their own place: comments, order and spacing stay as they are."""

from collections.abc import Sequence

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from orchestrator.detection.editing.nodes import Entry, Tree, is_blank, is_flow
from orchestrator.detection.editing.scalars import without_braces, written
from orchestrator.detection.yaml_files import BadYaml, Path, YamlValue, read_yaml
from orchestrator.errors import BadInput

_CLOSING = (",", "}", "]")


class NotEditable(BadInput):
    """A part of a document is written in a way that cannot be changed without touching more than it."""

    code = "not_editable"

    def __init__(self, path: Path) -> None:
        field = ".".join(str(part) for part in path)
        super().__init__(f"{field} is written in a way that the form cannot change", field=field, fix="change it in the YAML")


def put(text: str, path: Path, value: YamlValue, *, order: Sequence[str] = ()) -> str:
    """Set what stands at `path`. A new key goes to its place in `order`; a list's item is added at the list's end."""
    tree = Tree.of(text)
    found = tree.find(path)
    if found is not None:
        return _checked(_replaced(tree, found, value), path)
    *around, last = path
    holder = tree.find(tuple(around))
    if holder is None or is_blank(holder.value):
        return put(text, tuple(around), [value] if isinstance(last, int) else {last: value}, order=order)
    if isinstance(holder.value, MappingNode) and isinstance(last, str):
        return _checked(_with_key(tree, holder.value, last, value, order), path)
    if isinstance(holder.value, SequenceNode) and isinstance(last, int):
        return _checked(_with_item(tree, holder.value, value), path)
    raise NotEditable(path)


def put_lines(text: str, path: Path, lines: Sequence[str]) -> str:
    """Set a value that takes lines of its own below its key, which is there or is added at the end."""
    tree = Tree.of(text)
    found = tree.find(path)
    if found is None or found.key is None:
        return _checked(f"{text.rstrip()}\n{path[-1]}:\n" + "".join(f"  {line}\n" for line in lines), path)
    key_end = text.index(":", found.key.end_mark.index) + 1
    indent = _line(tree.column(tree.start(found)) + 2)
    return _checked(text[:key_end] + "".join(indent + line for line in lines) + text[tree.end(found) :], path)


def drop(text: str, path: Path) -> str:
    """Take out a key with its value, or a list's item; what is left empty thereby goes as well."""
    tree = Tree.of(text)
    holder = tree.find(path[:-1])
    entry = tree.find(path)
    if holder is None or entry is None:
        return text
    entries = tree.entries(holder.value)
    if len(entries) == 1 and len(path) > 1:
        return drop(text, path[:-1])
    index = next(number for number, each in enumerate(entries) if each == entry)
    start, end = _extent(tree, holder.value, entries, index)
    return _checked(text[:start] + text[end:], path)


def move(text: str, path: Path, by: int) -> str:
    """Change places of a list's item and the one `by` places further."""
    tree = Tree.of(text)
    *around, index = path
    holder = tree.find(tuple(around))
    if holder is None or not isinstance(index, int):
        return text
    entries = tree.entries(holder.value)
    if not (0 <= index < len(entries) and 0 <= index + by < len(entries)):
        return text
    first, second = sorted((index, index + by))
    (a, b), (c, d) = (_span(tree, holder.value, entries[each]) for each in (first, second))
    return _checked(text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:], path)


def _replaced(tree: Tree, entry: Entry, value: YamlValue) -> str:
    start, end = tree.value_start(entry), tree.end(entry)
    style = getattr(entry.value, "style", None) if entry.value.value else None
    is_open = isinstance(entry.value, MappingNode) and not is_flow(entry.value)
    new, rest = (without_braces(value) if is_open else written(value, style=style)), tree.text[end:]
    if start < end:
        return tree.text[:start] + new + rest
    closing = rest.lstrip(" ")
    return f"{tree.text[:start]} {new}{closing if closing[:1] in _CLOSING else rest}"


def _with_key(tree: Tree, node: MappingNode, key: str, value: YamlValue, order: Sequence[str]) -> str:
    entries, new = tree.entries(node), f"{written(key)}: {written(value)}"
    if not entries:
        start = node.start_mark.index
        return f"{tree.text[:start]}{{{new}}}{tree.text[node.end_mark.index :]}"
    before = [entry for entry in entries if _comes_before(entry.name, key, order)]
    if not before:
        start = tree.start(entries[0])
        return tree.text[:start] + new + (", " if is_flow(node) else _line(tree.column(start))) + tree.text[start:]
    if is_flow(node):
        end = tree.end(before[-1])
        return f"{tree.text[:end]}, {new}{tree.text[end:]}"
    end = tree.line_end(tree.end(before[-1]))
    return tree.text[:end] + _line(tree.column(tree.start(entries[0]))) + new + tree.text[end:]


def _comes_before(name: str, key: str, order: Sequence[str]) -> bool:
    return key not in order or (name in order and order.index(name) < order.index(key))


def _with_item(tree: Tree, node: SequenceNode, value: YamlValue) -> str:
    entries, new = tree.entries(node), written(value)
    if not entries:
        return f"{tree.text[: node.start_mark.index]}[{new}]{tree.text[node.end_mark.index :]}"
    end = tree.end(entries[-1])
    if is_flow(node):
        return f"{tree.text[:end]}, {new}{tree.text[end:]}"
    end = tree.line_end(end)
    return tree.text[:end] + _line(tree.column(_dash(tree, entries[-1]))) + "- " + without_braces(value) + tree.text[end:]


def _extent(tree: Tree, node: Node, entries: Sequence[Entry], index: int) -> tuple[int, int]:
    """Return what goes with an entry: its lines, or between commas one of them."""
    start, end = _span(tree, node, entries[index])
    if is_flow(node):
        if index + 1 < len(entries):
            return start, tree.start(entries[index + 1])
        return (tree.end(entries[index - 1]) if index else start), end
    line = tree.line_start(start)
    if tree.text[line:start].strip():  # the first key behind a dash
        return start, tree.start(entries[index + 1])
    return line, min(tree.line_end(end) + 1, len(tree.text))


def _span(tree: Tree, node: Node, entry: Entry) -> tuple[int, int]:
    """Return an entry itself; in a list of lines, from its dash on."""
    is_item = isinstance(node, SequenceNode) and not is_flow(node)
    return (_dash(tree, entry) if is_item else tree.start(entry)), tree.end(entry)


def _dash(tree: Tree, item: Entry) -> int:
    return tree.text.rindex("-", 0, tree.start(item))


def _line(column: int) -> str:
    return "\n" + " " * column


def _checked(text: str, path: Path) -> str:
    try:
        read_yaml(text.encode(), name="")
    except BadYaml:
        raise NotEditable(path) from None
    return text
