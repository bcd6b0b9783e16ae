"""Detection as events arrive and as deadlines pass, inside the transaction that holds the customers' locks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection import repository
from orchestrator.detection.acting import Acting, Policy
from orchestrator.detection.effects import AllMomentsEnded
from orchestrator.detection.failures import ExpressionFailure, count_failures, failures_of
from orchestrator.detection.groups import Group, Taken
from orchestrator.detection.in_force import ActiveRules
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.readers import SeenEvent
from orchestrator.detection.remembering import Remembered, recalled
from orchestrator.detection.repository import Memory
from orchestrator.detection.states import Slot
from orchestrator.detection.tables import STANDING, MomentRow, WatchRow, WatchStatus
from orchestrator.detection.turns import go_on, recompute
from orchestrator.intake.customers import LockedCustomer
from orchestrator.intake.event import Position
from orchestrator.intake.merging import merge_customers, rename_customer
from orchestrator.intake.store import history, save_customers
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.clock import Clock
from orchestrator.storage.columns import Json
from orchestrator.storage.locks import lock_customer
from orchestrator.storage.outbox import post

_FOLDED = frozenset({"customer.updated", "customer.identified"})


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
    taken = await _turns(session, active, memory, concerned, now)
    remembered = Remembered(active, memory, now)
    for each in taken:
        remembered.add(each.turn, each.owners)
        _apply_to_customers(each)
    await save_customers(session, [customer for each in taken for customer in each.group.customers])
    await repository.write(session, remembered.changes, now=now)
    await _act(session, active, policy, taken, now)
    await post(session, remembered.outbox)
    return [failure for each in taken for failure in failures_of(active, each.turn, each.newcomers)]


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
) -> list[Taken]:
    late = [customer.id for group in groups if group.is_late for customer in group.customers]
    stored = await history(session, late) if late else {}
    return [
        _recomputed(active, memory, stored, group, now) if group.is_late else _gone_on(active, memory, group, now)
        for group in groups
    ]


def _gone_on(active: ActiveRules, memory: Memory, group: Group, now: datetime) -> Taken:
    aliases = {alias: customer.subject for alias, customer in group.by_subject.items() if alias != customer.subject}
    turn = go_on(active, recalled(active, memory, group.customers), group.events, aliases=aliases, now=now)
    return Taken(group, turn, {customer.subject: customer.id for customer in group.customers})


def _recomputed(
    active: ActiveRules,
    memory: Memory,
    stored: Mapping[UUID, Sequence[SeenEvent]],
    group: Group,
    now: datetime,
) -> Taken:
    owners = {seen.event.subject: customer.id for customer in group.customers for seen in stored.get(customer.id, ())}
    seen = [event for customer in group.customers for event in stored.get(customer.id, ())]
    seen.sort(key=lambda each: each.event.position)
    through = max((customer.fired_through for customer in group.customers if customer.fired_through), default=None)
    unfired = _unfired(active, memory, group, now)
    turn = recompute(active, seen, group.positions, fired_through=through, unfired=unfired, now=now)
    return Taken(group, turn, owners | {customer.subject: customer.id for customer in group.customers})


def _unfired(active: ActiveRules, memory: Memory, group: Group, now: datetime) -> list[tuple[Slot, datetime]]:
    """Return the open watches whose deadline has passed: nobody has looked at their customer since."""
    return [
        (Slot(rule, state.id, key), watch.deadline)
        for state in recalled(active, memory, group.customers)
        for (rule, key), watch in state.watches.items()
        if watch.deadline <= now
    ]


def _apply_to_customers(taken: Taken) -> None:
    """Bring the customers' rows to where the turn left them; one that is merged away stays as it was."""
    turn, customers, events = taken.turn, taken.group.customers, taken.group.events
    contacts = [step.effect.at for step in turn.steps if step.news and isinstance(step.effect, AllMomentsEnded)]
    applied = _latest([*(customer.applied for customer in customers), events[-1].position if events else None])
    fired = _latest([*(customer.fired_through for customer in customers), turn.fired_through])
    contacted = _latest([*(customer.last_contact_at for customer in customers), *contacts])
    said_elsewhere = _said_elsewhere(taken) if turn.recomputed else {}
    for customer in taken.kept:
        customer.applied, customer.fired_through, customer.last_contact_at = applied, fired, contacted
        state = turn.customers.get(taken.subject_of(customer))  # None: nothing was said of the customer, nothing matched
        if state is not None:
            attributes = {**state.attributes, **said_elsewhere}
            del attributes["id"]
            customer.has_new_attributes = customer.attributes != attributes
            customer.attributes = attributes


Instant = TypeVar("Instant", Position, datetime)


def _latest(known: Iterable[Instant | None]) -> Instant | None:
    return max((each for each in known if each is not None), default=None)


def _said_elsewhere(taken: Taken) -> Json:
    """Return attributes that no event set, such as an opt-out on the telephone: a recomputation does not know of them."""
    found: Json = {}
    for customer in [*taken.gone, *taken.kept]:
        earlier = taken.turn.earlier.get(customer.subject)
        known = earlier.attributes if earlier is not None else {}
        found |= {name: value for name, value in customer.attributes.items() if known.get(name) != value}
    return found


async def _act(session: AsyncSession, active: ActiveRules, policy: Policy, taken: Sequence[Taken], now: datetime) -> None:
    due = [each for each in taken if each.is_acted_on]
    standing = await _with_live_moments(session, [customer.id for each in due for customer in each.group.customers])
    for each in due:
        if each.only_ends and not any(customer.id in standing for customer in each.group.customers):
            continue
        rows = await _customer_rows(session, [customer.id for customer in each.group.customers])
        if each.turn.recomputed:
            rows = await _settle_identities(session, active, each, rows, now)
        customers = {subject: rows[owner] for subject, owner in each.owners.items()}
        await Acting(session, active, policy, customers, each.newcomers, now=now).act(each.turn)


async def _settle_identities(
    session: AsyncSession, active: ActiveRules, taken: Taken, rows: Mapping[UUID, CustomerRow], now: datetime
) -> dict[UUID, CustomerRow]:
    """Merge the customers who are one after a recomputed turn; return whose row each one's is now."""
    settled = dict(rows)
    for customer in taken.kept:
        await rename_customer(session, rows[customer.id], taken.subject_of(customer), keyless=active.keyless)
    for customer in taken.gone:
        kept = rows[taken.keeper_of(customer).id]
        await merge_customers(session, kept, rows[customer.id], keyless=active.keyless, now=now)
        settled[customer.id] = kept
    return settled


async def _with_live_moments(session: AsyncSession, customers: Sequence[UUID]) -> set[UUID]:
    if not customers:
        return set()
    query = select(MomentRow.customer_id).where(col(MomentRow.customer_id).in_(customers))
    return set((await session.exec(query.where(col(MomentRow.status).in_(STANDING)).distinct())).all())


async def _customer_rows(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, CustomerRow]:
    query = select(CustomerRow).where(col(CustomerRow.id).in_(ids)).execution_options(populate_existing=True)
    return {row.id: row for row in (await session.exec(query)).all()}
