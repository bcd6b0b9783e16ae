"""Rows as they are typed: every part a text, and perhaps not whole yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from orchestrator.detection.editing.paths import is_sure, read_field, shown_field
from orchestrator.detection.editing.rows import METHODS, PRESENCE, TRUTHS, Comparison, Row, row
from orchestrator.detection.editing.typed import read_value, read_values, shown_value, shown_values

WITHOUT_VALUE = PRESENCE | TRUTHS.keys()


@dataclass(frozen=True, slots=True)
class TypedRow:
    """`is_bare` says that the lack of the field is to be a failure: so it was written, and so it stays."""

    field: str = ""
    comparison: str = Comparison.EQUALS.value
    value: str = ""
    is_bare: bool = False

    @classmethod
    def of(cls, row: Row) -> Self:
        is_bare = not row.guarded and row.comparison not in PRESENCE and not is_sure(row.field)
        return cls(shown_field(row.field), row.comparison.value, _shown(row), is_bare)

    @property
    def takes_value(self) -> bool:
        return self.comparison not in WITHOUT_VALUE

    def read(self) -> Row | None:
        """Return the row, or None as long as there is no field that can be asked."""
        field = read_field(self.field)
        if field is None or self.comparison not in set(Comparison):
            return None
        made = row(field, Comparison(self.comparison), *self._values())
        return Row(made.field, made.comparison, made.values) if self.is_bare else made

    def _values(self) -> Sequence[str | int | float]:
        match self.comparison:
            case comparison if comparison in WITHOUT_VALUE:
                return ()
            case Comparison.ONE_OF:
                return read_values(self.value) or ("",)
            case comparison if comparison in METHODS:
                value = read_value(self.value)
                return (value if isinstance(value, str) else self.value.strip(),)
        return (read_value(self.value),)


def _shown(row: Row) -> str:
    return shown_values(row.values) if row.comparison is Comparison.ONE_OF else "".join(map(shown_value, row.values))
