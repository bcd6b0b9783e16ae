"""What the staff of a queue can take: agents who serve it, for the hours its calendar is open."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import read_calendar
from orchestrator.availability.tables import CalendarRow
from orchestrator.queueing.tables import AgentQueueRow, QueueRow

Staff = Callable[[datetime, datetime], float]  # agent hours between two instants
_HOUR = timedelta(hours=1)


async def staff_of(session: AsyncSession, queue: str | None) -> Staff | None:
    """Return the agent hours a queue has; None where there is no such queue. Without a calendar it is always open."""
    row = await session.get(QueueRow, queue) if queue is not None else None
    if row is None:
        return None
    serving = select(func.count()).select_from(AgentQueueRow).where(AgentQueueRow.queue == row.name)
    agents = (await session.exec(serving)).one()
    calendar = await session.get(CalendarRow, row.calendar) if row.calendar is not None else None
    times = read_calendar(calendar.document.encode()).open_times() if calendar is not None else None

    def hours(since: datetime, until: datetime) -> float:
        if times is None:
            return agents * ((until - since) / _HOUR)
        opened = sum((each.end - each.start for each in times.between(since, until)), timedelta(0))
        return agents * (opened / _HOUR)

    return hours
