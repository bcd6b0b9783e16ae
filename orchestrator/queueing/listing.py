"""Lists of tasks for people to look at, page by page, in the order they were queued."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import AgentQueueRow, TaskRow, TaskState
from orchestrator.queueing.tasks import OVER, NoSuchTask


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks: `agent_id` narrows to that agent's own and those of their queues; no states: those that are not over."""

    agent_id: UUID | None = None
    queue: str | None = None
    states: Collection[TaskState] = ()
    after: tuple[datetime, UUID] | None = None
    limit: int = 50


async def tasks_wanted(session: AsyncSession, wanted: Wanted) -> Sequence[TaskRow]:
    """Return up to `limit` tasks after the place named, by (queued_at, id)."""
    states = wanted.states or [state for state in TaskState if state not in OVER]
    query = select(TaskRow).where(col(TaskRow.state).in_(states))
    if wanted.queue is not None:
        query = query.where(TaskRow.queue == wanted.queue)
    if wanted.agent_id is not None:
        queues = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == wanted.agent_id)
        query = query.where(or_(col(TaskRow.agent_id) == wanted.agent_id, col(TaskRow.queue).in_(queues)))
    if wanted.after is not None:
        query = query.where(tuple_(col(TaskRow.queued_at), col(TaskRow.id)) > wanted.after)
    return (await session.exec(query.order_by(col(TaskRow.queued_at), col(TaskRow.id)).limit(wanted.limit))).all()


async def task_for(session: AsyncSession, task_id: UUID, *, agent_id: UUID | None) -> TaskRow:
    """Return a task that the agent may look at: their own or one of their queues'; None may see all. Raises `NoSuchTask`."""
    task = await session.get(TaskRow, task_id)
    if task is not None and (agent_id is None or task.agent_id == agent_id or await _serves(session, agent_id, task)):
        return task
    raise NoSuchTask(f"no task {task_id}")


async def _serves(session: AsyncSession, agent_id: UUID, task: TaskRow) -> bool:
    query = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent_id, AgentQueueRow.queue == task.queue)
    return (await session.exec(query)).first() is not None
