"""Weighted events in a sliding window reach a threshold."""

import pytest

from tests.unit.detection.factories import a_rule, a_score, an_event, evidence, keys, run, times


def test_a_count_is_a_score_of_ones() -> None:
    result = run(a_score(), an_event("x", 0), an_event("x", 1), an_event("x", 2), an_event("x", 3))

    assert times(result) == [2]
    assert evidence(result) == [["x@0", "x@1", "x@2"]]


def test_the_window_empties_as_it_fires() -> None:
    result = run(a_score(), *[an_event("x", minute) for minute in range(7)])

    assert times(result) == [2, 5]


def test_the_window_holds_what_is_younger_than_within_and_not_what_is_as_old() -> None:
    rule = a_score()

    assert times(run(rule, an_event("x", 0), an_event("x", 5), an_event("x", 10))) == []
    assert times(run(rule, an_event("x", 0.01), an_event("x", 5), an_event("x", 10))) == [10]


def test_an_until_empties_the_window() -> None:
    events = [an_event("x", 0), an_event("x", 1), an_event("until", 2), an_event("x", 3)]

    assert times(run(a_score(), *events)) == []
    assert times(run(a_score(), *events, an_event("x", 4), an_event("x", 5))) == [5]


def test_an_until_of_another_key_empties_nothing() -> None:
    rule = a_score(key="event.data.k")
    events = [an_event("x", 0, k=1), an_event("x", 1, k=1), an_event("until", 2, k=2), an_event("x", 3, k=1)]

    assert keys(run(rule, *events)) == [("c", "1")]


def test_weights_are_summed_exactly_as_they_are_written() -> None:
    rule = a_score({"type": "x", "weight": "event.data.w"}, threshold=0.3)

    assert times(run(rule, *[an_event("x", minute, w=0.1) for minute in range(3)])) == [2]


def test_weights_leave_the_window_without_a_trace() -> None:
    rule = a_score({"type": "x", "weight": "event.data.w"}, threshold=0.3)
    events = [an_event("x", 0, w=1e-17), an_event("x", 1, w=0.1), an_event("x", 10, w=0.1), an_event("x", 10.5, w=0.1)]

    assert times(run(rule, *events)) == [10.5]


def test_a_negative_weight_counts_against() -> None:
    rule = a_score({"type": "x", "weight": 2}, {"type": "y", "weight": -1}, threshold=4)
    result = run(rule, an_event("x", 0), an_event("y", 1), an_event("x", 2), an_event("x", 3))

    assert times(result) == [3]
    assert evidence(result) == [["x@0", "y@1", "x@2", "x@3"]]


def test_the_sum_is_compared_only_as_an_event_is_added() -> None:
    rule = a_score({"type": "x", "weight": 3}, {"type": "y", "weight": -1})

    assert times(run(rule, an_event("y", 0), an_event("x", 1), an_event("until", 9.5), an_event("other", 11))) == []


@pytest.mark.parametrize("weight", [True, False, "1", None, [1], {}])
def test_a_weight_that_is_no_number_skips_the_rule(weight: object) -> None:
    rule = a_score({"type": "x", "weight": "event.data.w"}, {"type": "x", "weight": 5})
    result = run(rule, an_event("x", w=weight))

    assert times(result) == []
    assert result.tallies["r"].errors == 1


@pytest.mark.parametrize("weight", ["1.0 / 0.0", "0.0 / 0.0", "event.data.nope"])
def test_a_weight_that_is_not_finite_or_fails_skips_the_rule(weight: str) -> None:
    assert run(a_score({"type": "x", "weight": weight}), an_event("x")).tallies["r"].errors == 1


def test_a_weight_of_the_score_holds_where_the_pattern_has_none() -> None:
    events = [{"type": "x"}, {"type": "y", "weight": 1}]
    rule = a_rule({"score": {"events": events, "weight": "event.data.w", "within": "10m", "threshold": 4}})

    assert times(run(rule, an_event("y", 0, w=9), an_event("x", 1, w=2), an_event("x", 2, w=1))) == [2]


def test_events_of_one_instant_are_added_one_after_the_other() -> None:
    rule = a_score(threshold=2)
    result = run(rule, an_event("x", 0, "c"), an_event("x", 0, "a"), an_event("x", 0, "b"))

    assert evidence(result) == [["a", "b"]]
