"""What a form sends, by the names of its fields.

`f.PATH` is a value; `n.PATH` and `u.PATH` are the number and the unit of a duration; `cf.PATH.ROW`, `cc.`, `cv.` and `cb.` are
the field, comparison, value and bareness of a condition's row; `kind`, `deadline` and `step.INDEX` are choices.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from orchestrator.detection.editing.typed_rows import TypedRow

Rows = Mapping[str, tuple[TypedRow, ...]]
_PATH = re.compile(r"[a-z_]{1,20}(\.([a-z_]{1,20}|[0-9]{1,4}))*")
_STEP = re.compile(r"step\.[0-9]{1,4}")
_ROW = re.compile(r"cf\.([a-z_]{1,20}(?:\.(?:[a-z_]{1,20}|[0-9]{1,4}))*)\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Posted:
    values: Mapping[str, str]
    rows: Rows
    kind: str = ""
    deadline: str = ""
    steps: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Read what was sent; names that could be no field's are passed over."""
        values = {}
        for name, text in fields.items():
            kind, _, path = name.partition(".")
            if kind in ("f", "n") and _PATH.fullmatch(path):
                values[path] = text.strip() if kind == "f" else _duration(text, fields.get(f"u.{path}", ""))
        steps = {int(name[5:]): kind for name, kind in fields.items() if _STEP.fullmatch(name)}
        return cls(values, _rows(fields), fields.get("kind", ""), fields.get("deadline", ""), steps)

    @property
    def unfinished(self) -> Rows:
        """The conditions of which a row cannot be said yet."""
        return {path: rows for path, rows in self.rows.items() if any(each.read() is None for each in rows)}


def _duration(amount: str, unit: str) -> str:
    amount = amount.strip()
    return f"{amount}{unit}" if amount.isdecimal() else amount


def _rows(fields: Mapping[str, str]) -> Rows:
    found: dict[str, dict[int, TypedRow]] = {}
    for name, text in fields.items():
        if (match := _ROW.fullmatch(name)) is not None:
            rest = name.removeprefix("cf.")
            comparison, value = fields.get(f"cc.{rest}", ""), fields.get(f"cv.{rest}", "")
            row = TypedRow(text.strip(), comparison, value, is_bare=bool(fields.get(f"cb.{rest}")))
            found.setdefault(match[1], {})[int(match[2])] = row
    return {path: tuple(rows[index] for index in sorted(rows)) for path, rows in found.items()}
