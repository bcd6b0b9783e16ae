"""What several commands take: files and instants, each refused by the option's name."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.availability.intervals import check_reach
from orchestrator.detection.yaml_files import MAX_BYTES
from orchestrator.errors import BadInput
from orchestrator.intake.timestamps import parse_time

Data = Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")]


def instant(text: str, *, field: str) -> datetime:
    """Return the aware UTC instant of an RFC 3339 text. Raises `BadInput`, for a time without offset too."""
    known = parse_time(text.replace(" ", "T", 1))
    if known is None:
        fix = "write it like 2026-06-07T10:00:00+03:00, with Z or an offset"
        raise BadInput("this is not a time with an offset", field=field, fix=fix)
    check_reach(known, field=field)
    return known


def length(text: str, parse: Callable[[str], timedelta], *, field: str) -> timedelta:
    """Return the length of time that `parse` reads in a text. Raises `BadInput`."""
    try:
        return parse(text)
    except ValueError as error:
        raise BadInput(str(error), field=field, fix="write it as 3h or 90m") from None


def file_bytes(path: Path, *, field: str, most: int = MAX_BYTES) -> bytes:
    """Return a document's bytes, no more than just beyond `most`, the largest allowed. Raises `BadInput`."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"cannot read {path}: {reason}", field=field, fix="name a file that can be read") from None
