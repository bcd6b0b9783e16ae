"""What the progress of a call means for its task and its escalation. Telephony calls this under all the locks.

Only what the customer and the agent see is moved here, in the transaction that learned it. What comes next (the next leg,
the next try, the next step) the escalation's process asks `advance` for, after a hint.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations import promises
from orchestrator.escalations.lifecycle import end_call, opt_out
from orchestrator.escalations.opening import due_at, own_within
from orchestrator.escalations.plan import Result
from orchestrator.escalations.records import move, note, nudge, unsettled_attempts
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.talks import after_call, back_to_agent, wrap
from orchestrator.escalations.words import Text
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.queueing.tasks import OVER
from orchestrator.settings import Settings
from orchestrator.telephony.attempts import AGENT_FIRST, LATER, NEVER, NOW
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Farewell, Leg

_RESULTS = {
    Ending.MACHINE: Result.MACHINE,
    Ending.BUSY: Result.BUSY,
    Ending.NO_ANSWER: Result.NO_ANSWER,
    Ending.COMPLETED: Result.NO_ANSWER,  # picked up and hung up before anybody could speak
    Ending.ABANDONED: Result.NO_ANSWER,
    Ending.FAILED: Result.FAILED,
    Ending.INVALID_NUMBER: Result.INVALID_NUMBER,
    Ending.REFUSED: Result.REFUSED,
    Ending.UNKNOWN: Result.UNKNOWN,
    Ending.NOT_PLACED: Result.NOT_PLACED,
    Ending.CANCELED: Result.NOT_PLACED,
}


async def attempt_changed(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow | None,
    attempt: AttemptRow,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """Let task and escalation follow an attempt that has moved; done twice for one state, it changes nothing more.

    The locks of customer, escalation, agent, task and attempt are held, and the attempt's new state is set. `task` is the
    escalation's active one, or was when it was locked.
    """
    await session.flush()
    if escalation.state is State.CLOSED:
        await _after_close(session, escalation, attempt, now=now)
        return
    if task is None or task.state in OVER or task.id != attempt.task_id:
        await _without_task(session, customer, escalation, attempt, now=now, settings=settings)
        return
    if attempt.state is AttemptState.ENDED:
        await _ended(session, customer, escalation, task, attempt, now=now, settings=settings)
    else:
        await _progressed(session, customer, escalation, task, attempt, now=now, settings=settings)


async def _after_close(session: AsyncSession, escalation: EscalationRow, attempt: AttemptRow, *, now: datetime) -> None:
    """The case is closed: whatever still rings or talks is asked to end, and the process sees to it."""
    if attempt.state is not AttemptState.ENDED and attempt.cancel_requested_at is None:
        end_call(session, attempt, farewell=Farewell.SETTLED, now=now)
    await nudge(session, escalation, now=now)


async def _without_task(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    attempt: AttemptRow,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """The agent has moved on from this call. Should its customer answer all the same, they are not left with silence."""
    answered = attempt.leg is Leg.CUSTOMER and attempt.state is AttemptState.CONNECTED and attempt.joined_at is None
    if answered and attempt.cancel_requested_at is None:
        await abandon(session, customer, escalation, attempt, now=now, settings=settings)
    await nudge(session, escalation, now=now)


async def _progressed(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    attempt: AttemptRow,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    if task.state in (TaskState.RESERVED, TaskState.ASSIGNED):
        task.state = TaskState.DIALING
        session.add(task)
        move(session, escalation, State.DIALING, now=now, attempt=str(attempt.id))
    if attempt.joined_at is not None:
        await _joined(session, escalation, task, attempt, now=now)
    elif attempt.leg is Leg.CUSTOMER and attempt.pressed == LATER:
        await _later(session, customer, escalation, attempt, text=Text.LATER, now=now, settings=settings)
    elif attempt.leg is Leg.CUSTOMER and attempt.pressed == NEVER:
        await opt_out(session, customer, now=now)
    elif _calls_for_more(attempt):
        await nudge(session, escalation, now=now)


def _calls_for_more(attempt: AttemptRow) -> bool:
    """Tell whether the process has to act on it: another leg to be dialed, the carrier to be asked, or told to stop."""
    if attempt.cancel_requested_at is not None or attempt.state is AttemptState.UNKNOWN:
        return True
    first = Leg.AGENT if attempt.flow == AGENT_FIRST else Leg.CUSTOMER
    wanted = attempt.flow == AGENT_FIRST or attempt.pressed == NOW
    return attempt.state is AttemptState.CONNECTED and attempt.leg is first and wanted


async def _joined(
    session: AsyncSession, escalation: EscalationRow, task: TaskRow, attempt: AttemptRow, *, now: datetime
) -> None:
    if task.state is not TaskState.DIALING:
        return
    task.state = TaskState.CONNECTED
    session.add(task)
    move(session, escalation, State.CONNECTED, now=now, attempt=str(attempt.id))
    await promises.connected(session, escalation, at=attempt.joined_at or now)


async def _ended(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    attempt: AttemptRow,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    others = [each for each in await unsettled_attempts(session, escalation.id) if each.id != attempt.id]
    if attempt.joined_at is not None:
        await _hung_up(session, escalation, task, attempt, others, now=now)
    elif attempt.leg is Leg.AGENT:
        await _agent_leg_ended(session, customer, escalation, task, attempt, others, now=now, settings=settings)
    elif attempt.pressed == NEVER:
        await opt_out(session, customer, now=now)
    elif attempt.flow != AGENT_FIRST and (attempt.pressed == LATER or attempt.ending is Ending.ABANDONED):
        if attempt.pressed == LATER:
            await _later(session, customer, escalation, attempt, text=Text.LATER, now=now, settings=settings)
        await after_call(session, customer, escalation, task, None, now=now, settings=settings)
    else:
        await _not_reached(session, customer, escalation, task, attempt, others, now=now, settings=settings)


async def _hung_up(
    session: AsyncSession,
    escalation: EscalationRow,
    task: TaskRow,
    attempt: AttemptRow,
    others: Sequence[AttemptRow],
    *,
    now: datetime,
) -> None:
    """A talk is over: one leg has left, the other follows, and the agent writes down what came of it.

    A room ends with its talk. Only for a customer who might be left in it does the process make sure at once.
    """
    await _joined(session, escalation, task, attempt, now=now)
    for other in others:
        end_call(session, other, now=now)
    await wrap(session, escalation, task, suggested=None, now=now)
    if any(other.leg is Leg.CUSTOMER for other in others):
        await nudge(session, escalation, now=now)


async def _agent_leg_ended(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    attempt: AttemptRow,
    others: Sequence[AttemptRow],
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """The agent is not on the line (any more), and the customer was not joined."""
    customers = [each for each in others if each.leg is Leg.CUSTOMER]
    if attempt.flow != AGENT_FIRST:
        for other in customers:
            await abandon(session, customer, escalation, other, now=now, settings=settings)
    elif customers:
        for other in customers:
            end_call(session, other, farewell=Farewell.APOLOGY, now=now)
        await wrap(session, escalation, task, suggested=None, now=now)
    elif task.state is TaskState.DIALING:
        await back_to_agent(session, escalation, task, attempt, now=now)
    await nudge(session, escalation, now=now)


async def abandon(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    attempt: AttemptRow,
    *,
    now: datetime,
    settings: Settings,
) -> None:
    """The customer pressed 1 and the held agent was lost: an apology, and a promise."""
    if attempt.state is AttemptState.CONNECTED and attempt.farewell is None:
        note(session, escalation, "agent_lost", now=now, attempt=str(attempt.id))
        await _later(session, customer, escalation, attempt, text=Text.LOST, now=now, settings=settings)
    end_call(session, attempt, farewell=Farewell.APOLOGY, now=now)


async def _later(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    attempt: AttemptRow,
    *,
    text: Text,
    now: datetime,
    settings: Settings,
) -> None:
    """Promise a call in the words this call says next, and go on past the present step with that callback."""
    if escalation.asked_at is not None or escalation.queue is None or attempt.say is not None:
        return
    within = await own_within(session, escalation.queue) or settings.later_within
    due = await due_at(session, escalation.queue, within=within, now=now)
    promise = await promises.promise_spoken(session, customer, escalation, text=text, due_at=due, now=now, settings=settings)
    attempt.say = promise.words
    session.add(attempt)
    escalation.asked_at, escalation.step, escalation.tries = now, escalation.step + 1, 0
    # Who says "later" does not mean the next minute; whom we failed is called as soon as may be.
    escalation.not_before = now + (due - now) / 2 if text is Text.LATER else now
    session.add(escalation)


async def _not_reached(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    task: TaskRow,
    attempt: AttemptRow,
    others: Sequence[AttemptRow],
    *,
    now: datetime,
    settings: Settings,
) -> None:
    result = _RESULTS[attempt.ending or Ending.UNKNOWN]
    if attempt.flow != AGENT_FIRST:
        for other in others:
            end_call(session, other, now=now)
        await after_call(session, customer, escalation, task, result, now=now, settings=settings)
        return
    if result is Result.NOT_PLACED and task.state is TaskState.DIALING and others:
        await nudge(session, escalation, now=now)  # the agent is on the line: another leg may be tried at once
        return
    for other in others:
        end_call(session, other, now=now)
    await wrap(session, escalation, task, suggested=result, now=now)
    await nudge(session, escalation, now=now)
