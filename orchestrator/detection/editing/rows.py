"""A condition as rows of field, comparison and value: what a person fills in, and the CEL that says the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.detection.editing.paths import Field, is_sure, is_word, write_field


class Comparison(StrEnum):
    EQUALS = "equals"
    IS_NOT = "is_not"
    AT_LEAST = "at_least"
    MORE = "more"
    AT_MOST = "at_most"
    LESS = "less"
    ONE_OF = "one_of"
    CONTAINS = "contains"
    BEGINS = "begins"
    THERE = "there"
    NOT_THERE = "not_there"
    TRUE = "true"
    FALSE = "false"


Scalar = str | int | float
SIGNS = {
    Comparison.EQUALS: "==",
    Comparison.IS_NOT: "!=",
    Comparison.AT_LEAST: ">=",
    Comparison.MORE: ">",
    Comparison.AT_MOST: "<=",
    Comparison.LESS: "<",
}
METHODS = {Comparison.CONTAINS: "contains", Comparison.BEGINS: "startsWith"}
TRUTHS = {Comparison.TRUE: "true", Comparison.FALSE: "false"}
PRESENCE = frozenset({Comparison.THERE, Comparison.NOT_THERE})
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that has to be so. `guarded` says that the field has to be there first, so that its lack is no failure."""

    field: Field
    comparison: Comparison
    values: tuple[Scalar, ...] = ()
    guarded: bool = False


def row(field: Field, comparison: Comparison, *values: Scalar) -> Row:
    """Return a row as somebody who thinks of no missing fields means it."""
    return Row(field, comparison, values, guarded=comparison not in PRESENCE and not is_sure(field))


def write_rows(rows: Sequence[Row]) -> str:
    """Return the condition that holds when all rows do. There is at least one."""
    return " && ".join(part for each in tidy(rows) for part in _parts(each))


def tidy(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Join a row that asks whether a field is there with the next, where that goes on to ask more of it."""
    kept: list[Row] = []
    for each in rows:
        asks = kept and kept[-1] == Row(each.field, Comparison.THERE)
        if asks and each.comparison not in PRESENCE and not each.guarded:
            kept[-1] = Row(each.field, each.comparison, each.values, guarded=True)
        else:
            kept.append(each)
    return tuple(kept)


def _parts(row: Row) -> Iterator[str]:
    field = write_field(row.field)
    if row.guarded or row.comparison is Comparison.THERE:
        yield _there(row.field)
    match row.comparison:
        case Comparison.THERE:
            pass
        case Comparison.NOT_THERE:
            yield "!" + _there(row.field) if is_word(row.field[-1]) else f"!({_there(row.field)})"
        case Comparison.ONE_OF:
            yield f"{field} in [{', '.join(map(write_value, row.values))}]"
        case Comparison.TRUE | Comparison.FALSE as truth:
            yield f"{field} == {TRUTHS[truth]}"
        case Comparison.CONTAINS | Comparison.BEGINS as method:
            yield f"{field}.{METHODS[method]}({write_value(row.values[0])})"
        case sign:
            yield f"{field} {SIGNS[sign]} {write_value(row.values[0])}"


def _there(field: Field) -> str:
    """`has()` takes names alone; what is no name is looked for among the keys."""
    if is_word(field[-1]):
        return f"has({write_field(field)})"
    return f"{write_value(field[-1])} in {write_field(field[:-1])}"


def write_value(value: Scalar) -> str:
    if isinstance(value, str):
        quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", quoted)
    return repr(value)
