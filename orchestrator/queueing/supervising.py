"""What a supervisor does with a task: takes it from an agent, or off the queue for good."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.records import move, nudge
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.taking_back import TakenBack, take_back
from orchestrator.identity.changes import Who, note_change
from orchestrator.insights.stories import NoSuchEscalation
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.leases import check_state
from orchestrator.queueing.offers import offer
from orchestrator.queueing.tables import TaskKind, TaskRow, TaskState
from orchestrator.queueing.tasks import NoSuchTask, lock_task, requeue
from orchestrator.queueing.working import escalation_of
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.columns import Json
from orchestrator.storage.locks import lock_active_task, lock_escalation


async def requeue_task(
    session: AsyncSession, task_id: UUID, *, reason: str, who: Who, clock: Clock, settings: Settings
) -> TaskRow:
    """Take the task from its agent, to its old place. Raises `NoSuchTask`, and `WrongState` while a call is under way."""
    _, escalation, task, now = await lock_whole(session, task_id, clock=clock)
    check_may_be_taken(task)
    before = told_of_task(task)
    await requeue(session, task, reason=reason, not_before=task.not_before, now=now)
    await note_order(session, "task.requeue", task, before=before, reason=reason, who=who, now=now)
    move(session, escalation, State.QUEUED, now=now)
    await nudge(session, escalation, now=now)
    await offer(session, task.queue, now=now, settings=settings)
    return task


def check_may_be_taken(task: TaskRow) -> None:
    """Raise `WrongState` while a call is under way, and for a task that is over."""
    check_state(task, TaskState.QUEUED, TaskState.RESERVED, TaskState.ASSIGNED, TaskState.WRAPPING)
    if task.kind is TaskKind.CALL:  # its customer may be hearing the greeting
        check_state(task, TaskState.QUEUED)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`taken_back` is the promise that went with the task, None where none was left to keep."""

    task: TaskRow
    taken_back: TakenBack | None


async def cancel_escalation(
    session: AsyncSession, escalation_id: UUID, *, reason: str, who: Who, clock: Clock, settings: Settings
) -> EscalationRow:
    """Cancel a case for a supervisor's reason; a call under way is let finish. Raises `NoSuchEscalation`."""
    locked = await lock_escalation(session, escalation_id)
    if locked is None:
        raise NoSuchEscalation(f"no escalation {escalation_id}")
    customer, case = locked
    if case.state is State.CLOSED:
        return case
    now, before = await clock.now(session), _told_of_case(case)
    taken = await take_back(session, customer, case, reason=reason, now=now, settings=settings)
    if before != (after := _told_of_case(case)):
        what, subject, after = "escalation.cancel", str(escalation_id), {**after, **_told_of_promise(taken)}
        await note_change(session, who=who, what=what, subject=subject, before=before, after=after, now=now)
    return case


async def withdraw_task(
    session: AsyncSession,
    task_id: UUID,
    *,
    reason: str,
    who: Who,
    clock: Clock,
    settings: Settings,
    silent: str | None = None,
) -> Withdrawn:
    """Take the task off for good, and so cancel its escalation; a call under way is let finish. Raises `NoSuchTask`.

    A customer who was promised the call is told that it will not come, unless `silent` says why not.
    """
    customer, escalation, task, now = await lock_whole(session, task_id, clock=clock)
    if escalation.state is State.CLOSED:
        return Withdrawn(await lock_task(session, task.id), None)
    before = told_of_task(task)
    taken = await take_back(session, customer, escalation, reason=reason, silent=silent, now=now, settings=settings)
    ended = await lock_task(session, task.id)
    more = _told_of_promise(taken)
    await note_order(session, "task.withdraw", ended, before=before, reason=reason, who=who, now=now, more=more)
    return Withdrawn(ended, taken)


async def note_order(
    session: AsyncSession,
    what: str,
    task: TaskRow,
    *,
    before: Json,
    reason: str,
    who: Who,
    now: datetime,
    more: Json | None = None,
) -> None:
    """Write in the audit what somebody ordered for a task, and why."""
    after = {**told_of_task(task), "reason": reason, **(more or {})}
    await note_change(session, who=who, what=what, subject=str(task.id), before=before, after=after, now=now)


def told_of_task(task: TaskRow) -> Json:
    """Return a task as the audit keeps it."""
    agent = task.agent_id or task.preferred_agent
    return {"queue": task.queue, "state": task.state.value, "agent": None if agent is None else str(agent)}


def _told_of_case(case: EscalationRow) -> Json:
    return {"state": case.state.value, "canceled_reason": case.canceled_reason}


def _told_of_promise(taken: TakenBack | None) -> Json:
    return {} if taken is None else {"taken_back": taken.as_json()}


async def lock_whole(
    session: AsyncSession, task_id: UUID, *, clock: Clock
) -> tuple[CustomerRow, EscalationRow, TaskRow, datetime]:
    """Lock customer, escalation and task, in this order, and read the clock after that. Raises `NoSuchTask`."""
    locked = await lock_escalation(session, await escalation_of(session, task_id))
    if locked is None:
        raise NoSuchTask(f"no task {task_id}")
    customer, escalation = locked
    active = await lock_active_task(session, escalation.id)
    task = active if active is not None and active.id == task_id else await lock_task(session, task_id)
    return customer, escalation, task, await clock.now(session)
