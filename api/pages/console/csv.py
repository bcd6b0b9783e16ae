"""Tables as files for a spreadsheet, in which no cell can become a formula."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import timedelta

from fastapi.responses import Response, StreamingResponse

Cell = str | int | float | timedelta | None

# A spreadsheet runs what begins with a sign of these, also behind blanks; the apostrophe says that it is text
# (owasp.org, "CSV Injection"). The full-width forms are taken for the same signs by some. Where it takes semicolons or
# tabs for the ends of cells, quotation marks do not hinder it, so that a cell may begin in the middle of a text.
_WOULD_RUN = re.compile(r'^(?= *[\t\r\n])|(?:^|[;\t\r\n])(?=[ "]*[=+\-@＝＋－＠])')
_TYPE = "text/csv; charset=utf-8"
_MARK = "\ufeff"  # without it, Excel reads UTF-8 as something else


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """Return the table as a download called `name`; a duration is in seconds."""
    return Response(_MARK + _lines([head]) + _lines(rows), media_type=_TYPE, headers=_headers(name))


async def csv_stream(name: str, head: Sequence[str], pages: AsyncIterator[Iterable[Sequence[Cell]]]) -> Response:
    """Return the same, sent a page at a time as `pages` gives them. What hinders the first page is raised here."""
    first = await anext(pages, ())

    async def written() -> AsyncIterator[str]:
        yield _MARK + _lines([head]) + _lines(first)
        async for rows in pages:
            yield _lines(rows)

    return StreamingResponse(written(), media_type=_TYPE, headers=_headers(name))


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_NONNUMERIC).writerows([cell(value) for value in row] for row in rows)
    return written.getvalue()


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def cell(value: Cell) -> str | int | float:
    """Return what stands in the file for `value`: text that would be a formula is marked as text."""
    match value:
        case None:
            return ""
        case timedelta():
            return round(value.total_seconds(), 1)
        case str():
            return _WOULD_RUN.sub(r"\g<0>'", value)
        case _:
            return value
