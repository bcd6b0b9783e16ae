"""Every matching event is a moment; what matches, and under which key."""

import pytest

from tests.unit.detection.factories import a_rule, an_event, an_occurrence, evidence, keys, run, times


def test_every_matching_event_is_a_moment_at_its_time() -> None:
    result = run(an_occurrence("x"), an_event("x", 1), an_event("y", 2), an_event("x", 3))

    assert times(result) == [1, 3]
    assert evidence(result) == [["x@1"], ["x@3"]]


@pytest.mark.parametrize(
    ("glob", "matches", "other"),
    [
        ("order.*", ["order.", "order.a", "order.a.b"], ["order", "border.a", "Order.a"]),
        ("*", ["a", "a.b", "a\nb"], []),
        ("*.failed", ["a.failed", ".failed", "a.b.failed"], ["failed", "a.failed.b"]),
        ("a*c", ["ac", "abc", "a.c"], ["ab", "abcd"]),
        ("a?c", ["a?c"], ["abc"]),
        ("a[b]c", ["a[b]c"], ["abc"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_a_star_is_the_only_wildcard(glob: str, matches: list[str], other: list[str]) -> None:
    rule = an_occurrence(glob)

    assert [name for name in matches if not times(run(rule, an_event(name)))] == []
    assert [name for name in other if times(run(rule, an_event(name)))] == []


def test_an_event_that_matches_several_patterns_is_one_moment() -> None:
    assert times(run(an_occurrence("x", "*"), an_event("x"))) == [0]


@pytest.mark.parametrize(
    "where", ["event.data.x", "event.data.nope > 1", "event.data.x > 1", "event.data.n", "1.0 / 0.0 > event.data.x"]
)
def test_a_condition_matches_only_by_exactly_true(where: str) -> None:
    assert times(run(an_occurrence(where=where), an_event("x", x="yes", n=None))) == []


def test_a_failing_condition_is_counted_beside_the_errors() -> None:
    tally = run(an_occurrence(where="event.data.nope > 1"), an_event("x")).tallies["r"]

    assert (tally.errors, tally.condition_errors) == (0, 1)
    assert list(tally.samples) == ["detect.occurrence.on[0].where"]


def test_a_condition_that_fails_leaves_the_next_pattern_to_be_tried() -> None:
    rule = a_rule({"occurrence": {"on": [{"type": "x", "where": "event.data.nope"}, {"type": "x"}]}})

    assert times(run(rule, an_event("x"))) == [0]


@pytest.mark.parametrize(("value", "key"), [("k", "k"), (" ", " "), (5, "5"), (-7, "-7"), (0, "0"), ("5", "5")])
def test_a_key_is_a_text_or_a_whole_number(value: object, key: str) -> None:
    assert keys(run(an_occurrence(key="event.data.k"), an_event("x", k=value))) == [("c", key)]


@pytest.mark.parametrize("value", [None, True, False, 1.5, "", [], ["k"], {}, {"k": 1}])
def test_anything_else_is_no_key(value: object) -> None:
    result = run(an_occurrence(key="event.data.k"), an_event("x", k=value))

    assert times(result) == []
    assert result.tallies["r"].errors == 1


@pytest.mark.parametrize("key", ["event.data.nope", "now", "b'x'", "duration('1s')"])
def test_a_key_that_fails_or_is_of_another_type_skips_the_rule(key: str) -> None:
    rule = an_occurrence("x", "*", key=f"true ? dyn({key}) : ''")

    result = run(rule, an_event("x"))

    assert times(result) == []
    assert result.tallies["r"].errors == 1


def test_without_a_key_the_customer_is_the_key() -> None:
    assert keys(run(an_occurrence(), an_event("x", customer="dana"))) == [("dana", "dana")]


def test_an_expression_sees_the_event_the_customer_and_its_time() -> None:
    where = (
        "event.id == 'e' && event.source == 'web' && event.type == 'x' && event.subject == 'c' && customer.id == 'c' && "
        "event.time == '2026-03-02T08:00:00Z' && timestamp(event.time) == now && event.data == {}"
    )

    assert times(run(an_occurrence(where=where), an_event("x", 0, "e"))) == [0]
