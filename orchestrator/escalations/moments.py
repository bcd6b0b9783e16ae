"""Moments come and go; an escalation stands on those that are live. Intake calls this under the customer's lock."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations import promises
from orchestrator.escalations.forbidden_topics import set_aside
from orchestrator.escalations.instead import spare
from orchestrator.escalations.lifecycle import end
from orchestrator.escalations.records import note, nudge, under_way, unsettled_attempts
from orchestrator.escalations.replan import follow_lead, take_lead
from orchestrator.escalations.standing import live
from orchestrator.escalations.states import Outcome, PromiseState, State, check_transition
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.locks import open_escalation
from orchestrator.storage.outbox import Topic, escalation_row, post

_CONTROL = "control"
_SUPPRESSED = "suppressed:"


async def found(session: AsyncSession, customer: CustomerRow, moments: Sequence[MomentRow], *, now: datetime) -> None:
    """Act on live-mode moments by their verdicts: one that counts joins the customer's open escalation or opens one.

    A control or suppressed moment becomes an escalation that is closed from the start; where its message is due, that one has
    a process nevertheless. The customer's lock is held.
    """
    for moment in moments:
        if moment.verdict == _CONTROL or moment.verdict.startswith(_SUPPRESSED):
            await _record_closed(session, customer, moment, now=now)
            continue
        escalation = await open_escalation(session, customer.id)
        if escalation is not None:
            await expire(session, customer, escalation, now=now)
        if escalation is None or escalation.state is State.CLOSED:
            await _open(session, customer, moment, now=now)
        else:
            await _join(session, customer, escalation, moment, now=now)


async def gone(
    session: AsyncSession, customer: CustomerRow, moments: Sequence[MomentRow], status: MomentStatus, *, now: datetime
) -> None:
    """Mark moments as resolved, ended, withdrawn or expired; an escalation with no live one left ends.

    The customer's lock is held. Done twice, it changes nothing more.
    """
    await spare(session, moments, status, now=now)
    for moment in moments:
        if moment.status is MomentStatus.LIVE or status is MomentStatus.WITHDRAWN:
            moment.status, moment.ended_at = status, moment.ended_at or now
            session.add(moment)
    escalation = await open_escalation(session, customer.id)
    if escalation is None or not any(moment.escalation_id == escalation.id for moment in moments):
        return
    note(session, escalation, "moments_gone", now=now, status=status.value, count=len(moments))
    if await live(session, escalation):
        await follow_lead(session, escalation, now=now)
        await nudge(session, escalation, now=now)
    else:
        await end(session, customer, escalation, _outcome(customer, status), now=now)


async def expire(
    session: AsyncSession, customer: CustomerRow, escalation: EscalationRow, *, now: datetime, hint: bool = True
) -> Sequence[MomentRow]:
    """Let moments expire whose time is over, and the escalation with the last of them; return those that are live still.

    While a promise is open nothing expires: what was said holds until it is kept or broken. Nor does a call under way end.
    """
    if escalation.state is State.CLOSED:
        return ()
    standing = await live(session, escalation)
    over = [moment for moment in standing if now >= moment.expires_at]
    if not over or await _holds(session, escalation):
        return standing
    for moment in over:
        moment.status, moment.ended_at = MomentStatus.EXPIRED, now
        session.add(moment)
    if len(over) == len(standing):
        await end(session, customer, escalation, Outcome.EXPIRED, now=now, reasons=["expired"], hint=hint)
        return ()
    await follow_lead(session, escalation, now=now)
    return [moment for moment in standing if moment.status is MomentStatus.LIVE]


async def _holds(session: AsyncSession, escalation: EscalationRow) -> bool:
    said = await promises.pending(session, escalation)
    return any(row.state is PromiseState.OPEN for row in said) or under_way(await unsettled_attempts(session, escalation.id))


async def _open(session: AsyncSession, customer: CustomerRow, moment: MomentRow, *, now: datetime) -> None:
    escalation = _row(customer, moment, now=now)
    session.add(escalation)
    await session.flush()
    moment.escalation_id = escalation.id
    session.add(moment)
    note(session, escalation, "opened", now=now, rule=moment.rule, moment=str(moment.id))
    await post(session, [escalation_row(Topic.START_ESCALATION, escalation.id, at=now)])


async def _join(
    session: AsyncSession, customer: CustomerRow, escalation: EscalationRow, moment: MomentRow, *, now: datetime
) -> None:
    moment.escalation_id = escalation.id
    escalation.pending = None  # there is again something to speak about
    session.add_all([moment, escalation])
    note(session, escalation, "joined", now=now, rule=moment.rule, moment=str(moment.id))
    await session.flush()
    await set_aside(session, customer, escalation, await live(session, escalation), now=now)
    await follow_lead(session, escalation, now=now)
    await nudge(session, escalation, now=now)


async def _record_closed(session: AsyncSession, customer: CustomerRow, moment: MomentRow, *, now: datetime) -> None:
    control = moment.verdict == _CONTROL
    outcome = Outcome.CONTROL if control else Outcome.SUPPRESSED
    escalation = _row(customer, moment, now=now)
    escalation.reasons = ["holdout" if control else moment.verdict.removeprefix(_SUPPRESSED)]
    check_transition(escalation.state, State.CLOSED)
    escalation.state, escalation.outcome, escalation.closed_at = State.CLOSED, outcome, now
    session.add(escalation)
    await session.flush()  # closed as it is written: the customer may have an open one
    note(session, escalation, State.CLOSED.value, now=now, outcome=outcome.value, moment=str(moment.id))
    moment.escalation_id = escalation.id
    if moment.status is MomentStatus.MESSAGE_DUE:  # its process sends the message, if it may
        await post(session, [escalation_row(Topic.START_ESCALATION, escalation.id, at=now)])
    else:
        moment.status, moment.ended_at = MomentStatus.ENDED, now
    session.add(moment)


def _row(customer: CustomerRow, moment: MomentRow, *, now: datetime) -> EscalationRow:
    escalation = EscalationRow(
        customer_id=customer.id,
        rule=moment.rule,
        version=moment.version,
        purpose=moment.purpose,
        priority=moment.priority,
        opened_at=now,
        not_before=now,
    )
    take_lead(escalation, moment, now=now)
    return escalation


def _outcome(customer: CustomerRow, status: MomentStatus) -> Outcome:
    if status is MomentStatus.EXPIRED:
        return Outcome.EXPIRED
    opted_out = status is MomentStatus.ENDED and customer.opted_out_at is not None
    return Outcome.OPTED_OUT if opted_out else Outcome.RESOLVED_BY_CUSTOMER
