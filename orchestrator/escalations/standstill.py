"""When the gates say no: wait with the reason in sight, or close with it."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.permission import OF_THE_MEDIUM
from orchestrator.availability.verdicts import GateCode, GateState, Refuse
from orchestrator.escalations.lifecycle import close, end_calls
from orchestrator.escalations.records import move, nudge
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskRow
from orchestrator.queueing.tasks import withdraw
from orchestrator.telephony.tables import Farewell


def hold(session: AsyncSession, escalation: EscalationRow, *, until: datetime, reasons: Sequence[str], now: datetime) -> None:
    """Let the escalation wait, saying until when and why."""
    move(session, escalation, State.WAITING, now=now, until=until.isoformat(), reasons=list(reasons))
    escalation.wait_until, escalation.reasons = until, list(reasons)
    session.add(escalation)


async def not_dialed(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    *,
    reasons: Sequence[str],
    until: datetime | None,
    now: datetime,
    hint: bool = True,
) -> None:
    """Take the no of the moment of dialing: not before `until`, or (None) never, for these reasons.

    The agent is free again and a leg of theirs that is up is ended; when the gates open, the step begins anew. All locks
    but the attempts' are held.
    """
    if until is not None:
        await put_off(session, escalation, task, until=until, reasons=reasons, now=now, hint=hint)
    elif tuple(reasons) == (GateCode.CONSENT,):
        # Perhaps only this medium is not agreed to: the plan knows whether another step comes after it.
        await put_off(session, escalation, task, until=now, reasons=reasons, now=now, hint=hint)
    else:
        await refuse(session, customer, escalation, reasons=reasons, now=now, hint=hint)


async def put_off(
    session: AsyncSession,
    escalation: EscalationRow,
    task: TaskRow,
    *,
    until: datetime,
    reasons: Sequence[str],
    now: datetime,
    hint: bool = True,
) -> None:
    """Take the task off its agent's hands and let the escalation wait until `until`, when its step begins anew."""
    await withdraw(session, task, reason=reasons[0], now=now)
    await end_calls(session, escalation, farewell=Farewell.APOLOGY, now=now)
    hold(session, escalation, until=until, reasons=reasons, now=now)
    if hint:
        await nudge(session, escalation, now=now)


async def refuse(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    reasons: Sequence[str],
    now: datetime,
    hint: bool = True,
) -> None:
    """Close it as the gates' refusal says."""
    outcome = outcome_of_refusal(reasons)
    await close(session, customer, escalation, outcome, now=now, reasons=reasons, hint=hint)


def outcome_of_refusal(reasons: Sequence[str]) -> Outcome:
    """Return `expired` where waiting would have helped but for the expiry; any other refusal is `suppressed`."""
    if GateCode.EXPIRED in reasons:
        return Outcome.EXPIRED
    return Outcome.CONTROL if tuple(reasons) == (GateCode.HOLDOUT,) else Outcome.SUPPRESSED


def only_the_medium(decision: Refuse) -> bool:
    """Tell whether the customer merely has not agreed to this medium: another step may use another one."""
    refused = [verdict for verdict in decision.verdicts if verdict.state is GateState.REFUSED]
    return bool(refused) and all(verdict.why in OF_THE_MEDIUM for verdict in refused)
