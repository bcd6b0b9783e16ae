"""What newly arrived events mean for some customers: pure, and the same whether they came in order or late.

In order, the stored state goes on. Late, the customers' stored events are read twice, without the newcomers and with them:
what differs is what the newcomers change, and nothing else is touched, whichever version of a rule had found it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from orchestrator.detection.compiled import Absence
from orchestrator.detection.effects import CustomersMerged, ExpressionFailed, MomentFound
from orchestrator.detection.identities import Identities, rekeyed
from orchestrator.detection.in_force import ActiveRules
from orchestrator.detection.readers import OptedOut, Reader, SeenEvent, TurnEffect
from orchestrator.detection.states import CustomerState, Slot, Watch, Window
from orchestrator.intake.event import Event, Position


class Identity(NamedTuple):
    """What tells one moment from another; the customer is the subject that is kept."""

    rule: str
    customer: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One effect in its place. Of a resolution, only `news` concerns moments that were known before this turn; `beside` are
    the moments at its very instant that come before it.
    """

    effect: TurnEffect
    news: bool = True
    beside: frozenset[Identity] = frozenset()


@dataclass(slots=True)
class Turn:
    """`slots` are the states to write, by whose they are; None: there is none any more. Steps are in order.

    `customers` are the states after the turn by their kept subject, which `identities` tell. A recomputed turn also says
    what the `earlier` states were, read from the same events, and which moments are `withdrawn`.
    """

    recomputed: bool
    steps: list[Step]
    slots: dict[Slot, Watch | Window | None]
    customers: dict[str, CustomerState]
    identities: Identities
    earlier: dict[str, CustomerState] = field(default_factory=dict)
    withdrawn: list[Identity] = field(default_factory=list)

    @property
    def fired_through(self) -> datetime | None:
        """The latest deadline that passed with its watch open; None where none did."""
        if not self.steps:
            return None
        found = (step.effect for step in self.steps if isinstance(step.effect, MomentFound))
        return max((effect.at for effect in found if _at_a_deadline(effect)), default=None)


def _at_a_deadline(found: MomentFound) -> bool:
    return isinstance(found.rule.detector, Absence) and found.at > found.evidence[-1].time


def go_on(
    active: ActiveRules,
    customers: Iterable[CustomerState],
    events: Sequence[Event],
    *,
    aliases: Mapping[str, str],
    now: datetime,
) -> Turn:
    """Apply events that come in order to the stored states, then let deadlines up to `now` pass. The states are changed."""
    reader = Reader.going_on(active, customers, aliases)
    steps = [Step(effect) for event in events for effect in reader.read(SeenEvent(event, now))]
    steps += [Step(effect) for effect in reader.advance(now)]
    return Turn(False, steps, reader.touched(), reader.customers, reader.identities)


def recompute(
    active: ActiveRules,
    history: Sequence[SeenEvent],
    newcomers: Collection[Position],
    *,
    fired_through: datetime | None,
    unfired: Collection[tuple[Slot, datetime]] = (),
    now: datetime,
) -> Turn:
    """Read all stored events of some customers, the newcomers among them, and return what the newcomers change.

    `fired_through` is the latest deadline that had fired without them, for any of the customers; `unfired` are watches that
    are open although their deadline has passed: reading finds their moments, and nobody has recorded them yet.
    """
    before, after = Reader.afresh(active, history), Reader.afresh(active, history)
    known = [effect for seen in history if seen.event.position not in newcomers for effect in before.read(seen)]
    if fired_through is not None:
        known += before.advance(fired_through)
    walk: list[tuple[TurnEffect, bool]] = []
    for seen in history:
        news = seen.event.position in newcomers
        walk += [(effect, news) for effect in after.read(seen)]
    walk += [(effect, True) for effect in after.advance(now)]
    old = {_identity(active, after, effect) for effect in known if isinstance(effect, MomentFound)}
    old -= {_named(active, after, *slot, at) for slot, at in unfired}
    steps, found = _new_steps(active, after, walk, old)
    states, earlier = after.slots(), before.slots() | dict(unfired)
    changed = {slot: states.get(slot) for slot in {**earlier, **states} if earlier.get(slot) != states.get(slot)}
    withdrawn = sorted(old - found)
    return Turn(True, steps, changed, after.customers, after.identities, before.customers, withdrawn)


def _new_steps(
    active: ActiveRules, after: Reader, walk: Iterable[tuple[TurnEffect, bool]], old: Collection[Identity]
) -> tuple[list[Step], set[Identity]]:
    """Return what is new in the walk, and every moment found on it."""
    steps: list[Step] = []
    found: set[Identity] = set()
    for effect, news in walk:
        match effect:
            case MomentFound():
                identity = _identity(active, after, effect)
                found.add(identity)
                if identity not in old:
                    steps.append(Step(replace(effect, customer=identity.customer, key=identity.key)))
            case CustomersMerged():
                pass  # who is whom now is told by the identities: a late merge may change which id earlier ones kept
            case ExpressionFailed() | OptedOut():
                if news:
                    steps.append(Step(effect))
            case _:
                at = effect.at
                steps.append(Step(effect, news, frozenset(known for known in found if known.at == at) if news else _NONE))
    return steps, found


_NONE: frozenset[Identity] = frozenset()


def _identity(active: ActiveRules, reader: Reader, found: MomentFound) -> Identity:
    return _named(active, reader, found.rule.name, found.customer, found.key, found.at)


def _named(active: ActiveRules, reader: Reader, rule: str, customer: str, key: str, at: datetime) -> Identity:
    """Name a moment by the customer and the key that are kept after all merges."""
    kept = reader.identities.resolve(customer)
    return Identity(rule, kept, rekeyed(active.rulebook, rule, key, kept, customer), at)
