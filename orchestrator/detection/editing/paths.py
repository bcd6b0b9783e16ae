"""Fields of events and customers by the names between their dots."""

import re

from orchestrator.detection.lint.trees import Call, Constant, Name, Node, Select

Field = tuple[str, ...]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# The words of CEL that no field may be called by (cel-spec, langdef.md).
_RESERVED = frozenset(
    {"true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let"}
    | {"loop", "package", "namespace", "return", "var", "void", "while"}
)
_ROOTS = ("event", "customer")
_SURE = frozenset({("event", name) for name in ("id", "source", "type", "subject", "time", "data")} | {("customer", "id")})


def is_word(name: str) -> bool:
    return _WORD.fullmatch(name) is not None and name not in _RESERVED


def is_sure(field: Field) -> bool:
    """Say whether a field is always there."""
    return field in _SURE


def write_field(field: Field) -> str:
    """Return a field as an expression."""
    root, *names = field
    return root + "".join(f".{name}" if is_word(name) else f"[{_quoted(name)}]" for name in names)


def field_in(node: Node) -> Field | None:
    """Return the field that a node of an expression names, or None. A name with a dot in it cannot be told from two."""
    match node:
        case Name(name) if name in _ROOTS:
            return (name,)
        case Select(operand, name, is_test=False) | Call("_[_]", (operand, Constant(str(name)))):
            before = field_in(operand)
            return (*before, name) if before is not None and can_be_shown(name) else None
    return None


def can_be_shown(name: str) -> bool:
    return bool(name) and "." not in name and name == name.strip() and name.isprintable()


def shown_field(field: Field) -> str:
    """Return a field as a person reads it: `total` for `event.data.total`, and the others in full."""
    return ".".join(field[2:] if field[:2] == ("event", "data") and len(field) > 2 and field[2] not in _ROOTS else field)


def read_field(text: str) -> Field | None:
    """Read what `shown_field` shows; None for what can be no field."""
    names = tuple(text.strip().split("."))
    if not all(can_be_shown(name) for name in names):
        return None
    if names[0] not in _ROOTS:
        return ("event", "data", *names)
    return names if len(names) > 1 else None


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
