"""No cell of a file becomes a formula, whatever a spreadsheet takes for the end of one."""

import csv
import io

import pytest

from api.pages.console.csv import cell, csv_file

RUN = tuple("=+-@＝＋－＠")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", " =1", "\r=1", "\n=1", "＝1", "\t=1", '"=1"'])
def test_what_a_spreadsheet_would_run_is_marked_as_text(text: str) -> None:
    marked = cell(text)

    assert isinstance(marked, str)
    assert marked.startswith("'")
    assert marked.replace("'", "") == text


@pytest.mark.parametrize("text", ["x;=1+1", "x\t=1", "x\r\n=1", 'x";=1', 'x;"=1"', "x; +1", "a;b;@x", ";-1", "=1;=2", "\t\t=1"])
@pytest.mark.parametrize("ends", [",", ";", "\t"])
def test_no_cell_begins_with_a_formula_where_other_signs_end_cells(text: str, ends: str) -> None:
    file = bytes(csv_file("some.csv", ["name", "note"], [["dana", text], [text, "last"]]).body).decode("utf-8-sig")

    cells = [each for row in csv.reader(io.StringIO(file, newline=""), delimiter=ends) for each in row]

    assert [each for each in cells if each.lstrip(' "').startswith(RUN)] == []


@pytest.mark.parametrize("text", ["Noa Levi", "a-b", "1 + 1 = 2", "one; two", "dana@example.com", "first\n\nsecond", "", "'"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cell(text) == text
