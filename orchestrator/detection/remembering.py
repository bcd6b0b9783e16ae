"""What a turn changed in watches and windows, as rows to write and words to their workflows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from orchestrator.detection.effects import MomentFound
from orchestrator.detection.in_force import ActiveRules
from orchestrator.detection.repository import Changes, Memory, Moved, Opened, Place, StoredWatch
from orchestrator.detection.states import CustomerState, Slot, Watch, Window
from orchestrator.detection.tables import WatchStatus
from orchestrator.detection.turns import Turn
from orchestrator.intake.customers import LockedCustomer
from orchestrator.storage.columns import new_id
from orchestrator.storage.outbox import Topic, watch_row


def recalled(active: ActiveRules, memory: Memory, customers: Iterable[LockedCustomer]) -> list[CustomerState]:
    """Return customers' states as stored.

    What a rule left behind that is gone, runs in another mode now or detects otherwise, is left out.
    """
    states = []
    for customer in customers:
        state = CustomerState.new(customer.subject, customer.attributes)
        for place in memory.places.get(customer.id, ()):
            rule, key = active.engine_name(place[0], place[1]), place[3]
            watch, window = memory.watches.get(place), memory.windows.get(place)
            if watch is not None and _is_of_use(active, place, watch.watch):
                state.watches[rule, key] = watch.watch
            if window is not None and _is_of_use(active, place, window):
                state.windows[rule, key] = window
        states.append(state)
    return states


def _is_of_use(active: ActiveRules, place: Place, state: Watch | Window) -> bool:
    rule = active.in_force.get(active.engine_name(place[0], place[1]))
    kind = "absence" if isinstance(state, Watch) else "score"
    return rule is not None and rule.mode is place[1] and rule.rule.detector.kind == kind


@dataclass(slots=True)
class Remembered:
    """The rows of several turns, and the outbox rows that tell workflows of them."""

    active: ActiveRules
    memory: Memory
    now: datetime
    changes: Changes = field(default_factory=Changes)
    outbox: list[dict[str, Any]] = field(default_factory=list)

    def add(self, turn: Turn, ids: Mapping[str, UUID]) -> None:
        """Add what `turn` changed; `ids` are the customers' own by subject."""
        for slot, state in turn.slots.items():
            rule = self.active.in_force.get(slot.rule)
            if rule is None:
                continue
            place = (rule.name, rule.mode, ids[slot.customer], slot.key)
            if isinstance(state, Window):
                self.changes.kept.append((place, rule.version, state))
            elif place in self.memory.windows:
                self.changes.emptied.append(place)
            else:
                self._watch(place, rule.version, state, _ending(turn, slot))

    def _watch(self, place: Place, version: int, watch: Watch | None, ending: WatchStatus) -> None:
        stored = self.memory.watches.get(place)
        if stored is not None and watch is not None and stored.watch.opened == watch.opened:
            self._move(stored, watch, version)
            return
        if stored is not None:
            self.changes.closed.append((stored.id, ending))
        if watch is not None:
            id = new_id()
            self.changes.opened.append(Opened(id, place, version, watch))
            self.outbox.append(watch_row(Topic.START_WATCH, id, deadline=watch.deadline, at=self.now))

    def _move(self, stored: StoredWatch, watch: Watch, version: int) -> None:
        armed = min(stored.armed, watch.deadline)
        self.changes.moved.append(Moved(stored.id, armed, version, watch))
        if armed < stored.armed:
            self.outbox.append(watch_row(Topic.HINT_WATCH, stored.id, deadline=watch.deadline, at=self.now))


def _ending(turn: Turn, slot: Slot) -> WatchStatus:
    """Return how a watch of this slot ended that is not open any more after the turn."""
    if slot.customer not in turn.customers:
        return WatchStatus.DROPPED  # it goes on under the customer that is kept
    found = (step.effect for step in turn.steps if isinstance(step.effect, MomentFound))
    fired = any((effect.rule.name, effect.customer, effect.key) == slot for effect in found)
    return WatchStatus.FIRED if fired else WatchStatus.SATISFIED
