"""How many wait on each queue: the figures desks show all the time, for many queues in one look."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import QueueRow, TaskRow, TaskState


@dataclass(frozen=True, slots=True)
class QueueCount:
    """`longest_waiting_since` is when the task that waits longest was first queued; None where none waits."""

    queue: str
    waiting: int
    longest_waiting_since: datetime | None


async def counts(session: AsyncSession, queues: Collection[str] | None) -> list[QueueCount]:
    """Return the counts of the named queues (None: all), by name; one that does not exist is left out."""
    waits = (col(TaskRow.queue) == col(QueueRow.name)) & (col(TaskRow.state) == TaskState.QUEUED)
    query = select(QueueRow.name, func.count(col(TaskRow.id)), func.min(TaskRow.queued_at)).outerjoin(TaskRow, waits)
    if queues is not None:
        query = query.where(col(QueueRow.name).in_(queues))
    rows = (await session.exec(query.group_by(QueueRow.name).order_by(QueueRow.name))).all()
    return [QueueCount(name, waiting, oldest) for name, waiting, oldest in rows]
