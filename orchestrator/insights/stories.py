"""One escalation's whole story, read in one transaction: what it stands on, what was decided, promised, tried and done."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow
from orchestrator.errors import NoSuch
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import DecisionRow, EscalationEventRow, EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.queueing.tables import OfferRow, TaskRow, TaskState
from orchestrator.queueing.tasks import OVER
from orchestrator.telephony.tables import AttemptRow, MessageRow


class NoSuchEscalation(NoSuch):
    code = "no_such_escalation"


@dataclass(frozen=True, slots=True)
class Ground:
    """What an escalation stands on, oldest first. `evidence` are the events the moments name, where they are still kept."""

    escalation: EscalationRow
    customer: CustomerRow
    moments: Sequence[MomentRow]
    evidence: Sequence[EventRow]
    promises: Sequence[PromiseRow]


@dataclass(frozen=True, slots=True)
class Story(Ground):
    """All rows oldest first."""

    decisions: Sequence[DecisionRow]
    tasks: Sequence[TaskRow]
    offers: Sequence[OfferRow]
    attempts: Sequence[AttemptRow]
    messages: Sequence[MessageRow]
    lines: Sequence[EscalationEventRow]

    @property
    def state(self) -> State:
        """The state that is shown: a task on offer makes a queued case `reserved`; nobody locks the case for that."""
        offered = any(task.state is TaskState.RESERVED for task in self.tasks if task.state not in OVER)
        return State.RESERVED if offered and self.escalation.state is State.QUEUED else self.escalation.state


async def ground(session: AsyncSession, escalation_id: UUID) -> Ground:
    """Return what an escalation stands on: as much of its story as an agent is told. Raises `NoSuchEscalation`."""
    escalation = await session.get(EscalationRow, escalation_id)
    if escalation is None:
        raise NoSuchEscalation(f"no escalation {escalation_id}")
    moments = await _moments(session, escalation_id)
    return Ground(
        escalation=escalation,
        customer=await session.get_one(CustomerRow, escalation.customer_id),
        moments=moments,
        evidence=await evidence(session, moments),
        promises=await _promises(session, escalation_id),
    )


async def story(session: AsyncSession, escalation_id: UUID) -> Story:
    """Return the story of an escalation. Raises `NoSuchEscalation`."""
    known = await ground(session, escalation_id)
    tasks = await _tasks(session, escalation_id)
    return Story(
        escalation=known.escalation,
        customer=known.customer,
        moments=known.moments,
        evidence=known.evidence,
        promises=known.promises,
        decisions=await _decisions(session, escalation_id),
        tasks=tasks,
        offers=await _offers(session, [task.id for task in tasks]),
        attempts=await _attempts(session, escalation_id),
        messages=await _messages(session, escalation_id),
        lines=await _lines(session, escalation_id),
    )


async def evidence(session: AsyncSession, moments: Sequence[MomentRow]) -> Sequence[EventRow]:
    """Return the events that the moments' evidence names, oldest first."""
    named = {tuple(name.split(" ", 1)) for moment in moments for name in moment.evidence}
    if not named:
        return []
    query = select(EventRow).where(tuple_(col(EventRow.source), col(EventRow.id)).in_(named))
    return (await session.exec(query.order_by(col(EventRow.time), col(EventRow.source), col(EventRow.id)))).all()


async def _moments(session: AsyncSession, escalation_id: UUID) -> Sequence[MomentRow]:
    query = select(MomentRow).where(MomentRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(MomentRow.at), col(MomentRow.id)))).all()


async def _decisions(session: AsyncSession, escalation_id: UUID) -> Sequence[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(DecisionRow.at)))).all()


async def _promises(session: AsyncSession, escalation_id: UUID) -> Sequence[PromiseRow]:
    query = select(PromiseRow).where(PromiseRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(PromiseRow.written_at)))).all()


async def _tasks(session: AsyncSession, escalation_id: UUID) -> Sequence[TaskRow]:
    query = select(TaskRow).where(TaskRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(TaskRow.queued_at), col(TaskRow.step)))).all()


async def _offers(session: AsyncSession, tasks: Sequence[UUID]) -> Sequence[OfferRow]:
    query = select(OfferRow).where(col(OfferRow.task_id).in_(tasks))
    return (await session.exec(query.order_by(col(OfferRow.offered_at)))).all()


async def _attempts(session: AsyncSession, escalation_id: UUID) -> Sequence[AttemptRow]:
    query = select(AttemptRow).where(AttemptRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(AttemptRow.prepared_at)))).all()


async def _messages(session: AsyncSession, escalation_id: UUID) -> Sequence[MessageRow]:
    query = select(MessageRow).where(MessageRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(MessageRow.prepared_at)))).all()


async def _lines(session: AsyncSession, escalation_id: UUID) -> Sequence[EscalationEventRow]:
    query = select(EscalationEventRow).where(EscalationEventRow.escalation_id == escalation_id)
    return (await session.exec(query.order_by(col(EscalationEventRow.at)))).all()
