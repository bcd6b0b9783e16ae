"""How large a value an expression may build: a few words can double a text thirty times over.

The engine counts steps and not bytes, so this is asked before an expression may run at all.
"""

from collections.abc import Mapping
from typing import Any

EVENT = 64 * 1024  # characters: what a field of an event may hold at most
LIMIT = 256 * EVENT
SMALLEST = 32  # what a number takes
_TEXTS = frozenset({"STRING", "BYTES"})
# Only a macro gives a value a name, and only a named value can be doubled again and again.
_MACROS = ("all", "exists", "map", "filter", "bind", "transform")


def what_is_too_large(source: str, packed: bytes) -> str | None:
    """Say what of a checked expression, serialized by the engine, is beyond measure; None where it may run."""
    if not any(macro in source for macro in _MACROS):
        return None
    from cel.expr import checked_pb2  # few expressions have a macro, and everybody else starts without these
    from google.protobuf import any_pb2
    from google.protobuf.message import DecodeError

    try:
        checked = checked_pb2.CheckedExpr.FromString(any_pb2.Any.FromString(packed).value)
    except DecodeError:  # its tree is deeper than anybody reads one
        return "The expression is nested too deeply."
    small = frozenset(key for key, kind in checked.type_map.items() if _is_small(kind))
    return "The expression builds values far larger than an event." if _Growth(small).of(checked.expr, {}) > LIMIT else None


def _is_small(kind: Any) -> bool:  # Any: generated classes without types, here and below
    """Whether values of this type have a fixed size: numbers, truths, times."""
    found = kind.WhichOneof("type_kind")
    if found == "primitive":
        return kind.PrimitiveType.Name(kind.primitive) not in _TEXTS
    return found in ("well_known", "null")


class _Growth:
    """The largest value in characters, by node; `known` has what names stand for."""

    def __init__(self, small: frozenset[int]) -> None:
        self._small = small

    def of(self, expr: Any, known: Mapping[str, int]) -> int:
        below = self._built(expr, known)
        return below if below > LIMIT or expr.id not in self._small else SMALLEST

    def _built(self, expr: Any, known: Mapping[str, int]) -> int:
        match expr.WhichOneof("expr_kind"):
            case "const_expr":
                return max(len(expr.const_expr.string_value), len(expr.const_expr.bytes_value), SMALLEST)
            case "ident_expr":
                return known.get(expr.ident_expr.name, EVENT)
            case "select_expr":
                return self.of(expr.select_expr.operand, known)
            case "call_expr":
                return self._called(expr.call_expr, known)
            case "list_expr":
                return sum(self.of(each, known) for each in expr.list_expr.elements)
            case "struct_expr":
                return sum(self.of(each.value, known) for each in expr.struct_expr.entries)
        return self._folded(expr.comprehension_expr, known)

    def _called(self, call: Any, known: Mapping[str, int]) -> int:
        parts = [self.of(each, known) for each in ([call.target] if call.HasField("target") else [])]
        parts += [self.of(each, known) for each in call.args]
        return sum(parts) if call.function == "_+_" else max(parts, default=SMALLEST)

    def _folded(self, fold: Any, known: Mapping[str, int]) -> int:
        """Each element is as large as all of them at most, so that a step's growth is that of the whole."""
        elements, start = self.of(fold.iter_range, known), self.of(fold.accu_init, known)
        inside = {**known, fold.iter_var: elements, fold.accu_var: start}
        steps = (self.of(part, inside) for part in (fold.loop_condition, fold.loop_step))
        grown = max(*steps, start)
        return max(grown, self.of(fold.result, {**inside, fold.accu_var: grown}))
