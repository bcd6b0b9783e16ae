"""What a queue's crew can do in a time ahead: by the shift plans, or by who is there where nobody has a plan.

This is what times offered to customers follow: `capacity` may be asked for any time ahead, another day's too.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.intervals import Interval, Intervals
from orchestrator.queueing.handling import Handling, handling_of
from orchestrator.queueing.outlook import Quarter, Shift, quarters
from orchestrator.queueing.presence import at_work
from orchestrator.queueing.shifts import Planned, planned_for
from orchestrator.queueing.tables import AgentQueueRow, AgentRow
from orchestrator.settings import Settings


class Source(StrEnum):
    """Where it is known from who will be there."""

    SHIFTS = "shifts"
    PRESENCE = "presence"  # nobody of the queue has a plan: those there now are taken to stay


@dataclass(frozen=True, slots=True)
class Capacity:
    """`quarters` of the time asked about in which the queue is open. `plans` are empty where presence was taken."""

    quarters: list[Quarter]
    handling: Handling
    source: Source
    plans: list[Planned]


async def capacity(session: AsyncSession, queue: str, opening: Intervals, *, now: datetime, settings: Settings) -> Capacity:
    """Return what the queue's agents can do in `opening`, the times (aware UTC) ahead in which it is open."""
    handling = await handling_of(session, queue, now=now, default=settings.handling_time)
    plans = await planned_for(session, queue)
    if plans:
        shifts, source = [_of_plan(each, opening) for each in plans], Source.SHIFTS
    else:
        shifts, source = await _of_presence(session, queue, opening, now=now), Source.PRESENCE
    return Capacity(quarters(shifts, opening, handling=handling.mean), handling, source, plans)


def _of_plan(planned: Planned, opening: Intervals) -> Shift:
    times = planned.plan.on_duty.between(opening[0].start, opening[-1].end) if opening else ()
    return Shift(times, share=1 / max(1, len(planned.queues)))


async def _of_presence(session: AsyncSession, queue: str, opening: Intervals, *, now: datetime) -> list[Shift]:
    here = select(AgentQueueRow.agent_id).join(AgentRow, col(AgentRow.id) == col(AgentQueueRow.agent_id))
    here = here.where(AgentQueueRow.queue == queue, at_work(now))
    served = select(AgentQueueRow.agent_id).where(col(AgentQueueRow.agent_id).in_(here))
    numbers: dict[object, int] = {}
    for agent in (await session.exec(served)).all():
        numbers[agent] = numbers.get(agent, 0) + 1
    times = (Interval(opening[0].start, opening[-1].end),) if opening else ()
    return [Shift(times, share=1 / number) for number in numbers.values()]
