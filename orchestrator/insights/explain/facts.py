"""What the database knows that explains what a rule did, or did not do, for a customer at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import Mode, MomentRow, RuleRow, RuleState
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import DecisionRow, EscalationRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.event import Event
from orchestrator.intake.tables import CustomerRow, EventRow

BACK = timedelta(days=400)  # how far events are read back: no shipped rule looks further
MOST = 20_000  # events of one customer


@dataclass(frozen=True, slots=True)
class RuleThen:
    """A rule as it was at the time asked about."""

    rule: CompiledRule
    version: int
    state: RuleState


@dataclass(frozen=True, slots=True)
class MomentThen:
    """A moment that was recorded, with its case and the last look at the gates until the time asked about."""

    moment: MomentRow
    case: EscalationRow | None
    decision: DecisionRow | None

    def outcome_by(self, at: datetime) -> Outcome | None:
        """Return the case's outcome, None where it had none at `at`."""
        closed = self.case.closed_at if self.case is not None else None
        return self.case.outcome if self.case is not None and closed is not None and closed <= at else None


async def events_until(session: AsyncSession, customer: CustomerRow, at: datetime) -> list[Event]:
    """Return the customer's events up to `at`, the newest `MOST` of the last `BACK`, all under the customer's own id."""
    query = select(EventRow).where(
        EventRow.customer_id == customer.id, col(EventRow.time) <= at, col(EventRow.time) > at - BACK
    )
    rows = (await session.exec(query.order_by(col(EventRow.time).desc()).limit(MOST))).all()
    own = customer.subject
    return [Event(row.source, row.id, row.type, own, row.time, row.data) for row in rows]


async def rules_at(session: AsyncSession, library: RuleLibrary, at: datetime) -> list[RuleThen]:
    """Return every rule as it was at `at`, by name: as the audit of changes has it, else as it is."""
    rows = (await session.exec(select(RuleRow).order_by(RuleRow.name))).all()
    changes = await _last_changes(session, [row.name for row in rows], at)
    found = []
    for row in rows:
        state, version = changes.get(row.name, (RuleState(row.state), row.version))
        found.append(RuleThen(await library.compiled(session, row.name, version), version, state))
    return found


async def _last_changes(session: AsyncSession, rules: Sequence[str], at: datetime) -> Mapping[str, tuple[RuleState, int]]:
    query = (
        select(ChangeRow)
        .where(col(ChangeRow.subject).in_(rules), col(ChangeRow.what).startswith("rule."), col(ChangeRow.at) <= at)
        .where(col(ChangeRow.what).not_in(("rule.drafted", "rule.approved")))
        .order_by(col(ChangeRow.id))
    )
    rows = (await session.exec(query)).all()
    return {row.subject: (RuleState(row.after["state"]), int(row.after["version"])) for row in rows if row.after is not None}


async def moments_until(session: AsyncSession, customer_id: UUID, at: datetime) -> Mapping[str, MomentThen]:
    """Return the last live moment of each rule up to `at`, by rule."""
    query = select(MomentRow).where(MomentRow.customer_id == customer_id, col(MomentRow.at) <= at, MomentRow.mode == Mode.LIVE)
    last = {row.rule: row for row in (await session.exec(query.order_by(col(MomentRow.at)))).all()}
    return {rule: await _with_case(session, row, at) for rule, row in last.items()}


async def _with_case(session: AsyncSession, row: MomentRow, at: datetime) -> MomentThen:
    if row.escalation_id is None:
        return MomentThen(row, None, None)
    case = await session.get(EscalationRow, row.escalation_id)
    looks = select(DecisionRow).where(DecisionRow.escalation_id == row.escalation_id, col(DecisionRow.at) <= at)
    return MomentThen(row, case, (await session.exec(looks.order_by(col(DecisionRow.at).desc()).limit(1))).first())
