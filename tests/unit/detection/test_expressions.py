"""CEL behind our interface: checked as it is saved, a value or a failure as it runs."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.detection.expressions import BadExpression, Failure, Scope, Yields, compile_expression
from orchestrator.detection.shortcuts import UNSURE, shortcut
from orchestrator.intake.event import Event
from tests.unit.detection.factories import START, an_event


def evaluate(source: str, event: Event | None = None, customer: dict[str, Any] | None = None) -> object:
    event = event or an_event("x", 0, "e")
    scope = Scope(event, {**(customer or {}), "id": event.subject})
    return compile_expression(f"dyn({source})", Yields.KEY).evaluate(scope)


def data(**fields: Any) -> Event:
    return an_event("x", 0, "e", **fields)


@pytest.mark.parametrize(
    ("source", "yields", "line", "column"),
    [
        ("evnt.data.total > 3", Yields.CONDITION, 1, 10),
        ("event.data.a > 1 &&\n  nobody", Yields.CONDITION, 2, 3),
        ("1 +", Yields.CONDITION, 1, 4),
        ("'a' + 1 == 'b'", Yields.CONDITION, 1, 5),
        ("nothing(event)", Yields.CONDITION, 1, 8),
        ("event.data.a", Yields.CONDITION, None, None),
        ("event.time", Yields.CONDITION, None, None),
        ("1 + 1", Yields.CONDITION, 1, 1),
        ("null", Yields.CONDITION, 1, 1),
        ("true", Yields.KEY, 1, 1),
        ("1.5", Yields.KEY, 1, 1),
        ("'x'", Yields.NUMBER, 1, 1),
        ("1", Yields.INSTANT, 1, 1),
        ("now", Yields.INSTANT, None, None),
        ("(" * 40 + "true" + ")" * 40, Yields.CONDITION, 1, 1),
        ("true || " * 260 + "true", Yields.CONDITION, 1, 1),
    ],
)
def test_an_expression_is_checked_as_it_is_saved(source: str, yields: Yields, line: int | None, column: int | None) -> None:
    if line is None:
        assert compile_expression(source, yields).source == source
        return
    with pytest.raises(BadExpression) as bad:
        compile_expression(source, yields)
    assert (bad.value.line, bad.value.column) == (line, column)
    assert bad.value.fix


@pytest.mark.parametrize(("open_", "close"), [("(", ")"), ("!(", ")"), ("[", "]"), ("[1].all(a, ", ")")])
def test_an_expression_that_is_nested_too_deeply_says_so_plainly(open_: str, close: str) -> None:
    with pytest.raises(BadExpression) as bad:
        compile_expression(f"{open_ * 34}true{close * 34} == true", Yields.CONDITION)

    assert bad.value.message == "The expression is nested too deeply."
    assert bad.value.fix == "Write a shorter or flatter expression."


def test_an_expression_has_at_most_2000_characters() -> None:
    fits = "true" + " " * 1996

    compile_expression(fits, Yields.CONDITION)
    with pytest.raises(BadExpression):
        compile_expression(fits + " ", Yields.CONDITION)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("event.data.whole == 300.0 && event.data.whole == 300", True),
        ("event.data.half > 2 && event.data.half < 3.0", True),
        ("double(event.data.whole) * 2.0", 600.0),
        ("has(event.data.nothing)", True),
        ("event.data.nothing == null", True),
        ("has(event.data.missing)", False),
        ("event.data.missing || true", True),
        ("event.data.missing || false || true", True),
        ("false && event.data.missing", False),
        ("event.data.missing && false", False),
        ("event.data.text.contains('שלום')", True),
        ("size(event.data.text)", 9),
        ("event.data.list[1].a", "b"),
        ("event.data.big", 2**63 - 1),
        ("customer.tier in ['gold', 'vip']", True),
        ("customer.id", "c"),
        ("now == timestamp('2026-03-02T08:00:00Z')", True),
        ("timestamp(event.time).getHours('Asia/Jerusalem')", 10),
        ("event.data.text.matches('^ש')", True),
    ],
)
def test_values(source: str, value: object) -> None:
    event = data(whole=300, half=2.5, nothing=None, text="שלום לכם!", list=[1, {"a": "b"}], big=2**63 - 1)
    found = evaluate(source, event, {"tier": "gold"})

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        "event.data.missing",
        "event.data.half * 2",
        "event.data.half + event.data.whole",
        "1 / 0",
        "event.data.text > 1",
        "timestamp(event.data.text)",
        "event.data.text.matches('(')",
        "[1,2,3,4,5,6,7,8,9,0].all(a, [1,2,3,4,5,6,7,8,9,0].all(b, [1,2,3,4,5,6,7,8,9,0].all(c, "
        "[1,2,3,4,5,6,7,8,9,0].all(d, [1,2,3].all(e, a + b + c + d + e > 0)))))",
    ],
)
def test_errors_come_back_as_values(source: str) -> None:
    assert isinstance(evaluate(source, data(half=2.5, whole=2, text="secret")), Failure)


@pytest.mark.parametrize(
    "source",
    [
        "['a']" + ".map(a, a + a)" * 26 + ".exists(a, a == 'b')",
        "[event.data.t]" + ".map(a, a + a + a + a)" * 5 + ".exists(a, a == 'b')",
        "[[1, 2]]" + ".map(a, a + a)" * 26 + ".exists(a, 9 in a)",
        "[[1]]" + ".map(a, [a, a])" * 26 + ".exists(a, a == [])",
        "[{'x': 1}]" + ".map(a, {'l': a, 'r': a})" * 26 + ".exists(a, a == {})",
        "".join(
            f"[{before} + {before}].exists({after}, " for before, after in pairwise(["'ab'", *"abcdefghijklmnopqrstuvwxyz"])
        )
        + "true"
        + ")" * 26,
    ],
)
def test_what_would_take_all_memory_is_refused_as_it_is_saved(source: str) -> None:
    with pytest.raises(BadExpression) as bad:
        compile_expression(source, Yields.CONDITION)

    assert bad.value.fix


@pytest.mark.parametrize(
    "source",
    [
        "[" + ", ".join(f"'word{number}'" for number in range(150)) + "].exists(w, event.data.text.contains(w))",
        "event.data.items.filter(i, i.price > 3).map(i, i.price * i.count).exists(p, p > 300)",
        "event.data.items.all(i, i.name + ' ' + i.kind != 'a b') && event.data.items.exists_one(i, i.gift)",
        "[1, 2, 3].all(a, [1, 2, 3].all(b, [1, 2, 3].all(c, a + b + c + event.data.n > 0)))",
    ],
)
def test_what_supervisors_write_about_lists_is_not_refused(source: str) -> None:
    assert compile_expression(source, Yields.CONDITION).source == source


def test_a_failure_holds_no_value_of_the_event() -> None:
    failure = evaluate("duration(event.data.text)", data(text="dana@example.com"))

    assert isinstance(failure, Failure)
    assert "dana" not in failure.message


def test_anger_can_be_asked_for() -> None:
    assert evaluate("anger(event.data.text) > 0", data(text="This is a disgrace")) is True
    assert evaluate("anger('thank you') == 0") is True
    assert isinstance(evaluate("anger(event.data.text)", data(text=5)), Failure)


def test_one_activation_serves_all_expressions_of_an_event() -> None:
    scope = Scope(data(a=1), {"id": "c"})
    first, second = (compile_expression(f"event.data.a + {n} > 0", Yields.CONDITION) for n in (1, 2))

    first.holds(scope)
    activation = scope.activation()
    second.holds(scope)

    assert scope.activation() is activation


@pytest.mark.parametrize(
    "source",
    [
        "event.data.a + 1 > 2",
        "event.data['a'] == 1",
        "event == event",
        "size(event.data.a) > 1",
        "event.data.a == r'x'",
        "event.data.a == 1u",
        "event.data.a < 1 < 2",
        "event.data.a == 'it\\'s'",
        "has(event.data)",
        "now == now",
        "customer",
    ],
)
def test_what_is_not_plain_is_left_to_the_engine(source: str) -> None:
    node = shortcut(source)

    assert node is None or node(Scope(data(a=1), {"id": "c"})) is UNSURE


PATHS = st.sampled_from(
    [
        "event.data.a",
        "event.data.b",
        "event.data.a.b",
        "event.data.missing",
        "event.type",
        "event.time",
        "customer.a",
        "customer.id",
    ]
)
CONSTANTS = st.sampled_from(["0", "1", "-1", "2.5", "1.0", "'a'", '"b"', "''", "true", "false", "300", "9007199254740993"])
ATOMS = st.one_of(
    st.builds(
        lambda a, sign, b: f"{a} {sign} {b}",
        PATHS | CONSTANTS,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        PATHS | CONSTANTS,
    ),
    PATHS.filter(lambda path: path.count(".") > 1 or path.startswith("customer")).map(lambda path: f"has({path})"),
    PATHS.map(lambda path: f"{path} in ['a', \"b\"]"),
    PATHS,
    st.just("true"),
    st.just("anger(event.data.a) > 0"),
)
SOURCES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds(lambda a, sign, b: f"{a} {sign} {b}", inner, st.sampled_from(["&&", "||"]), inner),
        inner.map(lambda a: f"!({a})"),
        inner.map(lambda a: f"!{a}"),
        inner.map(lambda a: f"({a})"),
        st.builds(lambda a, b, c: f"{a} ? {b} : {c}", inner, inner, inner),
    ),
    max_leaves=5,
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(
        [
            2**53,
            2**53 + 1,
            2**63 - 1,
            -(2**63),
            2.5,
            0.1,
            1e300,
            "a",
            "b",
            "",
            "נמאס",
            [],
            ["a"],
            {},
            {"b": 1},
            {"b": {"a": "a"}},
        ]
    ),
)


@settings(max_examples=1500, deadline=None)
@given(source=SOURCES, a=VALUES, b=VALUES, whole=st.none() | VALUES)
def test_a_shortcut_that_is_sure_says_what_the_engine_says(source: str, a: Any, b: Any, whole: Any) -> None:
    node = shortcut(source)
    try:
        expression = compile_expression(source, Yields.CONDITION)
    except BadExpression:
        return
    fields = {"a": a, "b": b} if whole is None else whole
    scope = Scope(Event("s", "e", "x", "c", START, fields), {"a": b, "id": "c"})
    if node is None or (answer := node(scope)) is UNSURE:
        return

    engines = expression.ask_engine(scope)

    assert answer == engines
    assert type(answer) is type(engines)
