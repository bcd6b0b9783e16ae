"""The life of a task on its queue: queued, taken back, given away, done. The task's escalation is locked by the caller."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import NoSuch
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.matching import primary
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.order import rank
from orchestrator.queueing.tables import AgentRow, OfferEnding, OfferRow, QueueRow, TaskKind, TaskRow, TaskState

OVER = frozenset({TaskState.DONE, TaskState.WITHDRAWN})


class NoSuchQueue(NoSuch):
    code = "no_such_queue"


class NoSuchTask(NoSuch):
    code = "no_such_task"


async def enqueue(
    session: AsyncSession,
    escalation: EscalationRow,
    *,
    kind: TaskKind,
    queue: str,
    step: int,
    priority: int,
    language: str | None,
    now: datetime,
    skills: Sequence[str] = (),
    script: str | None = None,
    due_at: datetime | None = None,
    promised: bool = False,
    not_before: datetime | None = None,
    preferred_agent: UUID | None = None,
    preferred_until: datetime | None = None,
    place_from: datetime | None = None,
) -> TaskRow:
    """Queue a task of the escalation, which has none active. `language` may be any BCP 47 tag. Raises `NoSuchQueue`.

    Its place among others counts from `place_from`, now where it is left out.

    Its skills are the queue's and those given. `preferred_agent` alone is offered it until `preferred_until`.
    """
    served = await session.get(QueueRow, queue)
    if served is None:
        raise NoSuchQueue(f"no queue {queue}")
    task = TaskRow(
        escalation_id=escalation.id,
        customer_id=escalation.customer_id,
        queue=queue,
        kind=kind,
        step=step,
        priority=priority,
        language=primary(language) if language else None,
        skills=sorted({*served.skills, *skills}),
        script=script,
        queued_at=now,
        rank=rank(place_from or now, priority=priority),
        not_before=not_before,
        due_at=due_at,
        promised=promised,
        preferred_agent=preferred_agent,
        preferred_until=preferred_until,
    )
    session.add(task)
    await session.flush()
    await tell_of_task(session, What.QUEUED, task)
    return task


async def lock_task(session: AsyncSession, task_id: UUID) -> TaskRow:
    """Lock the task's row and return it as it is now. Raises `NoSuchTask`."""
    query = select(TaskRow).where(TaskRow.id == task_id).with_for_update()
    task = (await session.exec(query.execution_options(populate_existing=True))).first()
    if task is None:
        raise NoSuchTask(f"no task {task_id}")
    return task


async def withdraw(session: AsyncSession, task: TaskRow, *, reason: str, now: datetime) -> None:
    """Take the task off the queue and off its agent's desk for good; `reason` is a code the desk explains."""
    task = await lock_task(session, task.id)
    if task.state in OVER:
        return
    await end_offer(session, task, OfferEnding.WITHDRAWN, reason=reason, now=now)
    task.state, task.ended_at, task.end_reason, task.lease_until = TaskState.WITHDRAWN, now, reason, None
    session.add(task)
    await tell_of_task(session, What.WITHDRAWN, task)


async def requeue(
    session: AsyncSession,
    task: TaskRow,
    *,
    reason: str,
    now: datetime,
    not_before: datetime | None = None,
    ending: OfferEnding = OfferEnding.WITHDRAWN,
    preferred_agent: UUID | None = None,
    preferred_until: datetime | None = None,
) -> None:
    """Take the task from its agent and put it back in its old place: queueing time and rank stay.

    An offer that stands ends as `ending`. Not offered before `not_before`.
    """
    task = await lock_task(session, task.id)
    if task.state in OVER:
        return
    had = task.agent_id
    await end_offer(session, task, ending, reason=reason, now=now)
    task.state, task.agent_id, task.lease_until, task.not_before = TaskState.QUEUED, None, None, not_before
    task.accepted_at = task.call_requested_at = task.wrap_since = task.suggested = None
    task.wrap_extensions = 0
    task.preferred_agent, task.preferred_until = preferred_agent, preferred_until
    task.help_asked_at = None
    session.add(task)
    await session.flush()
    await tell_of_task(session, What.REQUEUED, task, agent_id=had)


async def finish(
    session: AsyncSession,
    task: TaskRow,
    *,
    disposition: str,
    notes: str | None,
    reason: str,
    now: datetime,
    sub_disposition: str | None = None,
    worth_calling: bool | None = None,
) -> None:
    """End the task with the agent's (or the server's) disposition; the agent is idle from now on.

    `reason` is who ended it, as a code. Customer, escalation, agent and task are locked.
    """
    if task.state in OVER:
        return
    task.state, task.ended_at, task.end_reason, task.lease_until = TaskState.DONE, now, reason, None
    task.disposition, task.sub_disposition, task.notes = disposition, sub_disposition, notes
    task.worth_calling, task.help_asked_at = worth_calling, None
    session.add(task)
    agent = None if task.agent_id is None else await session.get(AgentRow, task.agent_id)
    if agent is not None:
        agent.idle_since = now
        session.add(agent)
    await session.flush()
    await tell_of_task(session, What.DONE, task)


async def end_offer(
    session: AsyncSession, task: TaskRow, ending: OfferEnding, *, reason: str | None = None, now: datetime
) -> None:
    """Give the offer that stands for the task its one ending; nothing happens where none does. The task is locked."""
    query = select(OfferRow).where(OfferRow.task_id == task.id, OfferRow.fence == task.fence, col(OfferRow.ending).is_(None))
    for offer in (await session.exec(query)).all():
        offer.ending, offer.ended_at, offer.reason = ending, now, reason
        session.add(offer)
