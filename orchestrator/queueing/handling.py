"""How long a task of a queue keeps its agent, measured from those that were finished of late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import TaskRow, TaskState

LOOKED_BACK = timedelta(days=28)
FEWEST, MOST = 20, 500  # fewer say nothing yet; more change nothing


@dataclass(frozen=True, slots=True)
class Handling:
    """`mean` from an agent's accepting to the end of the wrap-up. `measured_on` so many tasks; 0: it is the default."""

    mean: timedelta
    measured_on: int


async def handling_of(session: AsyncSession, queue: str, *, now: datetime, default: timedelta) -> Handling:
    """Return the mean of the queue's newest finished tasks, 500 at most, of the last 28 days; of fewer than 20 the default."""
    took = (col(TaskRow.ended_at) - col(TaskRow.accepted_at)).label("took")
    done = (
        select(took)
        .where(TaskRow.queue == queue, TaskRow.state == TaskState.DONE, col(TaskRow.accepted_at).is_not(None))
        .where(col(TaskRow.ended_at) > now - LOOKED_BACK, col(TaskRow.ended_at) <= now)
        .order_by(col(TaskRow.ended_at).desc())
        .limit(MOST)
        .subquery()
    )
    number, mean = (await session.exec(select(func.count(), func.avg(done.c.took)).select_from(done))).one()
    return Handling(mean, number) if number >= FEWEST and mean else Handling(default, 0)
