"""A rota as other programs write it, `agent,date,from,to` with a line a shift, brought into agents' shift plans."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pydantic_core import PydanticCustomError

from orchestrator.availability.hours import spans
from orchestrator.errors import BadInput, Faults
from orchestrator.queueing.shift_plans import ShiftDocument

COLUMNS = ("agent", "date", "from", "to")
MOST_BYTES = 1024 * 1024
Rota = Mapping[str, Mapping[date, list[str]]]  # agent → date → windows; a date without any is a day off


@dataclass(frozen=True, slots=True)
class _Shift:
    agent: str
    day: date
    window: str | None


def read_rota(raw: bytes) -> Rota:
    """Return the shifts of a CSV file (UTF-8); empty `from` and `to` mean a day off. Raises `BadInput` with every fault."""
    lines = _table(raw)
    faults, found = Faults(), dict[str, dict[date, list[str]]]()
    for number, line in enumerate(lines, start=2):
        with faults:
            shift = _shift(line, number)
            windows = found.setdefault(shift.agent, {}).setdefault(shift.day, [])
            if shift.window is not None:
                _check([*windows, shift.window], number)
                windows.append(shift.window)
    faults.settle()
    if not found:
        raise BadInput("the rota holds no shift", field="FILE", fix="give a line for every shift under the header")
    return found


def with_dates(document: ShiftDocument, days: Mapping[date, list[str]]) -> ShiftDocument:
    """Return the plan with these dates as the rota has them; all other dates and the week stay."""
    return document.model_copy(update={"days": {**document.days, **days}})


def _table(raw: bytes) -> list[dict[str | None, str | None]]:
    if len(raw) > MOST_BYTES:
        raise BadInput("the rota is over 1 MB", field="FILE", fix="give it in parts, a month each")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("the rota is not UTF-8", field="FILE", fix="save it as CSV in UTF-8") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="more")
    try:
        return _lines(reader)
    except csv.Error:
        fix = "save it as CSV again, a shift a line"
        raise BadInput("this is no CSV", field=f"line {reader.line_num + 1}", fix=fix) from None


def _lines(reader: "csv.DictReader[str]") -> list[dict[str | None, str | None]]:
    if tuple(name.strip().lower() for name in reader.fieldnames or ()) != COLUMNS:
        raise BadInput("the rota has other columns", field="line 1", fix=f"write the header {','.join(COLUMNS)}")
    reader.fieldnames = list(COLUMNS)
    return [dict(line) for line in reader]


def _shift(line: dict[str | None, str | None], number: int) -> _Shift:
    if "more" in line or None in line.values():
        raise BadInput("the line has not four values", field=f"line {number}", fix="write agent,date,from,to")
    agent, day, start, end = (str(line[name]).strip() for name in COLUMNS)
    if not agent:
        raise BadInput("the agent is missing", field=f"line {number}: agent", fix="name the agent")
    try:
        known = date.fromisoformat(day) if len(day) == 10 else None
    except ValueError:
        known = None
    if known is None:
        raise BadInput("this is no date", field=f"line {number}: date", fix="write a date that exists, as YYYY-MM-DD")
    return _Shift(agent, known, None if start == end == "" else f"{start}-{end}")


def _check(windows: list[str], number: int) -> None:
    try:
        spans(windows)
    except PydanticCustomError as error:
        fix = str((error.context or {})["fix"])
        raise BadInput(error.message(), field=f"line {number}: from, to", fix=fix) from None
