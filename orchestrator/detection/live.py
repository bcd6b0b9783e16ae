"""Detection as events arrive and as deadlines pass, inside the transaction that holds the customers' locks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection import repository
from orchestrator.detection.acting import Acting, Policy
from orchestrator.detection.effects import AllMomentsEnded, ExpressionFailed, MomentsResolved
from orchestrator.detection.failures import ExpressionFailure, count_failures, failures_of
from orchestrator.detection.in_force import ActiveRules
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.readers import SeenEvent
from orchestrator.detection.remembering import Remembered, recalled
from orchestrator.detection.repository import Memory
from orchestrator.detection.tables import MomentRow, MomentStatus, WatchRow, WatchStatus
from orchestrator.detection.turns import Step, Turn, go_on, recompute
from orchestrator.intake.customers import LockedCustomer
from orchestrator.intake.event import Event, Position
from orchestrator.intake.store import history, save_customers
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.clock import Clock
from orchestrator.storage.columns import Json
from orchestrator.storage.locks import lock_customer
from orchestrator.storage.outbox import post

_FOLDED = frozenset({"customer.updated", "customer.identified"})


@dataclass(slots=True)
class Group:
    """Customers whose rows are locked, with their new events in order: one customer, or several that events identify.

    `by_subject` has every subject of the events; `folded` are events that detection shall not see, but for what they say
    of their customer.
    """

    by_subject: dict[str, LockedCustomer]
    events: list[Event] = field(default_factory=list)
    folded: list[Event] = field(default_factory=list)

    @property
    def customers(self) -> list[LockedCustomer]:
        return list({customer.id: customer for customer in self.by_subject.values()}.values())

    @property
    def is_late(self) -> bool:
        """Say whether the stored states cannot just go on: an event comes before what was applied or has fired."""
        if self.folded:
            return True
        if not self.events:
            return False
        first = self.events[0].position
        applied = [customer.applied for customer in self.customers if customer.applied is not None]
        fired = [customer.fired_through for customer in self.customers if customer.fired_through is not None]
        return any(first <= position for position in applied) or any(first.time <= through for through in fired)


async def detect(
    session: AsyncSession, library: RuleLibrary, groups: Sequence[Group], policy: Policy, *, now: datetime
) -> list[ExpressionFailure]:
    """Run the rules in force on groups of customers and do what follows; return which expressions failed.

    The events have been stored in this transaction, the clock was read after the locks.
    """
    ids = [customer.id for group in groups for customer in group.customers]
    memory = await repository.load(session, ids)
    active = await library.active(session, revision=memory.revision)
    concerned = [relevant for group in groups if (relevant := _relevant(active, group)) is not None]
    turns = await _turns(session, active, memory, concerned, now)
    remembered = Remembered(active, memory, now)
    for group, turn in turns:
        remembered.add(turn, {customer.subject: customer.id for customer in group.customers})
        _apply_to_customers(group, turn)
    await save_customers(session, [customer for group, _ in turns for customer in group.customers])
    await repository.write(session, remembered.changes, now=now)
    await _act(session, active, policy, turns, now)
    await post(session, remembered.outbox)
    return [failure for group, turn in turns for failure in failures_of(active, turn, _positions(group))]


async def settle_watch(
    session: AsyncSession, library: RuleLibrary, watch_id: UUID, *, policy: Policy, clock: Clock
) -> datetime | None:
    """Look at an open watch when its deadline should have passed: fire it, or return the deadline (UTC) it moved to.

    None: it fired, was satisfied, or is gone. Takes the customer's lock; done twice, the second changes nothing.
    """
    row = await session.get(WatchRow, watch_id)
    if row is None or row.status is not WatchStatus.OPEN:
        return None
    customer = await lock_customer(session, row.customer_id)
    now = await clock.now(session)
    await session.refresh(row)
    if row.status is not WatchStatus.OPEN:
        return None
    if row.deadline > now:
        row.armed = row.deadline
        return row.deadline
    locked = LockedCustomer.of(customer)
    failures = await detect(session, library, [Group({locked.subject: locked})], policy, now=now)
    await session.refresh(row)
    if row.status is WatchStatus.OPEN:
        # Its rule is gone, or runs in another mode now: nothing waits for this deadline any more.
        row.status, row.closed_at = WatchStatus.DROPPED, now
    await count_failures(session, failures, now=now)
    return None


def _relevant(active: ActiveRules, group: Group) -> Group | None:
    """Leave out events that mean nothing to any rule; None where there is nothing to do at all."""
    events = [event for event in group.events if not active.means_nothing(event.type)]
    folded = [event for event in group.folded if event.type in _FOLDED]
    had_any = group.events or group.folded
    return None if had_any and not (events or folded) else Group(group.by_subject, events, folded)


async def _turns(
    session: AsyncSession, active: ActiveRules, memory: Memory, groups: Sequence[Group], now: datetime
) -> list[tuple[Group, Turn]]:
    late = [customer.id for group in groups if group.is_late for customer in group.customers]
    stored = await history(session, late) if late else {}
    return [
        (group, _recomputed(active, stored, group, now) if group.is_late else _gone_on(active, memory, group, now))
        for group in groups
    ]


def _gone_on(active: ActiveRules, memory: Memory, group: Group, now: datetime) -> Turn:
    subjects = {customer.id: (customer.subject, customer.attributes) for customer in group.customers}
    aliases = {alias: customer.subject for alias, customer in group.by_subject.items() if alias != customer.subject}
    return go_on(active, recalled(active, memory, subjects), group.events, aliases=aliases, now=now)


def _recomputed(active: ActiveRules, stored: Mapping[UUID, Sequence[SeenEvent]], group: Group, now: datetime) -> Turn:
    seen = [event for customer in group.customers for event in stored.get(customer.id, ())]
    seen.sort(key=lambda each: each.event.position)
    # With the earliest of several: what another of them has fired since is found again, and known by its row.
    fired = [customer.fired_through for customer in group.customers]
    through = min((at for at in fired if at is not None), default=None) if all(fired) else None
    return recompute(active, seen, _positions(group), fired_through=through, now=now)


def _apply_to_customers(group: Group, turn: Turn) -> None:
    """Bring the customers' rows to where the turn left them; one that was merged away stays as it was."""
    newest = max((event.position for event in group.events), default=None)
    contacts = [step.effect.at for step in turn.steps if step.news and isinstance(step.effect, AllMomentsEnded)]
    known = [customer.applied for customer in group.customers] + [newest]
    fired = [customer.fired_through for customer in group.customers] + [turn.fired_through]
    contacted = [customer.last_contact_at for customer in group.customers] + contacts
    said_elsewhere = _said_elsewhere(group, turn)
    for customer in group.customers:
        if (state := turn.customers.get(customer.subject)) is not None:
            customer.attributes = {name: value for name, value in state.attributes.items() if name != "id"} | said_elsewhere
            customer.applied = max((position for position in known if position is not None), default=None)
            customer.fired_through = max((at for at in fired if at is not None), default=None)
            customer.last_contact_at = max((at for at in contacted if at is not None), default=None)


def _said_elsewhere(group: Group, turn: Turn) -> Json:
    """Return attributes that no event set, such as an opt-out on the telephone: a recomputation does not know of them."""
    found: Json = {}
    for customer in sorted(group.customers, key=lambda each: each.subject in turn.customers) if turn.recomputed else ():
        earlier = turn.earlier.get(customer.subject)
        known = earlier.attributes if earlier is not None else {}
        found |= {name: value for name, value in customer.attributes.items() if known.get(name) != value}
    return found


async def _act(
    session: AsyncSession, active: ActiveRules, policy: Policy, turns: Iterable[tuple[Group, Turn]], now: datetime
) -> None:
    due = [(group, turn) for group, turn in turns if turn.withdrawn or any(map(_is_acted_on, turn.steps))]
    standing = await _with_live_moments(session, [each.id for group, turn in due for each in group.customers])
    for group, turn in due:
        only_ends = not turn.withdrawn and all(map(_only_ends, turn.steps))
        if only_ends and not any(customer.id in standing for customer in group.customers):
            continue
        rows = await _customer_rows(session, [customer.id for customer in group.customers])
        customers = {customer.subject: rows[customer.id] for customer in group.customers}
        await Acting(session, active, policy, customers, _positions(group), now=now).act(turn)


def _is_acted_on(step: Step) -> bool:
    return not isinstance(step.effect, ExpressionFailed)


def _only_ends(step: Step) -> bool:
    return isinstance(step.effect, ExpressionFailed | MomentsResolved | AllMomentsEnded)


async def _with_live_moments(session: AsyncSession, customers: Sequence[UUID]) -> set[UUID]:
    if not customers:
        return set()
    query = select(MomentRow.customer_id).where(col(MomentRow.customer_id).in_(customers))
    return set((await session.exec(query.where(MomentRow.status == MomentStatus.LIVE).distinct())).all())


async def _customer_rows(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, CustomerRow]:
    query = select(CustomerRow).where(col(CustomerRow.id).in_(ids)).execution_options(populate_existing=True)
    return {row.id: row for row in (await session.exec(query)).all()}


def _positions(group: Group) -> frozenset[Position]:
    return frozenset(event.position for event in (*group.events, *group.folded))
