"""Customers whose events belong together, and what a turn made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from orchestrator.detection.effects import AllMomentsEnded, ExpressionFailed, MomentsResolved
from orchestrator.detection.turns import Turn
from orchestrator.intake.customers import LockedCustomer
from orchestrator.intake.event import Event, Position


@dataclass(slots=True)
class Group:
    """Customers whose rows are locked, with their new events in order: one customer, or several that events identify.

    `by_subject` has every subject of the events; `folded` are events that detection shall not see, but for what they say
    of their customer.
    """

    by_subject: dict[str, LockedCustomer]
    events: list[Event] = field(default_factory=list)
    folded: list[Event] = field(default_factory=list)
    _customers: list[LockedCustomer] = field(default_factory=list, init=False)

    @property
    def customers(self) -> list[LockedCustomer]:
        """Every customer once. The group is complete when this is asked first."""
        if not self._customers:
            self._customers = list({customer.id: customer for customer in self.by_subject.values()}.values())
        return self._customers

    @property
    def positions(self) -> frozenset[Position]:
        return frozenset(event.position for event in (*self.events, *self.folded))

    @property
    def is_late(self) -> bool:
        """Say whether the stored states cannot just go on: an event comes before what was applied or has fired."""
        if self.folded:
            return True
        if not self.events:
            return False
        first = self.events[0].position
        for customer in self.customers:
            if customer.applied is not None and first <= customer.applied:
                return True
            if customer.fired_through is not None and first.time <= customer.fired_through:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Taken:
    """A group with its turn. `owners` tells whose, by our id, every subject is that the turn may name."""

    group: Group
    turn: Turn
    owners: Mapping[str, UUID]

    @property
    def newcomers(self) -> frozenset[Position]:
        return self.group.positions

    def subject_of(self, customer: LockedCustomer) -> str:
        """Return the subject that is kept of a customer after the turn."""
        return self.turn.identities.resolve(customer.subject)

    def keeper_of(self, customer: LockedCustomer) -> LockedCustomer:
        """Return the customer whose row goes on for this one: itself, unless the turn merged it away."""
        subject = self.subject_of(customer)
        same = [each for each in self.group.customers if self.subject_of(each) == subject]
        return next((each for each in same if each.subject == subject), min(same, key=lambda each: each.id))

    @property
    def kept(self) -> list[LockedCustomer]:
        """The customers whose rows go on."""
        customers = self.group.customers
        if len(customers) == 1:
            return customers
        return [customer for customer in self.group.customers if self.keeper_of(customer) is customer]

    @property
    def gone(self) -> list[LockedCustomer]:
        """The customers who are merged away."""
        return [customer for customer in self.group.customers if self.keeper_of(customer) is not customer]

    @property
    def is_acted_on(self) -> bool:
        """Say whether anything follows from the turn beside what it changed in customers and watches."""
        if self.turn.withdrawn or any(not isinstance(step.effect, ExpressionFailed) for step in self.turn.steps):
            return True
        return self.turn.recomputed and any(self.subject_of(each) != each.subject for each in self.group.customers)

    @property
    def only_ends(self) -> bool:
        """Say whether all that follows is that live moments, where there are any, end."""
        ends = (ExpressionFailed, MomentsResolved, AllMomentsEnded)
        settled = not self.turn.recomputed or all(self.subject_of(each) == each.subject for each in self.group.customers)
        return settled and not self.turn.withdrawn and all(isinstance(step.effect, ends) for step in self.turn.steps)
