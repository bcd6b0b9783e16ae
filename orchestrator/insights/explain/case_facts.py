"""What is known of a moment that was recorded: its verdict, its case, and all that was done in it until a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import DecisionRow, EscalationEventRow, EscalationRow, PromiseRow
from orchestrator.intake.tables import EventRow
from orchestrator.queueing.tables import TaskRow
from orchestrator.telephony.tables import AttemptRow, Leg, MessageRow


@dataclass(frozen=True, slots=True)
class Done:
    """What was done in a case until the time asked about, each in its order."""

    looks: Sequence[DecisionRow] = ()
    story: Sequence[EscalationEventRow] = ()
    attempts: Sequence[AttemptRow] = ()
    messages: Sequence[MessageRow] = ()
    promises: Sequence[PromiseRow] = ()
    tasks: Sequence[TaskRow] = ()


@dataclass(frozen=True, slots=True)
class MomentThen:
    """A moment that was recorded. `rule` is its version's; `lead` the rule that its case was for when the moment came
    to it; `escalated` when the rule last opened a case for the customer before it. `late` is the event that came late
    and led to it, `against` the one that came late and took it back, each where it is still kept."""

    moment: MomentRow
    rule: CompiledRule
    case: EscalationRow | None = None
    lead: CompiledRule | None = None
    escalated: datetime | None = None
    done: Done = Done()
    late: EventRow | None = None
    against: EventRow | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back at any time, be it after the one asked about."""
        return self.moment.status is MomentStatus.WITHDRAWN

    def withdrawn_by(self, at: datetime) -> datetime | None:
        """Return when it was taken back, None where it was not at `at`."""
        ended = self.moment.ended_at
        return ended if self.is_withdrawn and ended is not None and ended <= at else None

    @property
    def decision(self) -> DecisionRow | None:
        return self.done.looks[-1] if self.done.looks else None

    def outcome_by(self, at: datetime) -> Outcome | None:
        """Return the case's outcome, None where it had none at `at`."""
        closed = self.case.closed_at if self.case is not None else None
        return self.case.outcome if self.case is not None and closed is not None and closed <= at else None

    def state_by(self, at: datetime) -> State:
        """Return the state that the case was in at `at`."""
        states = [State(each.what) for each in self.done.story if each.what in set(State) and each.at <= at]
        return states[-1] if states else State.OPEN


async def moments_until(
    session: AsyncSession, library: RuleLibrary, customer_id: UUID, at: datetime
) -> Mapping[str, MomentThen]:
    """Return the last live moment of each rule up to `at`, by rule."""
    query = select(MomentRow).where(MomentRow.customer_id == customer_id, col(MomentRow.at) <= at, MomentRow.mode == Mode.LIVE)
    rows = (await session.exec(query.order_by(col(MomentRow.at)))).all()
    last = {row.rule: _replaced(row, rows, at) for row in rows}
    return {name: await _told(session, library, row, rows, at) for name, row in last.items()}


def _replaced(row: MomentRow, rows: Sequence[MomentRow], at: datetime) -> MomentRow:
    """Return the moment that took the place of one taken back by `at`: the same late news brought it about, earlier."""
    while row.status is MomentStatus.WITHDRAWN and row.withdrawn_by is not None and row.ended_at and row.ended_at <= at:
        news = (row.rule, row.key, row.withdrawn_by)
        instead = [each for each in rows if each.at < row.at and (each.rule, each.key, each.found_by) == news]
        if not instead:
            break
        row = instead[-1]
    return row


async def _told(
    session: AsyncSession, library: RuleLibrary, row: MomentRow, rows: Sequence[MomentRow], at: datetime
) -> MomentThen:
    rule = await library.compiled(session, row.rule, row.version)
    before = [each.at for each in rows if each.rule == row.rule and each.at < row.at and each.verdict == Verdict.ESCALATE]
    case = await session.get(EscalationRow, row.escalation_id) if row.escalation_id is not None else None
    escalated = before[-1] if before else None
    late, against = await _event(session, row.found_by), await _event(session, row.withdrawn_by)
    if case is None:
        return MomentThen(row, rule, escalated=escalated, late=late, against=against)
    done = await _done(session, case.id, at)
    lead = await library.compiled(session, *_led_by(case, row, rows, done.story))
    return MomentThen(row, rule, case, lead, escalated, done, late, against)


def _led_by(
    case: EscalationRow, moment: MomentRow, moments: Sequence[MomentRow], story: Sequence[EscalationEventRow]
) -> tuple[str, int]:
    """Return rule and version that the case followed when `moment` came to it: a stronger one takes the lead only then."""
    known = {str(each.id): (each.rule, each.version) for each in moments}
    joined = next(
        (line.at for line in story if line.what == "joined" and (line.detail or {})["moment"] == str(moment.id)), None
    )
    followed = case.rule, case.version
    for line in story:
        detail = line.detail or {}
        if line.what == "opened":
            followed = known.get(detail["moment"], followed)
        elif line.what == "replanned" and (joined is None or line.at < joined):
            followed = detail["rule"], detail["version"]
    return followed


async def _event(session: AsyncSession, name: str | None) -> EventRow | None:
    """Return the event that a moment names as `<source> <id>`."""
    return await session.get(EventRow, tuple(name.split(" ", 1))) if name is not None else None


async def _done(session: AsyncSession, case: UUID, at: datetime) -> Done:
    looks = select(DecisionRow).where(DecisionRow.escalation_id == case, col(DecisionRow.at) <= at)
    story = select(EscalationEventRow).where(EscalationEventRow.escalation_id == case, col(EscalationEventRow.at) <= at)
    attempts = select(AttemptRow).where(AttemptRow.escalation_id == case, col(AttemptRow.submitted_at) <= at)
    messages = select(MessageRow).where(MessageRow.escalation_id == case, col(MessageRow.prepared_at) <= at)
    promises = select(PromiseRow).where(PromiseRow.escalation_id == case, col(PromiseRow.said_at) <= at)
    tasks = select(TaskRow).where(TaskRow.escalation_id == case, col(TaskRow.queued_at) <= at)
    return Done(
        (await session.exec(looks.order_by(col(DecisionRow.at), col(DecisionRow.id)))).all(),
        (await session.exec(story.order_by(col(EscalationEventRow.at), col(EscalationEventRow.id)))).all(),
        (await session.exec(attempts.where(AttemptRow.leg == Leg.CUSTOMER).order_by(col(AttemptRow.submitted_at)))).all(),
        (await session.exec(messages.order_by(col(MessageRow.prepared_at)))).all(),
        (await session.exec(promises.order_by(col(PromiseRow.said_at)))).all(),
        (await session.exec(tasks.order_by(col(TaskRow.queued_at)))).all(),
    )
