"""What an agent (or the server for one) says came of a task: the case ends, or its plan goes on."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.lifecycle import close, end_calls, opt_out
from orchestrator.escalations.outcome import outcome_of
from orchestrator.escalations.plan import Result
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.sub_dispositions import check_sub
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.talks import go_on
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskRow
from orchestrator.queueing.tasks import finish

BY_AGENT = "agent"


async def complete(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    *,
    disposition: str,
    notes: str | None,
    now: datetime,
    by: str = BY_AGENT,
    hint: bool = True,
    sub_disposition: str | None = None,
    worth_calling: bool | None = None,
) -> None:
    """End the task with a disposition. Raises `BadInput` for one that does not exist, before anything is changed.

    `by` is who ended it, as a code. The locks of customer, escalation, agent and task are held, the fence was checked.
    """
    meaning = outcome_of(disposition)
    check_sub(disposition, sub_disposition)
    await finish(
        session,
        task,
        disposition=disposition,
        notes=notes,
        reason=by,
        now=now,
        sub_disposition=sub_disposition,
        worth_calling=worth_calling,
    )
    await session.flush()
    match meaning:
        case Result():
            await end_calls(session, escalation, now=now)
            await go_on(session, customer, escalation, meaning, now=now, hint=hint)
        case Outcome.OPTED_OUT:
            await close(session, customer, escalation, meaning, now=now, hint=hint)
            await opt_out(session, customer, now=now)
        case outcome:
            await close(session, customer, escalation, outcome, now=now, hint=hint)
