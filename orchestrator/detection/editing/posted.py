"""What a form sends, by the names of its fields.

`f.PATH` is a value; `n.PATH` and `u.PATH` are the number and the unit of a duration; `cf.PATH.ROW`, `cc.`, `cv.` and `cb.` are
the field, comparison, value and bareness of a condition's row; `way`, `step.INDEX` and `split.step.INDEX` are choices.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from orchestrator.detection.editing.typed_rows import TypedRow

Rows = Mapping[str, tuple[TypedRow, ...]]
_PATH = re.compile(r"[a-z_]{1,20}(\.([a-z_]{1,20}|[0-9]{1,4}))*")
_STEP = re.compile(r"(split\.)?step(\.[0-9]{1,4})")
_ROW = re.compile(r"cf\.([a-z_]{1,20}(?:\.(?:[a-z_]{1,20}|[0-9]{1,4}))*)\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Posted:
    values: Mapping[str, str]
    rows: Rows
    way: str = ""
    steps: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Read what was sent; names that could be no field's are passed over."""
        values = {}
        for name, text in fields.items():
            kind, _, path = name.partition(".")
            if kind in ("f", "n") and _PATH.fullmatch(path):
                values[path] = text.strip() if kind == "f" else _duration(text, fields.get(f"u.{path}", ""))
        steps = {f"{match[1] or ''}steps{match[2]}": kind for name, kind in fields.items() if (match := _STEP.fullmatch(name))}
        return cls(values, _rows(fields), fields.get("way", ""), steps)

    @property
    def unfinished(self) -> Rows:
        """The conditions of which a row cannot be said yet."""
        return {path: rows for path, rows in self.rows.items() if any(each.read() is None for each in rows)}

    def after(self, deed: str) -> Self:
        """Return what is left of it to show and to do after a button: a row more or less, or patterns in other places."""
        verb, _, path = deed.partition(":")
        holder, _, last = path.rpartition(".")
        rows = dict(self.rows)
        if verb == "condition" and _PATH.fullmatch(path):
            rows[path] = (*rows.get(path, ()), TypedRow())
        elif verb == "no_condition" and holder in rows and last.isdecimal():
            rows[holder] = tuple(row for index, row in enumerate(rows[holder]) if index != int(last))
        return replace(self, rows=rows)

    def unfinished_after(self, deed: str) -> Rows:
        """Return the conditions that are not whole yet, under the paths they have once `deed` is done."""
        verb, _, path = deed.partition(":")
        holder, _, last = path.rpartition(".")
        if verb not in ("remove", "up", "down") or not last.isdecimal():
            return self.unfinished
        moved = {}
        for old, rows in self.unfinished.items():
            place = re.fullmatch(rf"{re.escape(holder)}\.([0-9]{{1,4}})(\..*)", old)
            index = _moved(int(place[1]), int(last), verb) if place else None
            if place is None or index is not None:
                moved[f"{holder}.{index}{place[2]}" if place else old] = rows
        return moved


def _moved(index: int, target: int, verb: str) -> int | None:
    """Return where an item is once its neighbour `target` is removed, or moved up or down; None for the removed one."""
    if verb == "remove":
        return None if index == target else index - (index > target)
    other = target + (-1 if verb == "up" else 1)
    return {target: other, other: target}.get(index, index)


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
