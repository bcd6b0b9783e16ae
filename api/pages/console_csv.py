"""Tables as files for a spreadsheet, in which no cell can become a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta

from fastapi.responses import Response

Cell = str | int | float | timedelta | None

# A spreadsheet runs what begins with one of these, also behind blanks; the apostrophe says that it is text
# (owasp.org, "CSV Injection"). The full-width forms are taken for the same signs by some.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MARK = "\ufeff"  # without it, Excel reads UTF-8 as something else


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return the table as a download called `name`; a duration is in seconds."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(head)
    writer.writerows([cell(value) for value in row] for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(_MARK + written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def cell(value: Cell) -> str | int | float:
    """Return what stands in the file for `value`: text that would be a formula is marked as text."""
    match value:
        case None:
            return ""
        case timedelta():
            return round(value.total_seconds(), 1)
        case str():
            return f"'{value}" if value.lstrip(" ").startswith(_DANGEROUS) else value
        case _:
            return value
