"""How a task goes on after a call: to its agent for writing down what came of it, or on with the plan."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.lifecycle import close
from orchestrator.escalations.plan import Result
from orchestrator.escalations.records import move, note, nudge
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.offers import employ
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.queueing.tasks import finish
from orchestrator.settings import Settings
from orchestrator.telephony.tables import AttemptRow

_CALLING = (TaskState.RESERVED, TaskState.ASSIGNED, TaskState.DIALING, TaskState.CONNECTED)
BY_SERVER = "server"


async def wrap(
    session: AsyncSession, escalation: EscalationRow, task: TaskRow, *, suggested: Result | None, now: datetime
) -> None:
    """Let the agent write down what came of the call; `suggested` is how it ended, where that says it already."""
    if task.state not in _CALLING:
        return
    task.state, task.wrap_since = TaskState.WRAPPING, now
    task.suggested = None if suggested is None else suggested.value
    session.add(task)
    move(session, escalation, State.WRAPPING, now=now, suggested=task.suggested)
    await session.flush()
    await tell_of_task(session, What.CHANGED, task)


async def back_to_agent(
    session: AsyncSession, escalation: EscalationRow, task: TaskRow, attempt: AttemptRow, *, now: datetime
) -> None:
    """The agent's own phone was not reached: the task is theirs as before, to be called from again."""
    task.state, task.call_requested_at = TaskState.ASSIGNED, None
    session.add(task)
    note(session, escalation, "agent_not_reached", now=now, attempt=str(attempt.id))
    move(session, escalation, State.ASSIGNED, now=now)
    await session.flush()
    await tell_of_task(session, What.CHANGED, task)


async def after_call(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    result: Result | None,
    *,
    now: datetime,
    settings: Settings,
    hint: bool = True,
) -> None:
    """Free the held agent after a customer-first call that reached nobody, for other work, and go on with the plan."""
    await finish(session, task, disposition=result.value if result else "later", notes=None, reason=BY_SERVER, now=now)
    await employ(session, [task.agent_id], now=now, settings=settings)
    await go_on(session, customer, escalation, result, now=now, hint=hint)


async def go_on(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    result: Result | None,
    *,
    now: datetime,
    hint: bool = True,
) -> None:
    """Leave the plan to answer `result`, or close as decided during the call that is over now."""
    if escalation.pending is not None:
        await close(session, customer, escalation, escalation.pending, now=now, hint=hint)
        return
    escalation.result = None if result is None else result.value
    session.add(escalation)
    move(session, escalation, State.WAITING, now=now, result=escalation.result)
    if hint:
        await nudge(session, escalation, now=now)
