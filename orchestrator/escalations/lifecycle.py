"""How an escalation ends: everything that was set up for it is taken back in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations import promises
from orchestrator.escalations.instead import spare_all, withdraw_messages
from orchestrator.escalations.records import move, note, nudge, under_way, unsettled_attempts
from orchestrator.escalations.states import HELD_BACK, Outcome, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.tables import DoNotCallRow
from orchestrator.queueing.news import News, What, tell
from orchestrator.queueing.tables import TaskState
from orchestrator.queueing.tasks import withdraw
from orchestrator.storage.clock import Clock
from orchestrator.storage.locks import lock_active_task, lock_escalation, open_escalation
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Farewell, Leg


async def end(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    outcome: Outcome,
    *,
    now: datetime,
    reasons: Sequence[str] = (),
    hint: bool = True,
) -> None:
    """Close it with `outcome`, or, where the customer and an agent are in a call, let it close so after that call.

    Customer's and escalation's locks are held. Done twice, the first outcome stays.
    """
    if escalation.state is State.CLOSED:
        return
    if not under_way(await unsettled_attempts(session, escalation.id)):
        await close(session, customer, escalation, outcome, now=now, reasons=reasons, hint=hint)
    elif escalation.pending is None or outcome is Outcome.OPTED_OUT:
        escalation.pending = outcome
        session.add(escalation)
        note(session, escalation, "closes_after_call", now=now, outcome=outcome.value)


async def close(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    outcome: Outcome,
    *,
    now: datetime,
    reasons: Sequence[str] = (),
    hint: bool = True,
) -> None:
    """Close it: task, reservation and messages are withdrawn, calls are ended, moments and promises get their ending.

    Customer's and escalation's locks are held. Done twice, the first outcome stays. Without `hint` its process is not
    told: it is the caller.
    """
    if escalation.state is State.CLOSED:
        return
    if escalation.state in HELD_BACK:
        await tell(session, News(What.HELD))
    move(session, escalation, State.CLOSED, now=now, outcome=outcome.value)
    escalation.outcome, escalation.closed_at, escalation.reasons = outcome, now, list(reasons)
    escalation.pending = escalation.result = None
    session.add(escalation)
    await _withdraw_task(session, escalation, outcome, now=now)
    await withdraw_messages(session, escalation, now=now)
    await end_calls(session, escalation, farewell=Farewell.SETTLED, now=now)
    await promises.catch_up(session, escalation, now=now, closing=True)
    await promises.end_all(session, escalation, outcome, now=now)
    await _end_moments(session, escalation, now=now)
    if hint:
        await nudge(session, escalation, now=now)


async def fail(session: AsyncSession, escalation_id: UUID, *, clock: Clock) -> None:
    """Close it as failed, when nothing else can be done for it any more."""
    locked = await lock_escalation(session, escalation_id)
    if locked is not None:
        await close(session, *locked, Outcome.FAILED, now=await clock.now(session), hint=False)


async def opt_out(session: AsyncSession, customer: CustomerRow, *, now: datetime, word: DoNotCallRow | None = None) -> None:
    """Record that the customer wants no more calls, and end all that is open. The customer's lock is held.

    `word` is how it goes on record, where more is known than that the customer told us in a call, a message or an event.
    """
    if word is not None or customer.opted_out_at is None:
        session.add(word or _told_us(customer, now))
    customer.attributes = {**customer.attributes, "do_not_call": True}
    customer.opted_out_at = customer.opted_out_at or now
    session.add(customer)
    await spare_all(session, customer, now=now)
    escalation = await open_escalation(session, customer.id)
    if escalation is not None:
        await end(session, customer, escalation, Outcome.OPTED_OUT, now=now)


def _told_us(customer: CustomerRow, now: datetime) -> DoNotCallRow:
    return DoNotCallRow(
        customer_id=customer.id, forbidden=True, source="customer", said_at=now, recorded_at=now, recorded_by="ringback"
    )


async def end_calls(
    session: AsyncSession, escalation: EscalationRow, *, now: datetime, farewell: Farewell | None = None
) -> None:
    """Ask for the end of every call of the escalation; one that was never posted is over at once.

    An answered customer hears `farewell` first.
    """
    for attempt in await unsettled_attempts(session, escalation.id):
        end_call(session, attempt, now=now, farewell=farewell)


def end_call(session: AsyncSession, attempt: AttemptRow, *, now: datetime, farewell: Farewell | None = None) -> None:
    """Ask for the end of one call; its lock is held. A request that stands already is left as it is.

    A customer whose phone still rings may answer before the carrier hears of it: they are told `farewell` as well.
    """
    if attempt.state is AttemptState.PREPARED:
        attempt.state, attempt.ending, attempt.ended_at = AttemptState.ENDED, Ending.CANCELED, now
    elif attempt.cancel_requested_at is None:
        attempt.cancel_requested_at = now
        alone = attempt.leg is Leg.CUSTOMER and attempt.joined_at is None
        attempt.farewell = farewell if alone else None
    session.add(attempt)


async def _withdraw_task(session: AsyncSession, escalation: EscalationRow, outcome: Outcome, *, now: datetime) -> None:
    task = await lock_active_task(session, escalation.id)
    if task is not None and task.state is not TaskState.DONE:
        await withdraw(session, task, reason=outcome.value, now=now)


async def _end_moments(session: AsyncSession, escalation: EscalationRow, *, now: datetime) -> None:
    query = select(MomentRow).where(col(MomentRow.escalation_id) == escalation.id, MomentRow.status == MomentStatus.LIVE)
    for moment in (await session.exec(query)).all():
        expired = now >= moment.expires_at
        moment.status, moment.ended_at = MomentStatus.EXPIRED if expired else MomentStatus.ENDED, now
        session.add(moment)
