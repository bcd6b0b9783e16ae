"""A back-test of more events than are held in memory finds what one that holds them all finds."""

import tempfile
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.detection.backtest import run_backtest
from orchestrator.detection.backtest_moments import WrittenMoment
from orchestrator.detection.backtest_replay import RuleTally
from orchestrator.detection.backtest_stream import Arrivals, Asked, Streamed, stream_backtest
from orchestrator.detection.rulebook import Rulebook
from orchestrator.intake.event import Event
from orchestrator.intake.event_files import EventCounts
from orchestrator.intake.json_text import JsonValue
from orchestrator.storage.spill import Spill
from tests.unit.detection.factories import START, a_rule, an_absence, an_event, an_occurrence, at

SUBJECTS = ["ann", "bob", "cyd", "device", "tablet"]
TYPES = ["x", "start", "start", "touch", "until", "hit", "paid", "contact.inbound", "nothing", "customer.identified"]


def book() -> Rulebook:
    resolve: dict[str, Any] = {"resolve": [{"type": "paid"}], "cooldown": "3m"}
    return Rulebook(
        [
            an_occurrence("x", key="event.data.k", rule="once", **resolve),
            an_absence(within="5m", rule="left"),
            a_rule({"score": {"events": [{"type": "hit"}], "within": "9m", "threshold": 2}}, rule="often", holdout="30%"),
        ]
    )


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Few events of few customers, who turn out to be one, in any order, with copies that say the same or something else."""
    events = [_drawn(draw, number) for number in range(draw(st.integers(0, 30)))]
    copied = draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    changes: list[dict[str, Any]] = [{}, {"type": "x"}, {"subject": "bob"}]
    copies = [replace(event, **draw(st.sampled_from(changes))) for event in copied]
    return draw(st.permutations(events + copies))


def _drawn(draw: st.DrawFn, number: int) -> Event:
    kind = draw(st.sampled_from(TYPES))
    data: JsonValue = {"k": draw(st.sampled_from([1, 2]))} if draw(st.booleans()) else {}
    if kind == "customer.identified":
        data = {"anonymous_id": draw(st.sampled_from(SUBJECTS))}
    time = START + draw(st.integers(0, 60)) * timedelta(seconds=30, microseconds=7)
    return Event(draw(st.sampled_from(["a", "b"])), str(number), kind, draw(st.sampled_from(SUBJECTS)), time, data)


def streamed(
    events: Iterable[Event], spill: Spill, *, most: int, since: datetime | None = None, until: datetime | None = None
) -> tuple[Streamed, EventCounts]:
    arrivals, counts = Arrivals(spill, most=most), EventCounts()
    for event in events:
        arrivals.add(event)
    return stream_backtest(book(), arrivals, counts, Asked(since, until)), counts


@settings(max_examples=300, deadline=None)
@given(
    events=streams(),
    most=st.sampled_from([1, 3, 1000]),
    since=st.none() | st.integers(0, 30),
    until=st.none() | st.integers(0, 40),
)
def test_moments_and_tallies_are_those_of_events_held_in_memory(
    events: list[Event], most: int, since: int | None, until: int | None
) -> None:
    kept: dict[tuple[str, str], Event] = {}
    for event in events:
        kept.setdefault((event.source, event.id), event)
    first, last = (None if minute is None else at(minute) for minute in (since, until))
    whole = run_backtest(book(), kept.values(), until=last)
    counted = [moment for moment in whole.moments if first is None or moment.at >= first]

    with Spill() as spill:
        result, counts = streamed(events, spill, most=most, since=first, until=last)
        moments = list(result.moments)

    assert moments == [WrittenMoment.of(moment) for moment in counted]
    for name, tally in result.tallies.items():
        verdicts = Counter(moment.verdict for moment in counted if moment.rule == name)
        expected = replace(whole.tallies[name], moments=verdicts.total(), verdicts=verdicts)
        assert _told(tally) == _told(expected)
    assert result.until == whole.until
    assert (counts.accepted, counts.duplicates) == (len(kept), len(events) - len(kept))
    assert counts.differing == sum(event != kept[event.source, event.id] for event in events)


def _told(tally: RuleTally) -> RuleTally:
    """The tally without the numbers by which customers were met: copies take numbers too."""
    return replace(tally, samples={place: replace(sample, met=0) for place, sample in tally.samples.items()})


def test_moments_are_read_in_their_order_however_often() -> None:
    events = [an_event("x", minute, str(minute), customer=f"c{minute % 7}", k=minute % 3) for minute in range(50)]

    with Spill() as spill:
        result, _ = streamed(events, spill, most=4)
        first, second = list(result.moments), list(result.moments)

    assert first == second == sorted(first, key=lambda moment: moment.order)
    assert len(first) == 50


def test_what_is_put_down_on_disk_has_no_name_that_could_be_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with Spill() as spill:
        chunk = spill.put([("a", 1, None)])

        assert list(tmp_path.iterdir()) == []
        assert spill.get(chunk) == [("a", 1, None)]


def test_five_times_the_events_take_hardly_more_memory() -> None:
    def peak(number: int) -> int:
        tracemalloc.start()
        with Spill() as spill:
            result, counts = streamed(map(_of_many, range(number)), spill, most=4000)
            assert (counts.accepted, sum(1 for _ in result.moments)) == (number, number // 10)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    peak(100)

    assert peak(40_000) < 1.5 * peak(8_000)


def _of_many(index: int) -> Event:
    return an_event("nothing" if index % 10 else "x", index / 60, str(index), customer=f"c{index // 8}", k=index)
