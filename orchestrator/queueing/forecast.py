"""A queue until it closes: who is planned and who is there, what waits, what fits, and how long a new callback would wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.intervals import Interval, Intervals
from orchestrator.escalations.opening import business_day
from orchestrator.queueing.capacity import Source, capacity
from orchestrator.queueing.handling import LOOKED_BACK, Handling
from orchestrator.queueing.outlook import QUARTER, USUAL, Prospect, Quarter, ServiceLevel, fits, prospects, quarter_of
from orchestrator.queueing.presence import at_work
from orchestrator.queueing.queues import QueueStanding, standing
from orchestrator.queueing.shifts import Planned
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, QueueRow, TaskRow
from orchestrator.settings import Settings

_ALWAYS_OPEN = timedelta(hours=24)  # how far a queue without a calendar is looked at
_WEEK, _WEEKS = timedelta(days=7), LOOKED_BACK // timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A queue from `at` (aware UTC) until `closes_at`, the last closing of its day, its next day where it is over.

    `closes_at` None: it has no calendar, and the next 24 hours are looked at. `fit` callbacks are finished until then, of which
    `room` are beyond those open now. `wait` is that of a new callback, None where it would not be begun in that time.
    `absent` are planned now and not there, `unplanned` are there by their own word alone; neither where nobody has a plan.
    """

    at: datetime
    standing: QueueStanding
    closes_at: datetime | None
    handling: Handling
    level: ServiceLevel
    source: Source
    planned_now: int
    absent: tuple[str, ...]
    unplanned: tuple[str, ...]
    prospects: tuple[Prospect, ...]
    fit: int

    @property
    def open_tasks(self) -> int:
        return self.standing.waiting + self.standing.in_hand

    @property
    def room(self) -> int:
        return max(0, self.fit - self.open_tasks)

    @property
    def wait(self) -> timedelta | None:
        if not self.prospects or self.prospects[0].wait is None:
            return None
        return self.prospects[0].quarter.start - self.at + self.prospects[0].wait


async def forecast(session: AsyncSession, queue: str, *, now: datetime, settings: Settings) -> Forecast:
    """Return what is to be expected of the queue until it closes. Raises `NoSuchQueue`."""
    here = await standing(session, queue, now=now)
    day = await business_day(session, queue, now=now)
    opening: Intervals = (Interval(now, now + _ALWAYS_OPEN),) if day is None else day
    known = await capacity(session, queue, opening, now=now, settings=settings)
    coming = await _arrivals(session, queue, known.quarters)
    level = _level(here.queue)
    on_duty, planned = await _names_on_duty(session, queue, now), _planned_now(known.plans, now)
    return Forecast(
        at=now,
        standing=here,
        closes_at=day[-1].end if day else None,
        handling=known.handling,
        level=level,
        source=known.source,
        planned_now=len(planned) if known.plans else len(on_duty),
        absent=tuple(sorted(planned - on_duty)),
        unplanned=tuple(sorted(on_duty - planned)) if known.plans else (),
        prospects=tuple(
            prospects(known.quarters, coming, open_tasks=here.waiting + here.in_hand, handling=known.handling.mean, level=level)
        ),
        fit=fits(known.quarters),
    )


def _level(queue: QueueRow) -> ServiceLevel:
    share = USUAL.share if queue.service_percent is None else queue.service_percent / 100
    return ServiceLevel(share, queue.service_within or USUAL.within)


async def _arrivals(session: AsyncSession, queue: str, known: list[Quarter]) -> dict[datetime, float]:
    """Return how many tasks came on average in the same quarter hours of the last four weeks, by the quarter ahead."""
    if not known:
        return {}
    first, last = quarter_of(known[0].start), known[-1].end
    weeks = [((first - back * _WEEK), (last - back * _WEEK)) for back in range(1, _WEEKS + 1)]
    slot = func.date_bin(QUARTER, TaskRow.queued_at, literal(first))
    query = select(slot, func.count()).where(TaskRow.queue == queue).group_by(slot)
    query = query.where(or_(*((col(TaskRow.queued_at) >= start) & (col(TaskRow.queued_at) < end) for start, end in weeks)))
    found: dict[datetime, float] = {}
    for at, number in (await session.exec(query)).all():
        ahead = at + -(-(first - at) // _WEEK) * _WEEK
        found[ahead] = found.get(ahead, 0.0) + number / _WEEKS
    return found


def _planned_now(plans: list[Planned], now: datetime) -> set[str]:
    return {each.agent.name for each in plans if each.plan.on_duty.open_at(now)}


async def _names_on_duty(session: AsyncSession, queue: str, now: datetime) -> set[str]:
    query = select(AgentRow.name).join(AgentQueueRow, col(AgentQueueRow.agent_id) == col(AgentRow.id))
    return set((await session.exec(query.where(AgentQueueRow.queue == queue, at_work(now)))).all())
