"""Customers' events in order: attributes, resolving, merging, and what happens first within an instant."""

import json
from typing import Any

import pytest

from orchestrator.detection.effects import CustomersMerged, Effect, MomentFound
from orchestrator.detection.journey import Journey, OutOfOrder
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.states import CustomerState, Slot, Watch, Window
from orchestrator.intake.event import Event
from tests.unit.detection.factories import (
    a_score,
    an_absence,
    an_event,
    an_occurrence,
    at,
    evidence,
    keys,
    minutes,
    run,
    times,
    verdicts,
)


def found(effects: list[Effect]) -> list[tuple[str, str, float]]:
    return [(e.rule.name, e.key, minutes(e.at)) for e in effects if isinstance(e, MomentFound)]


def test_attributes_are_merged_shallowly_and_null_removes() -> None:
    journey = Journey(Rulebook([]))
    journey.apply(an_event("customer.updated", 0, a={"x": 1, "y": 2}, b=1, c=1))
    journey.apply(an_event("customer.updated", 1, a={"x": 3}, b=None))

    assert journey.customers["c"].attributes == {"id": "c", "a": {"x": 3}, "c": 1}


def test_an_id_among_the_attributes_is_ignored() -> None:
    journey = Journey(Rulebook([]))
    journey.apply(an_event("customer.updated", 0, id="other"))
    journey.apply(an_event("customer.updated", 0, id=None))

    assert journey.customers["c"].attributes == {"id": "c"}


def test_an_event_sees_the_attributes_it_brings_itself() -> None:
    rule = an_occurrence("customer.updated", where="customer.tier == 'gold'")

    assert times(run(rule, an_event("customer.updated", 0, tier="gold"))) == [0]


def test_attributes_are_those_of_the_time_in_whatever_order_the_events_come() -> None:
    rule = an_occurrence(where="customer.tier == 'gold'")
    events = [an_event("x", 2), an_event("customer.updated", 3, tier="lead"), an_event("customer.updated", 1, tier="gold")]

    assert times(run(rule, *events, an_event("x", 0), an_event("x", 4))) == [2]


def test_events_of_an_instant_run_by_source_and_id_in_code_points() -> None:
    rule = an_occurrence(where="customer.tier == 'gold'")
    gold = an_event("customer.updated", 0, "m", source="web", tier="gold")
    names = ["A", "a", "ä", "￿", "\U00010000"]

    result = run(rule, gold, *[an_event("x", 0, name) for name in names], an_event("x", 0, "z", source="app"))

    assert evidence(result) == [["ä"], ["￿"], ["\U00010000"]]


def test_deadlines_pass_after_the_events_of_their_instant() -> None:
    watch = an_absence(rule="watch")
    contact = an_event("contact.inbound", 20)

    result = run(watch, an_event("start", 0), contact, an_event("start", 21), until=60)

    assert times(result) == [20, 41]
    assert verdicts(result) == ["escalate", "joined"]


def test_deadlines_of_an_instant_pass_by_rule_then_key() -> None:
    first, second = an_absence(rule="a", key="event.data.k"), an_absence(rule="b", key="event.data.k")
    journey = Journey(Rulebook([second, first]))
    for key in ("2", "10", "1"):
        journey.apply(an_event("start", 0, key, k=key))

    order = [(name, key) for name, key, _ in found(journey.advance(at(20)))]

    assert order == [("a", "1"), ("a", "10"), ("a", "2"), ("b", "1"), ("b", "10"), ("b", "2")]


def test_rules_run_in_code_point_order_of_their_names() -> None:
    rules = Rulebook([an_occurrence(rule=name) for name in ("b", "a-", "a", "0")])

    assert [name for name, _, _ in found(Journey(rules).apply(an_event("x")))] == ["0", "a", "a-", "b"]


def test_time_runs_in_one_direction() -> None:
    journey = Journey(Rulebook([]))
    journey.apply(an_event("x", 1))

    with pytest.raises(OutOfOrder):
        journey.apply(an_event("x", 0))


KEYED: dict[str, Any] = {"resolve": [{"type": "paid"}], "expires": "10h", "key": "event.data.k"}


def test_a_resolve_takes_the_moments_of_its_key() -> None:
    rule = an_occurrence(**KEYED)
    events = [an_event("x", 0, k=1), an_event("x", 1, k=2), an_event("paid", 2, k=1), an_event("x", 3, k=3)]

    assert verdicts(run(rule, *events)) == ["escalate", "joined", "joined"]
    assert verdicts(run(rule, *events, an_event("paid", 2.5, k=2))) == ["escalate", "joined", "escalate"]


@pytest.mark.parametrize("data", [{}, {"k": 1.5}, {"k": None}])
def test_a_resolve_without_a_key_takes_all_of_the_rules_moments(data: dict[str, Any]) -> None:
    rule = an_occurrence(**KEYED)
    result = run(rule, an_event("x", 0, k=1), an_event("x", 1, k=2), an_event("paid", 2, **data), an_event("x", 3, k=3))

    assert verdicts(result) == ["escalate", "joined", "escalate"]
    assert result.tallies["r"].errors == 0


def test_a_resolve_leaves_other_rules_moments() -> None:
    rules = [an_occurrence(rule="a", **KEYED), an_occurrence("y", rule="b", expires="10h")]
    result = run(rules, an_event("x", 0, k=1), an_event("y", 1), an_event("paid", 2, k=1), an_event("x", 3, k=1))

    assert verdicts(result) == ["escalate", "joined", "joined"]


def test_an_event_resolves_before_it_is_detected() -> None:
    rule = an_occurrence(resolve=[{"type": "x"}], expires="10h")

    assert verdicts(run(rule, an_event("x", 0), an_event("x", 1))) == ["escalate", "escalate"]


def test_a_resolve_has_its_own_condition() -> None:
    rule = an_occurrence(resolve=[{"type": "paid", "where": "event.data.full"}], expires="10h")
    part, full = an_event("paid", 1, full=False), an_event("paid", 2, full=True)

    assert verdicts(run(rule, an_event("x", 0), part, an_event("x", 1.5), full, an_event("x", 3))) == [
        "escalate",
        "joined",
        "escalate",
    ]


def test_a_contact_ends_all_moments_and_no_watch() -> None:
    rules = [an_occurrence(rule="a", expires="10h"), an_absence(rule="b", expires="10h")]
    result = run(rules, an_event("start", 0), an_event("x", 1), an_event("contact.inbound", 2), until=60)

    assert verdicts(result) == ["escalate", "escalate"]


def identified(minute: float, kept: str, other: str) -> Event:
    return an_event("customer.identified", minute, customer=kept, anonymous_id=other)


def test_an_open_watch_goes_with_the_customer() -> None:
    result = run(an_absence(), an_event("start", 0, customer="anon"), identified(5, "dana", "anon"), until=60)

    assert keys(result) == [("dana", "dana")]
    assert times(result) == [20]


def test_later_events_of_the_second_id_are_the_kept_customers() -> None:
    rule = an_absence()
    start, merge = an_event("start", 0, customer="dana"), identified(5, "dana", "anon")

    assert times(run(rule, start, merge, an_event("until", 6, customer="anon"), until=60)) == []
    assert keys(run(an_occurrence(), merge, an_event("x", 6, customer="anon"))) == [("dana", "dana")]


def test_two_watches_of_one_key_become_one_with_the_later_deadline() -> None:
    rule = an_absence(key="event.data.k")
    events = [
        an_event("start", 0, "a", customer="dana", k=1),
        an_event("start", 2, "b", customer="anon", k=1),
        an_event("touch", 1, "c", customer="dana", k=1),
    ]

    result = run(rule, *events, identified(5, "dana", "anon"), until=60)

    assert times(result) == [22]
    assert evidence(result) == [["a", "c", "b"]]


def test_two_windows_of_one_key_become_one_and_nothing_fires_by_merging() -> None:
    rule = a_score(threshold=3)
    ours = [an_event("x", 0, customer="dana"), an_event("x", 2, customer="dana")]
    theirs = [an_event("x", 1, customer="anon"), an_event("x", 3, customer="anon")]

    result = run(rule, *ours, *theirs, identified(4, "dana", "anon"), an_event("x", 5, customer="anon"))

    assert times(result) == [5]
    assert evidence(result) == [["x@0", "x@1", "x@2", "x@3", "x@5"]]


def test_the_kept_customers_attributes_win() -> None:
    journey = Journey(Rulebook([]))
    journey.apply(an_event("customer.updated", 0, customer="anon", language="he", region="north"))
    journey.apply(an_event("customer.updated", 1, customer="dana", language="en"))
    journey.apply(identified(2, "dana", "anon"))

    assert journey.customers["dana"].attributes == {"id": "dana", "language": "en", "region": "north"}
    assert "anon" not in journey.customers


def test_moments_from_before_belong_to_the_kept_customer_with_their_escalation() -> None:
    rule = an_occurrence(expires="10h")
    result = run(rule, an_event("x", 0, customer="anon"), identified(1, "dana", "anon"), an_event("x", 2, customer="dana"))

    assert keys(result) == [("dana", "dana"), ("dana", "dana")]
    assert verdicts(result) == ["escalate", "joined"]


def test_a_cooldown_goes_with_the_customer() -> None:
    rule = an_occurrence(expires="1m", cooldown="1d")
    result = run(rule, an_event("x", 0, customer="anon"), identified(1, "dana", "anon"), an_event("x", 5, customer="dana"))

    assert verdicts(result) == ["escalate", "suppressed:cooldown"]


def test_a_resolve_of_the_kept_customer_takes_the_moments_of_the_second_id() -> None:
    rule = an_occurrence(resolve=[{"type": "paid"}], expires="10h")
    before = [an_event("x", 0, customer="anon"), identified(1, "dana", "anon")]

    result = run(rule, *before, an_event("paid", 2, customer="dana"), an_event("x", 3, customer="dana"))

    assert verdicts(result) == ["escalate", "escalate"]


def test_identities_are_followed_along_a_chain_and_never_in_a_circle() -> None:
    events = [
        identified(0, "b", "a"),
        identified(1, "c", "b"),
        identified(2, "a", "c"),
        identified(3, "c", "c"),
        an_event("x", 4, customer="a"),
    ]

    assert keys(run(an_occurrence(), *events)) == [("c", "c")]


def test_an_identification_of_somebody_unknown_still_names_them_for_later() -> None:
    effects = Journey(Rulebook([])).apply(identified(0, "dana", "anon"))

    assert [(e.kept, e.other) for e in effects if isinstance(e, CustomersMerged)] == [("dana", "anon")]


def test_a_state_goes_through_json_and_on_as_if_nothing_had_been() -> None:
    watch = an_absence(rule="w", worth={"value": "event.data.total", "chance": 1, "call_cost": 5})
    rules = Rulebook([watch, a_score({"type": "x", "weight": 0.1}, rule="s", threshold=0.3)])
    before = [an_event("start", 0, total=9.5), an_event("x", 1), an_event("x", 2)]
    after = [an_event("touch", 3, total=7), an_event("x", 4)]
    whole, stored = Journey(rules), Journey(rules)
    for event in before:
        whole.apply(event)
        stored.apply(event)

    state = stored.customers["c"]
    restored = CustomerState(
        id=state.id,
        attributes=json.loads(json.dumps(state.attributes)),
        watches={k: Watch.from_json(json.loads(json.dumps(v.to_json()))) for k, v in state.watches.items()},
        windows={k: Window.from_json(json.loads(json.dumps(v.to_json()))) for k, v in state.windows.items()},
    )
    resumed = Journey(rules, [restored])

    assert [resumed.apply(e) for e in after] == [whole.apply(e) for e in after]
    assert resumed.advance(at(60)) == whole.advance(at(60))


def test_what_changed_is_touched() -> None:
    journey = Journey(Rulebook([an_absence(rule="w"), a_score(rule="s")]))
    journey.apply(an_event("start", 0, customer="anon"))
    journey.apply(an_event("until", 0, "~", customer="dana"))
    assert journey.touched == {Slot("w", "anon", "anon")}

    journey.apply(identified(1, "dana", "anon"))
    assert journey.touched == {Slot("w", "anon", "anon"), Slot("w", "dana", "dana")}
    assert journey.watch(Slot("w", "anon", "anon")) is None
    assert journey.watch(Slot("w", "dana", "dana")) is not None

    journey.apply(an_event("x", 2, customer="dana"))
    assert journey.window(Slot("s", "dana", "dana")) is not None


def test_a_paused_rule_detects_nothing_and_lets_its_deadlines_pass() -> None:
    rule = an_absence(key="event.data.k")
    journey = Journey(Rulebook([rule]))
    journey.apply(an_event("start", 0, k=1))
    paused = Journey(Rulebook([rule], paused=["r"]), journey.customers.values())

    paused.apply(an_event("start", 1, k=2))

    assert found(paused.advance(at(60))) == [("r", "1", 20)]
