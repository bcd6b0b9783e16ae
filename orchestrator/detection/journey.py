"""The one engine of detection: customers' events in order, instant by instant, live and in the back-test alike.

Within an instant, each event in (source, id) order first changes customers, then resolves moments, then runs the detectors;
after the last of them the deadlines of that instant fire, by (rule, customer, key).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import assert_never

from orchestrator.detection import absence, occurrence, score
from orchestrator.detection.compiled import Absence, CompiledRule, Occurrence, Score
from orchestrator.detection.effects import AllMomentsEnded, CustomersMerged, Effect, MomentsResolved
from orchestrator.detection.expressions import Failure, Scope
from orchestrator.detection.identities import Identities, merge_states
from orchestrator.detection.keys import key_of
from orchestrator.detection.moments import report_failure
from orchestrator.detection.patterns import Pattern
from orchestrator.detection.rulebook import Candidate, Role, Rulebook
from orchestrator.detection.states import CustomerState, Slot, Watch, Window
from orchestrator.errors import OrchestratorError
from orchestrator.intake.event import Event

Deadline = tuple[datetime, str, str, str]


class OutOfOrder(OrchestratorError):
    """An event was applied after a later one: the caller has to recompute from the stored events instead."""

    code = "event_out_of_order"


class Journey:
    """Some customers' states, moved on by events in (time, source, id) order and by time.

    `touched` collects the slots whose watch or window was changed, opened or removed; a caller that stores states writes
    those and clears it. Customers are created as they are met.
    """

    def __init__(
        self,
        rules: Rulebook,
        customers: Iterable[CustomerState] = (),
        *,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._rules = rules
        self.customers = {customer.id: customer for customer in customers}
        self.identities = Identities(aliases)
        self.touched: set[Slot] = set()
        self._last: datetime | None = None
        self._deadlines: list[Deadline] = [
            (watch.deadline, rule, customer.id, key)
            for customer in self.customers.values()
            for (rule, key), watch in customer.watches.items()
        ]
        heapify(self._deadlines)

    def apply(self, event: Event) -> list[Effect]:
        """Let every deadline before the event pass, then apply it. Raises `OutOfOrder` when time would run backwards."""
        time = event.time
        if self._last is not None and time < self._last:
            raise OutOfOrder(f"event {event.source} {event.id} is earlier than one applied before")
        self._last = time
        effects: list[Effect] = []
        while self._deadlines and self._deadlines[0][0] < time:
            self._pass_next_deadline(effects)
        plan = self._rules.plan(event.type)
        if plan.is_empty:
            return effects
        customer = self._customer(self.identities.resolve(event.subject))
        if plan.updates_customer:
            _update(customer, event)
        elif plan.identifies_customer:
            self._identify(customer, event, effects)
        scope = Scope(event, customer.attributes)
        for candidate in plan.resolvers:
            self._resolve(candidate, customer, scope, effects)
        if plan.ends_moments:
            effects.append(AllMomentsEnded(customer.id, time, event.position))
        for candidate in plan.detectors:
            self._detect(candidate, customer, scope, effects)
        return effects

    def fold(self, event: Event) -> list[Effect]:
        """Take from an event only what it says of customers, as `apply` would: no rule sees it and no deadline passes."""
        effects: list[Effect] = []
        if event.type == "customer.updated":
            _update(self._customer(self.identities.resolve(event.subject)), event)
        elif event.type == "customer.identified":
            self._identify(self._customer(self.identities.resolve(event.subject)), event, effects)
        return effects

    def advance(self, until: datetime) -> list[Effect]:
        """Let every deadline up to and including `until` (aware UTC) pass. Events at `until` must have been applied."""
        effects: list[Effect] = []
        while self._deadlines and self._deadlines[0][0] <= until:
            self._pass_next_deadline(effects)
        if self._last is None or until > self._last:
            self._last = until
        return effects

    def watch(self, slot: Slot) -> Watch | None:
        customer = self.customers.get(slot.customer)
        return customer.watches.get((slot.rule, slot.key)) if customer else None

    def window(self, slot: Slot) -> Window | None:
        customer = self.customers.get(slot.customer)
        return customer.windows.get((slot.rule, slot.key)) if customer else None

    def _customer(self, subject: str) -> CustomerState:
        customer = self.customers.get(subject)
        if customer is None:
            customer = self.customers[subject] = CustomerState.new(subject)
        return customer

    def _identify(self, kept: CustomerState, event: Event, effects: list[Effect]) -> None:
        assert isinstance(event.data, dict)  # the catalogue requires it, with the second id
        other = self.identities.unite(kept.id, str(event.data["anonymous_id"]))
        if other is None:
            return
        state = self.customers.pop(other, None)
        if state is not None:
            for slot, deadline in merge_states(kept, state, self._rules):
                self.touched.add(slot)
                if deadline is not None:
                    heappush(self._deadlines, (deadline, *slot))
        effects.append(CustomersMerged(kept.id, other, event.time, event.position))

    def _resolve(self, candidate: Candidate, customer: CustomerState, scope: Scope, effects: list[Effect]) -> None:
        if _first_match(candidate, scope, effects) is None:
            return
        rule, event = candidate.rule, scope.event
        key = key_of(rule, scope, customer.id)
        resolved = None if isinstance(key, Failure) else key
        effects.append(MomentsResolved(rule, customer.id, resolved, event.time, event.position))

    def _detect(self, candidate: Candidate, customer: CustomerState, scope: Scope, effects: list[Effect]) -> None:
        matched = _first_match(candidate, scope, effects)
        if matched is None:
            return
        rule = candidate.rule
        key = key_of(rule, scope, customer.id)
        if isinstance(key, Failure):
            report_failure(rule, f"detect.{rule.detector.kind}.key", scope, key, effects)
            return
        if _step(rule, customer, key, matched, scope, effects):
            self._note(rule.name, customer, key)

    def _note(self, rule: str, customer: CustomerState, key: str) -> None:
        slot = Slot(rule, customer.id, key)
        self.touched.add(slot)
        watch = customer.watches.get((rule, key))
        if watch is not None:
            heappush(self._deadlines, (watch.deadline, *slot))

    def _pass_next_deadline(self, effects: list[Effect]) -> None:
        deadline, name, subject, key = heappop(self._deadlines)
        customer, rule = self.customers.get(subject), self._rules.get(name)
        watch = customer.watches.get((name, key)) if customer is not None else None
        # Entries are left behind when a watch moves or closes; only the one that the watch still has is meant.
        if customer is None or rule is None or watch is None or watch.deadline != deadline:
            return
        absence.expire(rule, customer, key, watch, deadline, effects)
        self.touched.add(Slot(name, subject, key))


def _step(
    rule: CompiledRule,
    customer: CustomerState,
    key: str,
    matched: tuple[Role, Pattern],
    scope: Scope,
    effects: list[Effect],
) -> bool:
    """Run the rule's detector on an event that matched; say whether the slot's state changed."""
    match rule.detector:
        case Occurrence():
            occurrence.step(rule, customer, key, scope, effects)
            return False
        case Absence() as detector:
            return absence.step(rule, detector, customer, key, matched[0], scope, effects)
        case Score() as detector:
            return score.step(rule, detector, customer, key, matched, scope, effects)
        case _:
            assert_never(rule.detector)


def _first_match(candidate: Candidate, scope: Scope, effects: list[Effect]) -> tuple[Role, Pattern] | None:
    """Return the first pattern that matches: it alone counts. A condition that fails is reported and does not match."""
    for matched in candidate.patterns:
        where = matched[1].where
        if where is None:
            return matched
        holds = where.holds(scope)
        if holds is True:
            return matched
        if isinstance(holds, Failure):
            report_failure(candidate.rule, f"{matched[1].place}.where", scope, holds, effects, is_condition=True)
    return None


def _update(customer: CustomerState, event: Event) -> None:
    """Merge the event's data into the attributes, shallowly; null removes, and the id stays."""
    assert isinstance(event.data, dict)  # the catalogue requires it
    merged = {**customer.attributes, **event.data}
    merged["id"] = customer.id
    customer.attributes = {name: value for name, value in merged.items() if value is not None}
