"""State machines of the three detectors: driven event by event, stored and read back, handed to new versions of their rules.

After every step the moments are those that a naive reading of the whole story finds, which sorts and recomputes everything.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orchestrator.detection.effects import Effect, MomentFound
from orchestrator.detection.journey import Journey
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.states import CustomerState, Watch, Window
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import JsonValue
from tests.unit.detection.factories import START, a_rule
from tests.unit.detection.naive import Found, Naive, NaiveRule

HALF = timedelta(seconds=30)
KEY = "event.data.k"


def restored(state: CustomerState) -> CustomerState:
    """Return a customer's state as the database gives it back."""

    def back(kind: Any, stored: Any) -> dict[Any, Any]:
        return {slot: kind.from_json(json.loads(json.dumps(each.to_json()))) for slot, each in stored.items()}

    return CustomerState(state.id, state.attributes, back(Watch, state.watches), back(Window, state.windows))


class Detector(RuleBasedStateMachine):
    """One rule, two customers, two keys. Times run forward; several events may share an instant."""

    types: Sequence[str]

    def __init__(self) -> None:
        super().__init__()
        self.now, self.events = START, list[Event]()
        self.found: list[MomentFound] = []
        self.journey = Journey(self.book())

    def book(self) -> Rulebook:
        raise NotImplementedError

    def naive(self) -> list[Found]:
        raise NotImplementedError

    @rule(
        halves=st.sampled_from([0, 0, 1, 1, 2, 3, 8]),
        kind=st.integers(0, 9),
        customer=st.sampled_from("cd"),
        key=st.integers(1, 2),
        weight=st.sampled_from([0.1, 1, 2, -1, 0.7, 2.2]),
        ahead=st.integers(-4, 20),
    )
    def an_event(self, halves: int, kind: int, customer: str, key: int, weight: float, ahead: int) -> None:
        self.now += halves * HALF
        data: dict[str, JsonValue] = {"k": key, "w": weight, "at": (self.now + ahead * HALF).isoformat()}
        identity = f"{len(self.events):04}"
        event = Event("web", identity, self.types[kind % len(self.types)], customer, self.now, data)
        self.in_force(identity)
        self.events.append(event)
        self.keep(self.journey.apply(event))

    def in_force(self, identity: str) -> None:
        """Remember what the version in force says as this event comes."""

    @rule()
    def stored_and_read_back(self) -> None:
        self.journey = Journey(self.book(), [restored(state) for state in self.journey.customers.values()])

    @invariant()
    def what_is_found_is_what_the_whole_story_says(self) -> None:
        # A look ahead on a copy: an event stamped exactly now may still come, and is applied before what is due now.
        ahead = Journey(self.book(), [restored(state) for state in self.journey.customers.values()])
        due = [each for each in ahead.advance(self.now) if isinstance(each, MomentFound)]
        found = [(each.customer, each.key, each.at, [one.id for one in each.evidence]) for each in [*self.found, *due]]
        assert sorted(found) == sorted((each.customer, each.key, each.at, each.evidence) for each in self.naive())

    def keep(self, effects: list[Effect]) -> None:
        self.found += [each for each in effects if isinstance(each, MomentFound)]

    def told(self, one: NaiveRule) -> list[Found]:
        return Naive([one], self.events, self.now).run()


class OccurrenceMachine(Detector):
    types = ("x", "y")

    def book(self) -> Rulebook:
        return Rulebook([a_rule({"occurrence": {"on": [{"type": "x"}], "key": KEY}})])

    def naive(self) -> list[Found]:
        return self.told(NaiveRule("r", "x"))


class AbsenceMachine(Detector):
    """A new version takes over open watches: their deadline stands until the next start or touch."""

    types = ("start", "start", "touch", "until")

    def __init__(self) -> None:
        self.within, self.spans = 4, dict[str, timedelta]()
        super().__init__()

    @rule(halves=st.sampled_from([1, 4, 9]))
    def a_new_version(self, halves: int) -> None:
        self.within = halves
        self.stored_and_read_back()

    def in_force(self, identity: str) -> None:
        self.spans[identity] = self.within * HALF

    def book(self) -> Rulebook:
        absence = {"start": [{"type": "start"}], "touch": [{"type": "touch"}], "until": [{"type": "until"}]}
        return Rulebook([a_rule({"absence": absence | {"key": KEY, "within": f"{self.within * 30}s"}})])

    def naive(self) -> list[Found]:
        return self.told(NaiveRule("r", "w", spans=self.spans))


class DateMachine(Detector):
    types = ("dated", "dated", "dated", "until")

    def book(self) -> Rulebook:
        absence = {"start": [{"type": "dated"}], "until": [{"type": "until"}], "due": {"at": "event.data.at"}}
        return Rulebook([a_rule({"absence": absence | {"key": KEY}})])

    def naive(self) -> list[Found]:
        return self.told(NaiveRule("r", "d"))


class ScoreMachine(Detector):
    """A new version takes over windows: the next event is held against its threshold."""

    types = ("hit", "hit", "hit", "reset")

    def __init__(self) -> None:
        self.threshold, self.thresholds = 3, dict[str, Fraction]()
        super().__init__()

    @rule(threshold=st.sampled_from([1, 3, 5]))
    def a_new_version(self, threshold: int) -> None:
        self.threshold = threshold
        self.stored_and_read_back()

    def in_force(self, identity: str) -> None:
        self.thresholds[identity] = Fraction(self.threshold)

    def book(self) -> Rulebook:
        score = {"events": [{"type": "hit", "weight": "event.data.w"}], "until": [{"type": "reset"}]}
        return Rulebook([a_rule({"score": score | {"within": "4m", "threshold": self.threshold, "key": KEY}})])

    def naive(self) -> list[Found]:
        return self.told(NaiveRule("r", "s", within=timedelta(minutes=4), thresholds=self.thresholds))


for machine in (OccurrenceMachine, AbsenceMachine, DateMachine, ScoreMachine):
    machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

TestOccurrence = OccurrenceMachine.TestCase
TestAbsence = AbsenceMachine.TestCase
TestAbsenceByDate = DateMachine.TestCase
TestScore = ScoreMachine.TestCase
