"""The rules in force together, and what each event type means to them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from orchestrator.detection.compiled import Absence, CompiledRule, Detector, Occurrence, Score
from orchestrator.detection.patterns import Pattern

_CACHED_TYPES = 4096


class Role(Enum):
    """What a pattern of a detector is there for. Listed in the order in which an event is held against them."""

    UNTIL = auto()
    START = auto()  # opens or moves a watch; for the other detectors: the event that counts
    TOUCH = auto()


@dataclass(frozen=True, slots=True)
class Candidate:
    """The patterns of one rule that an event of one type can match, in order."""

    rule: CompiledRule
    patterns: tuple[tuple[Role, Pattern], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with an event of one type, rules in code-point order of their names."""

    resolvers: tuple[Candidate, ...]
    detectors: tuple[Candidate, ...]
    updates_customer: bool
    identifies_customer: bool
    ends_moments: bool

    @property
    def is_empty(self) -> bool:
        own = self.updates_customer or self.identifies_customer or self.ends_moments
        return not (own or self.resolvers or self.detectors)


class Rulebook:
    """A set of rules with unique names. A paused rule detects nothing, but its open deadlines pass and its moments resolve."""

    def __init__(self, rules: Iterable[CompiledRule], *, paused: Iterable[str] = ()) -> None:
        self._rules = {rule.name: rule for rule in sorted(rules, key=lambda rule: rule.name)}
        self.paused = frozenset(paused)
        self._plans: dict[str, Plan] = {}

    def __iter__(self) -> Iterator[CompiledRule]:
        return iter(self._rules.values())

    def get(self, name: str) -> CompiledRule | None:
        return self._rules.get(name)

    def plan(self, event_type: str) -> Plan:
        plan = self._plans.get(event_type)
        if plan is None:
            if len(self._plans) >= _CACHED_TYPES:  # types are the callers' to invent
                self._plans.clear()
            plan = self._plans[event_type] = self._make_plan(event_type)
        return plan

    def _make_plan(self, event_type: str) -> Plan:
        resolvers = ((rule, [(Role.UNTIL, pattern) for pattern in rule.resolve]) for rule in self)
        detectors = ((rule, _roles(rule.detector)) for rule in self if rule.name not in self.paused)
        return Plan(
            resolvers=_candidates(event_type, resolvers),
            detectors=_candidates(event_type, detectors),
            updates_customer=event_type == "customer.updated",
            identifies_customer=event_type == "customer.identified",
            ends_moments=event_type == "contact.inbound",
        )


def _candidates(event_type: str, rules: Iterable[tuple[CompiledRule, list[tuple[Role, Pattern]]]]) -> tuple[Candidate, ...]:
    candidates = (
        Candidate(rule, tuple((role, pattern) for role, pattern in patterns if pattern.matches_type(event_type)))
        for rule, patterns in rules
    )
    return tuple(candidate for candidate in candidates if candidate.patterns)


def _roles(detector: Detector) -> list[tuple[Role, Pattern]]:
    match detector:
        case Occurrence():
            return [(Role.START, pattern) for pattern in detector.on]
        case Absence():
            until = [(Role.UNTIL, pattern) for pattern in detector.until]
            start = [(Role.START, pattern) for pattern in detector.start]
            return until + start + [(Role.TOUCH, pattern) for pattern in detector.touch]
        case Score():
            until = [(Role.UNTIL, pattern) for pattern in detector.until]
            return until + [(Role.START, pattern) for pattern in detector.events]
        case _:
            assert_never(detector)
