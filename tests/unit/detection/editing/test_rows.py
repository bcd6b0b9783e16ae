"""Conditions as rows: what can be said in rows is read from the expression's tree, and written so that it says the same."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import orchestrator.detection
from orchestrator.detection.editing.paths import Field, read_field, shown_field
from orchestrator.detection.editing.reading import read_rows
from orchestrator.detection.editing.rows import PRESENCE, TRUTHS, Comparison, Row, Scalar, row, tidy, write_rows
from orchestrator.detection.editing.typed import read_value, read_values, shown_value, shown_values
from orchestrator.detection.expressions import Failure, Scope, Yields, compile_expression
from orchestrator.detection.rule_files import read_rule_file
from orchestrator.detection.rule_patterns import patterns_of
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import JsonValue

TOTAL = ("event", "data", "total")
SHIPPED = sorted((Path(next(iter(orchestrator.detection.__path__))) / "shipped").glob("*.yaml"))
AT = datetime(2026, 3, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
hostile = st.sampled_from(['"', "'", '\\"', "a\nb", '" || true || "', "שלום", "😀", "\u202e", "\\u0041", "300", "true", " "])
scalars: st.SearchStrategy[Scalar] = (
    st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts | hostile
)
names = st.sampled_from(["total", "in", "a b", "a-b", 'q"', "\\", "שם", "_x1", "event", "null"])
fields: st.SearchStrategy[Field] = st.one_of(
    st.tuples(st.just("event"), st.just("data"), names),
    st.tuples(st.just("event"), st.just("data"), names, names),
    st.tuples(st.just("customer"), names),
    st.just(("event", "source")),
)


@st.composite
def some_row(draw: st.DrawFn) -> Row:
    field, comparison = draw(fields), draw(st.sampled_from(Comparison))
    if comparison in PRESENCE:
        return Row(field, comparison)
    guarded = draw(st.booleans())
    match comparison:
        case Comparison.ONE_OF:
            values = tuple(draw(st.lists(scalars, min_size=1, max_size=3)))
        case Comparison.CONTAINS | Comparison.BEGINS:
            values = (draw(texts | hostile),)
        case _:
            values = () if comparison in TRUTHS else (draw(scalars),)
    return Row(field, comparison, values, guarded)


rows_of_all_kinds = st.lists(some_row(), min_size=1, max_size=4)


@given(rows_of_all_kinds)
def test_rows_that_are_written_are_read_as_the_same_rows(rows: list[Row]) -> None:
    assert read_rows(write_rows(rows)) == tidy(rows)


@given(scalars)
def test_a_value_that_is_shown_is_read_as_the_same_value(value: Scalar) -> None:
    read = read_value(shown_value(value))

    assert (read, type(read)) == (value, type(value))


@given(st.lists(scalars, min_size=1, max_size=4))
def test_values_with_commas_between_them_are_read_as_the_same_values(values: list[Scalar]) -> None:
    read = read_values(shown_values(values))

    assert [(each, type(each)) for each in read] == [(each, type(each)) for each in values]


@given(fields)
def test_a_field_that_is_shown_is_read_as_the_same_field(field: Field) -> None:
    assert read_field(shown_field(field)) == field


CONDITIONS = (
    "event.data.total >= 300",
    "300.0 < event.data.total",
    "-1 >= event.data.total && has(event.data.total)",
    'event.data["total"] == "300"',
    "!has(event.data.total) && customer.vip == true",
    'event.data.total in [1, "x", 2.5] && event.type.startsWith("ch")',
    "has(event.data.total) && has(event.data.total) && event.data.total != 5u",
    '"a b" in event.data && event.data["a b"].contains("x")',
    '!("a b" in event.data) && event.data.total != 3',
)
data: st.SearchStrategy[JsonValue] = st.dictionaries(
    st.sampled_from(["total", "a b", "vip"]),
    st.sampled_from([299, 300, 300.0, 300.5, -1, -1.5, 5, 3, 2.5, "300", "x", "axb", True, None, [], {}]),
)


@pytest.mark.parametrize("where", CONDITIONS)
@given(event=data, customer=data)
def test_a_condition_written_anew_from_its_rows_holds_for_the_same_events(
    where: str, event: JsonValue, customer: dict[str, JsonValue]
) -> None:
    rows = read_rows(where)
    assert rows is not None
    scope = Scope(Event("e", "web", "checkout.started", "c", AT, event), {**customer, "id": "c"})

    answers = [compile_expression(each, Yields.CONDITION).ask_engine(scope) for each in (where, write_rows(rows))]

    assert answers[0] == answers[1] or all(isinstance(answer, Failure) for answer in answers)


@pytest.mark.parametrize(
    "where",
    [
        "event.data.total >= 300 || event.data.vip == true",
        "anger(event.data.text) > 0",
        "event.data.total > event.data.paid",
        "event.data.vip",
        "event.data.total == null",
        "event.data.vip != true",
        "event.data.items.exists(i, i == 1)",
        "timestamp(event.time) > now",
        "event.data['a.b'] == 1",
        "true",
        "event.data.total >=",
        "event.data.total in []",
        "event.data.total in [1, event.data.paid]",
    ],
)
def test_what_rows_cannot_say_stays_an_expression(where: str) -> None:
    assert read_rows(where) is None


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_condition_that_rows_can_say_is_written_as_it_was(path: Path) -> None:
    document = read_rule_file(path.read_bytes(), name=path.name).rule.document
    conditions = [pattern.where for _, pattern in patterns_of(document) if pattern.where and "anger" not in pattern.where]

    assert [write_rows(read_rows(where) or ()) for where in conditions] == conditions


def test_a_new_row_asks_first_whether_its_field_is_there() -> None:
    assert write_rows([row(TOTAL, Comparison.AT_LEAST, 300)]) == "has(event.data.total) && event.data.total >= 300"
    assert write_rows([row(("event", "source"), Comparison.EQUALS, "web")]) == 'event.source == "web"'


def test_a_number_is_a_text_only_between_quotes() -> None:
    assert [read_value(text) for text in ("300", "2.50", '"300"', "web", "1e999")] == [300, 2.5, "300", "web", "1e999"]
    assert read_values('web, 3, "a, b",, ') == ("web", 3, "a, b")
