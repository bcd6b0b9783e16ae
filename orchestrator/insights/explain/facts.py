"""What the database knows that explains what a rule did, or did not do, for a customer at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.event import Event, Position
from orchestrator.intake.tables import CustomerRow, EventRow

BACK = timedelta(days=400)  # how far events are read back: no shipped rule looks further
MOST = 20_000  # events of one customer


@dataclass(frozen=True, slots=True)
class RuleThen:
    """A rule as it was at the time asked about. `first_at` is when it was first written, `since` what it sees from."""

    rule: CompiledRule
    version: int
    state: RuleState
    first_at: datetime
    since: datetime
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()

    def was_paused(self, at: datetime) -> bool:
        return any(start <= at and (end is None or at < end) for start, end in self.pauses)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an event reached us, and whether rules were asked about it."""

    at: datetime
    detected: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A customer's events, all under the customer's own id, and how each arrived."""

    events: Sequence[Event]
    arrivals: Mapping[Position, Arrival]

    def known_by(self, at: datetime) -> list[Event]:
        """Return the events that had reached us at `at`."""
        return [event for event in self.events if self.arrivals[event.position].at <= at]


async def past_until(session: AsyncSession, customer: CustomerRow, at: datetime) -> Past:
    """Return the customer's events up to `at`: the newest `MOST` of the last `BACK`."""
    query = select(EventRow).where(
        EventRow.customer_id == customer.id, col(EventRow.time) <= at, col(EventRow.time) > at - BACK
    )
    rows = (await session.exec(query.order_by(col(EventRow.time).desc()).limit(MOST))).all()
    own = customer.subject
    events = [Event(row.source, row.id, row.type, own, row.time, row.data) for row in rows]
    arrivals = {e.position: Arrival(row.received_at, row.detected) for e, row in zip(events, rows, strict=True)}
    return Past(events, arrivals)


async def rules_at(session: AsyncSession, library: RuleLibrary, at: datetime, *, named: str | None = None) -> list[RuleThen]:
    """Return every rule, or the named one, as it was at `at`, by name: as the audit of changes has it, else as it is."""
    query = select(RuleRow).order_by(RuleRow.name)
    rows = (await session.exec(query if named is None else query.where(RuleRow.name == named))).all()
    names = [row.name for row in rows]
    known, first = await _as_it_was(session, names, at), await _first_written(session, names)
    found = []
    for row in rows:
        state, version = known.get(row.name, (RuleState(row.state), row.version))
        rule = await library.compiled(session, row.name, version)
        found.append(RuleThen(rule, version, state, first[row.name], row.since, _pauses(row)))
    return found


def _pauses(row: RuleRow) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple((datetime.fromisoformat(start), datetime.fromisoformat(end) if end else None) for start, end in row.pauses)


async def _first_written(session: AsyncSession, rules: Sequence[str]) -> Mapping[str, datetime]:
    first = func.min(col(RuleVersionRow.created_at))
    query = select(RuleVersionRow.rule, first).where(col(RuleVersionRow.rule).in_(rules)).group_by(col(RuleVersionRow.rule))
    return dict((await session.exec(query)).all())


async def _as_it_was(session: AsyncSession, rules: Sequence[str], at: datetime) -> Mapping[str, tuple[RuleState, int]]:
    """Return each rule's state and version by the last change up to `at`, else by what the first one after it found."""
    query = (
        select(ChangeRow)
        .where(col(ChangeRow.subject).in_(rules), col(ChangeRow.what).startswith("rule."))
        .where(col(ChangeRow.what).not_in(("rule.drafted", "rule.approved")))
        .order_by(col(ChangeRow.id))
    )
    known: dict[str, tuple[RuleState, int]] = {}
    for row in (await session.exec(query)).all():
        told = row.after if row.at <= at else row.before if row.subject not in known else None
        if told is not None and "state" in told:
            known[row.subject] = (RuleState(told["state"]), int(told["version"]))
    return known
