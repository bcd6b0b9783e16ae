"""The tree of a checked expression, as the engine hands it out (`cel.expr.CheckedExpr`), in a handful of our own nodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orchestrator.detection.expressions import Yields, compile_expression

Plain = str | int | float | bool | bytes | None


@dataclass(frozen=True, slots=True)
class Constant:
    value: Plain
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """`operand.field`, or `has(operand.field)` where `is_test`."""

    operand: "Node"
    field: str
    is_test: bool = False
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator (`_+_`, `_&&_`, `_[_]`); a method's object is the first of `arguments`."""

    function: str
    arguments: tuple["Node", ...]
    is_dynamic: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Anything that is made of parts and looked into no further: lists, maps, comprehensions."""

    parts: tuple["Node", ...]
    is_list: bool = False
    is_dynamic: bool = False


Node = Constant | Name | Select | Call | Group


@lru_cache(maxsize=1024)
def tree_of(source: str, yields: Yields) -> Node:
    """Return the tree of an expression that compiles. `is_dynamic` says that the checker cannot know a node's type, as with
    every field of an event. Raises `BadExpression`."""
    from cel.expr import checked_pb2  # the lint alone reads trees, and everybody else starts without these
    from google.protobuf import any_pb2

    packed = any_pb2.Any.FromString(compile_expression(source, yields).serialized())
    checked = checked_pb2.CheckedExpr.FromString(packed.value)
    dynamic = frozenset(key for key, kind in checked.type_map.items() if kind.WhichOneof("type_kind") == "dyn")
    return _node(checked.expr, dynamic)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it."""
    yield node
    for below in _below(node):
        yield from walk(below)


def field_of(node: Node) -> str | None:
    """Return `event.data.total` for a chain of names, also where it is written with brackets; else None."""
    match node:
        case Name(name):
            return name
        case Select(operand, field, is_test=False):
            return _joined(field_of(operand), field)
        case Call("_[_]", (operand, Constant(str(key)))):
            return _joined(field_of(operand), key)
    return None


def _joined(before: str | None, field: str) -> str | None:
    return None if before is None else f"{before}.{field}"


def _below(node: Node) -> tuple[Node, ...]:
    match node:
        case Select():
            return (node.operand,)
        case Call():
            return node.arguments
        case Group():
            return node.parts
    return ()


def _node(expr: Any, dynamic: frozenset[int]) -> Node:  # Any: generated classes without types
    is_dynamic = expr.id in dynamic
    match expr.WhichOneof("expr_kind"):
        case "const_expr":
            constant = expr.const_expr
            kind = constant.WhichOneof("constant_kind")
            return Constant(None if kind == "null_value" else getattr(constant, kind), is_dynamic)
        case "ident_expr":
            return Name(expr.ident_expr.name, is_dynamic)
        case "select_expr":
            select = expr.select_expr
            return Select(_node(select.operand, dynamic), select.field, select.test_only, is_dynamic)
        case "call_expr":
            call = expr.call_expr
            target = [call.target] if call.HasField("target") else []
            return Call(call.function, tuple(_node(part, dynamic) for part in (*target, *call.args)), is_dynamic)
        case "list_expr":
            return Group(tuple(_node(part, dynamic) for part in expr.list_expr.elements), is_list=True, is_dynamic=is_dynamic)
        case "struct_expr":
            entries = expr.struct_expr.entries
            return Group(tuple(_node(entry.value, dynamic) for entry in entries), is_dynamic=is_dynamic)
        case _:
            fold = expr.comprehension_expr
            parts = (fold.iter_range, fold.accu_init, fold.loop_condition, fold.loop_step, fold.result)
            return Group(tuple(_node(part, dynamic) for part in parts), is_dynamic=is_dynamic)
