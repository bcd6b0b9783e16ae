"""Where recorded data lies, when it lies beside the checkout; and how a test that needs it says so."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "data"

recorded = pytest.mark.recorded


def rows(name: str, *, delimiter: str = ",") -> list[dict[str, str]]:
    """Return the rows of a recorded table; the test skips where the folder is not there."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip("recorded data is not beside this checkout")
    return list(_read(path, delimiter))


def _read(path: Path, delimiter: str) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)
