"""What a supervisor does with a task that others should have: gives it to another queue, or to one agent first."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput
from orchestrator.escalations.records import move, note, nudge
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.changes import Who
from orchestrator.queueing.matching import suits
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.offers import offer
from orchestrator.queueing.supervising import check_may_be_taken, lock_whole, note_order, told_of_task
from orchestrator.queueing.tables import HELD, AgentQueueRow, AgentRow, QueueRow, TaskRow
from orchestrator.queueing.tasks import requeue
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock

OWN_FOR = timedelta(minutes=15)  # so long a reassigned task waits for its agent alone; then anybody may have it


async def move_task(
    session: AsyncSession, task_id: UUID, *, queue: str, reason: str, who: Who, clock: Clock, settings: Settings
) -> TaskRow:
    """Give the task to another queue, with that queue's skills; its age and its promise stay.

    Raises `NoSuchTask`, `WrongState` while a call is under way, and `BadInput` for a queue that is not there.
    """
    _, escalation, task, now = await lock_whole(session, task_id, clock=clock)
    check_may_be_taken(task)
    target = await session.get(QueueRow, queue)
    if target is None:
        raise BadInput("there is no such queue", field="queue", fix="choose one of the queues")
    if task.queue == queue:
        raise BadInput("the task is on this queue already", field="queue", fix="choose another queue")
    before = told_of_task(task)
    await _put_back(session, escalation, task, reason=reason, now=now)
    left = await session.get(QueueRow, task.queue)
    own = set(task.skills) - set(left.skills if left is not None else ())
    task.queue, task.skills = queue, sorted({*own, *target.skills})
    escalation.queue = queue
    session.add_all([task, escalation])
    await session.flush()
    note(session, escalation, "moved", now=now, task=str(task.id), queue=queue)
    await note_order(session, "task.move", task, before=before, reason=reason, who=who, now=now)
    await tell_of_task(session, What.QUEUED, task)
    await nudge(session, escalation, now=now)
    await offer(session, queue, now=now, settings=settings)
    return task


async def reassign_task(
    session: AsyncSession, task_id: UUID, *, agent_id: UUID, reason: str, who: Who, clock: Clock, settings: Settings
) -> TaskRow:
    """Keep the task for one agent for `OWN_FOR`: it is offered to nobody else before, and stays in its place.

    Raises `NoSuchTask`, `WrongState` while a call is under way, and `BadInput` for an agent who could not take it.
    """
    _, escalation, task, now = await lock_whole(session, task_id, clock=clock)
    check_may_be_taken(task)
    await _check_could_take(session, task, agent_id)
    before = told_of_task(task)
    own_until = max(now, task.not_before or now) + OWN_FOR
    await _put_back(session, escalation, task, reason=reason, now=now, preferred_agent=agent_id, preferred_until=own_until)
    note(session, escalation, "reassigned", now=now, task=str(task.id), agent=str(agent_id))
    await note_order(session, "task.reassign", task, before=before, reason=reason, who=who, now=now)
    await nudge(session, escalation, now=now)
    await offer(session, task.queue, now=now, settings=settings)
    return task


async def _put_back(
    session: AsyncSession,
    escalation: EscalationRow,
    task: TaskRow,
    *,
    reason: str,
    now: datetime,
    preferred_agent: UUID | None = None,
    preferred_until: datetime | None = None,
) -> None:
    await requeue(
        session,
        task,
        reason=reason,
        not_before=task.not_before,
        preferred_agent=preferred_agent,
        preferred_until=preferred_until,
        now=now,
    )
    move(session, escalation, State.QUEUED, now=now)


async def _check_could_take(session: AsyncSession, task: TaskRow, agent_id: UUID) -> None:
    agent = await session.get(AgentRow, agent_id)
    if agent is None or await session.get(AgentQueueRow, (agent_id, task.queue)) is None:
        raise BadInput("the agent does not serve this queue", field="agent", fix="choose an agent of the task's queue")
    if not suits(agent, task):
        raise BadInput("the agent lacks the language or a skill", field="agent", fix="choose an agent who has them")
    if task.agent_id == agent_id and task.state in HELD:
        raise BadInput("the agent has this task already", field="agent", fix="choose another agent")
