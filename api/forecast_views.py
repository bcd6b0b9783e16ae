"""A queue's forecast as the API shows it."""

from datetime import datetime, timedelta

from api.schemas import View
from orchestrator.queueing.capacity import Source
from orchestrator.queueing.forecast import Forecast
from orchestrator.queueing.outlook import Prospect


class QuarterView(View):
    """`agents`: the time of those planned for this queue, as if all were there throughout. `wait` null: not before closing."""

    start: datetime
    end: datetime
    agents_planned: int
    agents: float
    agents_needed: int
    expected_arrivals: float
    open_tasks: float
    capacity: float
    wait: timedelta | None

    @classmethod
    def of(cls, known: Prospect) -> "QuarterView":
        return cls(
            start=known.quarter.start,
            end=known.quarter.end,
            agents_planned=known.quarter.planned,
            agents=round(known.quarter.agents, 2),
            agents_needed=known.needed,
            expected_arrivals=round(known.arrivals, 2),
            open_tasks=round(known.open, 2),
            capacity=round(known.quarter.capacity, 2),
            wait=known.wait,
        )


class ServiceLevel(View):
    """What `agents_needed` keeps: `share` of callbacks begun `within` so long."""

    share: float
    within: timedelta


class ForecastView(View):
    """`fit` callbacks are finished before `closes_at` (null: always open, the next 24 hours), `room` beyond the open ones.

    `source`: `shifts`, or `presence` where nobody of the queue has a shift plan. `handling_measured_on` 0: the default time.
    """

    queue: str
    at: datetime
    is_open: bool
    closes_at: datetime | None
    source: Source
    agents_planned: int
    agents_on_duty: int
    absent: list[str]
    unplanned: list[str]
    waiting: int
    in_hand: int
    handling_time: timedelta
    handling_measured_on: int
    fit: int
    room: int
    wait: timedelta | None
    service_level: ServiceLevel
    quarters: list[QuarterView]

    @classmethod
    def of(cls, known: Forecast) -> "ForecastView":
        here = known.standing
        return cls(
            queue=here.queue.name,
            at=known.at,
            is_open=here.now.is_open,
            closes_at=known.closes_at,
            source=known.source,
            agents_planned=known.planned_now,
            agents_on_duty=here.on_duty,
            absent=list(known.absent),
            unplanned=list(known.unplanned),
            waiting=here.waiting,
            in_hand=here.in_hand,
            handling_time=known.handling.mean,
            handling_measured_on=known.handling.measured_on,
            fit=known.fit,
            room=known.room,
            wait=known.wait,
            service_level=ServiceLevel(share=known.level.share, within=known.level.within),
            quarters=[QuarterView.of(each) for each in known.prospects],
        )
