"""The engine against a naive one, on streams with many ties, in one go and in pieces."""

import json
from datetime import timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.detection.backtest import run_backtest
from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.effects import MomentFound
from orchestrator.detection.journey import Journey
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.states import CustomerState, Watch, Window
from orchestrator.intake.event import Event
from tests.unit.detection.factories import START, a_rule, at
from tests.unit.detection.naive import Naive, NaiveRule

TYPES = ["x", "start", "start", "dated", "dated", "touch", "until", "hit", "hit", "reset", "paid", "contact.inbound"]


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    count = draw(st.integers(0, 25))
    return [
        Event(
            source=draw(st.sampled_from(["a", "b"])),
            id=f"{draw(st.integers(0, 9))}-{number}",
            type=draw(st.sampled_from(TYPES)),
            subject=draw(st.sampled_from(["c", "d"])),
            time=(time := START + draw(st.integers(0, 60)) * timedelta(seconds=30)),
            data={
                "k": draw(st.sampled_from([1, 2])),
                "w": draw(st.sampled_from([0.1, 1, 2, -1, 0.7, 2.2])),
                "at": (time + draw(st.integers(-4, 20)) * timedelta(seconds=30)).isoformat(),
            },
        )
        for number in range(count)
    ]


def rules(cooldown: str | None) -> tuple[Rulebook, list[NaiveRule]]:
    key = "event.data.k"
    fields = {"resolve": [{"type": "paid"}]} | ({"cooldown": cooldown} if cooldown else {})
    absence = {"start": [{"type": "start"}], "touch": [{"type": "touch"}], "until": [{"type": "until"}]}
    dated = {"start": [{"type": "dated"}], "until": [{"type": "until"}], "due": {"at": "event.data.at"}}
    score = {"events": [{"type": "hit", "weight": "event.data.w"}], "until": [{"type": "reset"}], "threshold": 3}
    compiled: list[CompiledRule] = [
        a_rule({"occurrence": {"on": [{"type": "x"}], "key": key}}, rule="b", expires="2m", **fields),
        a_rule({"absence": absence | {"within": "5m", "key": key}}, rule="a", expires="7m", **fields),
        a_rule({"score": score | {"within": "4m", "key": key}}, rule="c", expires="3m", **fields),
        a_rule({"absence": dated | {"key": key}}, rule="d", expires="6m", **fields),
    ]
    wait = timedelta(minutes=3) if cooldown else None
    naive = [
        NaiveRule("b", "x", expires=timedelta(minutes=2), cooldown=wait),
        NaiveRule("a", "w", within=timedelta(minutes=5), expires=timedelta(minutes=7), cooldown=wait),
        NaiveRule("c", "s", timedelta(minutes=4), Fraction(3), timedelta(minutes=3), wait),
        NaiveRule("d", "d", expires=timedelta(minutes=6), cooldown=wait),
    ]
    return Rulebook(compiled), naive


@settings(max_examples=400, deadline=None)
@given(events=streams(), until=st.integers(0, 40), cooldown=st.sampled_from([None, "3m"]))
def test_moments_evidence_and_verdicts_are_the_naive_ones(events: list[Event], until: int, cooldown: str | None) -> None:
    book, naive_rules = rules(cooldown)

    moments = run_backtest(book, events, until=at(until)).moments

    expected = Naive(naive_rules, events, at(until)).run()
    assert sorted(
        (m.at, m.rule, m.customer, m.key, [p.id for p in m.found.evidence], m.verdict.value) for m in moments
    ) == sorted((f.at, f.rule, f.customer, f.key, f.evidence, f.verdict) for f in expected)


@settings(max_examples=200, deadline=None)
@given(events=streams(), data=st.data())
def test_states_stored_after_each_event_lead_to_the_same_moments(events: list[Event], data: st.DataObject) -> None:
    book, _ = rules(None)
    events = sorted(events, key=lambda event: event.position)
    whole, stored = Journey(book), Journey(book)

    expected = [effect for event in events for effect in whole.apply(event)] + whole.advance(at(60))
    found = []
    for event in events:
        found += stored.apply(event)
        if data.draw(st.booleans()):
            stored = Journey(book, [restored(state) for state in stored.customers.values()])
    found += stored.advance(at(60))

    # Deadlines pass lazily, before the next event of anybody in the journey: only each customer's own order is fixed.
    for customer in ("c", "d"):
        assert [e for e in found if e.customer == customer and isinstance(e, MomentFound)] == [  # type: ignore[union-attr]
            e
            for e in expected
            if e.customer == customer and isinstance(e, MomentFound)  # type: ignore[union-attr]
        ]


def restored(state: CustomerState) -> CustomerState:
    return CustomerState(
        state.id,
        state.attributes,
        {slot: Watch.from_json(json.loads(json.dumps(watch.to_json()))) for slot, watch in state.watches.items()},
        {slot: Window.from_json(json.loads(json.dumps(window.to_json()))) for slot, window in state.windows.items()},
    )
