"""A condition's own tree read as rows; None for whatever rows cannot say."""

from collections.abc import Iterator
from typing import TypeGuard

from orchestrator.detection.editing.paths import Field, field_in, is_word
from orchestrator.detection.editing.rows import METHODS, SIGNS, Comparison, Row, Scalar, tidy
from orchestrator.detection.expressions import BadExpression, Yields
from orchestrator.detection.lint.trees import Call, Constant, Group, Node, Select, tree_of

_SIGNS = {f"_{sign}_": comparison for comparison, sign in SIGNS.items()}
_METHODS = {name: comparison for comparison, name in METHODS.items()}
_TURNED = {
    Comparison.EQUALS: Comparison.EQUALS,
    Comparison.IS_NOT: Comparison.IS_NOT,
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.MORE: Comparison.LESS,
    Comparison.LESS: Comparison.MORE,
}


def read_rows(where: str) -> tuple[Row, ...] | None:
    """Return the rows that say the same as a condition, or None when there are none that do."""
    try:
        tree = tree_of(where, Yields.CONDITION)
    except BadExpression:
        return None
    rows = []
    for node in _conjuncts(tree):
        row = _row(node)
        if row is None:
            return None
        rows.append(row)
    return tidy(rows)


def _conjuncts(node: Node) -> Iterator[Node]:
    match node:
        case Call("_&&_", (left, right)):
            yield from _conjuncts(left)
            yield from _conjuncts(right)
        case _:
            yield node


def _row(node: Node) -> Row | None:
    match node:
        case Call("!_", (inner,)) if (there := _presence(inner)) is not None:
            return Row(there, Comparison.NOT_THERE)
        case Call("@in", (operand, Group(parts, is_list=True))) if parts:
            values = [part.value for part in parts if isinstance(part, Constant)]
            texts = tuple(value for value in values if _is_scalar(value))
            return _of(operand, Comparison.ONE_OF, *texts) if len(texts) == len(parts) else None
        case Call(function, (operand, Constant(str(text)))) if function in _METHODS:
            return _of(operand, _METHODS[function], text)
        case Call(function, (Constant() as left, right)) if function in _SIGNS and not isinstance(right, Constant):
            return _compared(right, _TURNED[_SIGNS[function]], left)
        case Call(function, (left, Constant() as right)) if function in _SIGNS:
            return _compared(left, _SIGNS[function], right)
    there = _presence(node)
    return Row(there, Comparison.THERE) if there is not None else None


def _compared(operand: Node, comparison: Comparison, constant: Constant) -> Row | None:
    if constant.value is True or constant.value is False:
        truth = Comparison.TRUE if constant.value else Comparison.FALSE
        return _of(operand, truth) if comparison is Comparison.EQUALS else None
    return _of(operand, comparison, constant.value) if _is_scalar(constant.value) else None


def _of(operand: Node, comparison: Comparison, *values: Scalar) -> Row | None:
    field = field_in(operand)
    return Row(field, comparison, values) if field is not None and len(field) > 1 else None


def _presence(node: Node) -> Field | None:
    match node:
        case Select(operand, name, is_test=True) if is_word(name):
            return field_in(Select(operand, name))
        case Call("@in", (Constant(str(name)), holder)) if not is_word(name):
            return field_in(Call("_[_]", (holder, Constant(name))))
    return None


def _is_scalar(value: object) -> TypeGuard[Scalar]:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
