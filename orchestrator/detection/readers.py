"""Customers' events read under all rules in force, each rule seeing what arrived while it was in force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from orchestrator.detection.effects import AllMomentsEnded, CustomersMerged, Effect, MomentsResolved
from orchestrator.detection.expressions import Failure, Scope
from orchestrator.detection.identities import Identities
from orchestrator.detection.in_force import ActiveRules, RuleInForce
from orchestrator.detection.journey import Journey
from orchestrator.detection.keys import key_of
from orchestrator.detection.rulebook import Candidate, Rulebook
from orchestrator.detection.states import CustomerState, Slot, Watch, Window
from orchestrator.intake.event import Event


class SeenEvent(NamedTuple):
    """A stored event. One that is not `detected` (history, or later than a day) only says something of its customer."""

    event: Event
    arrived: datetime
    detected: bool = True


@dataclass(frozen=True, slots=True)
class OptedOut:
    """An event set `do_not_call`, which was not set before."""

    customer: str
    at: datetime


TurnEffect: TypeAlias = Effect | OptedOut
_OF_CUSTOMERS = (AllMomentsEnded, CustomersMerged)


class _Part(NamedTuple):
    """Rules that saw the same events, in a journey of their own. Without a `rule` to ask, it sees everything."""

    journey: Journey
    rule: RuleInForce | None = None

    def sees(self, seen: SeenEvent) -> bool:
        return seen.detected and (self.rule is None or self.rule.saw(seen.arrived))


class Reader:
    """Some customers' journeys. The first part sees every event and alone tells of the customers themselves."""

    def __init__(self, active: ActiveRules, parts: Sequence[_Part]) -> None:
        self._active, self._parts = active, parts
        self._teller = parts[0].journey

    @classmethod
    def going_on(cls, active: ActiveRules, customers: Iterable[CustomerState], aliases: Mapping[str, str]) -> "Reader":
        """Read on from stored states: what arrives now, every rule in force sees."""
        return cls(active, [_Part(Journey(active.rulebook, customers, aliases=aliases))])

    @classmethod
    def afresh(cls, active: ActiveRules, history: Sequence[SeenEvent]) -> "Reader":
        """Read a history from its beginning; `read` is given its events, or some of them, in order."""
        groups: dict[tuple[bool, ...], list[RuleInForce]] = {}
        for rule in active.in_force.values():
            groups.setdefault(tuple(rule.saw(seen.arrived) for seen in history), []).append(rule)
        if all(all(saw) for saw in groups):
            return cls(active, [_Part(Journey(active.rulebook))])
        parts = [_Part(Journey(Rulebook(each.rule for each in rules)), rules[0]) for rules in groups.values()]
        return cls(active, [_Part(Journey(Rulebook(()))), *parts])

    @property
    def customers(self) -> dict[str, CustomerState]:
        return self._teller.customers

    @property
    def identities(self) -> Identities:
        return self._teller.identities

    def read(self, seen: SeenEvent) -> list[TurnEffect]:
        """Apply the event where it is seen; elsewhere only what it says of its customer."""
        event, effects = seen.event, list[TurnEffect]()
        barred = event.type == "customer.updated" and self._bars_calls(event)
        for part in self._parts:
            came = part.journey.apply(event) if part.sees(seen) else part.journey.fold(event)
            first = part.journey is self._teller
            effects += came if first else [effect for effect in came if not isinstance(effect, _OF_CUSTOMERS)]
        if event.type == "customer.updated" and not barred and self._bars_calls(event):
            effects.append(OptedOut(self._customer(event).id, event.time))
        if seen.detected and self._active.strays:
            effects[:0] = self._resolved_by_strays(event)
        return effects

    def advance(self, until: datetime) -> list[TurnEffect]:
        """Let deadlines up to and including `until` pass."""
        return [effect for part in self._parts for effect in part.journey.advance(until)]

    def slots(self) -> dict[Slot, Watch | Window | None]:
        """Return every open watch and every window that is not empty."""
        found: dict[Slot, Watch | Window | None] = {}
        for part in self._parts:
            for customer in part.journey.customers.values():
                found |= {Slot(rule, customer.id, key): watch for (rule, key), watch in customer.watches.items()}
                found |= {Slot(rule, customer.id, key): window for (rule, key), window in customer.windows.items()}
        return found

    def touched(self) -> dict[Slot, Watch | Window | None]:
        """Return the state of every slot that was changed since the beginning; None where there is none any more."""
        return {
            slot: part.journey.watch(slot) or part.journey.window(slot) for part in self._parts for slot in part.journey.touched
        }

    def _customer(self, event: Event) -> CustomerState:
        subject = self.identities.resolve(event.subject)
        return self.customers.get(subject) or CustomerState.new(subject)

    def _bars_calls(self, event: Event) -> bool:
        return self._customer(event).attributes.get("do_not_call") is True

    def _resolved_by_strays(self, event: Event) -> Iterable[MomentsResolved]:
        for stray in self._active.strays:
            for candidate in stray.plan(event.type).resolvers:
                customer = self._customer(event)
                scope = Scope(event, customer.attributes)
                if _matches(candidate, scope):
                    key = key_of(candidate.rule, scope, customer.id)
                    resolved = None if isinstance(key, Failure) else key
                    yield MomentsResolved(candidate.rule, customer.id, resolved, event.time, event.position)


def _matches(candidate: Candidate, scope: Scope) -> bool:
    return any(pattern.where is None or pattern.where.holds(scope) is True for _, pattern in candidate.patterns)
