"""Queues: how supervisors arrange them, and how they stand."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field, StringConstraints

from api.dependencies import Now, Session, SettingsDep, Staff, Supervisor, idempotent
from api.forecast_views import ForecastView
from api.schemas import Body, Text, View
from api.transactions import Transactional
from orchestrator.detection.documents import Duration, Pause
from orchestrator.queueing.forecast import forecast
from orchestrator.queueing.queues import Arrangement, QueueStanding, arrange_queue, standing, standings

router = APIRouter(prefix="/v1/queues", tags=["queues"], route_class=Transactional, dependencies=[Depends(idempotent)])

Skill = Annotated[Text, StringConstraints(min_length=1, max_length=64)]


class QueueBody(Body):
    """What is left out takes its default: no calendar means always open, no pace means none.

    A callback whose rule says nothing else is due `callback_within` its request, and never past closing; asked for less
    than `callback_cutoff` before closing, it is due as long after the next opening. The forecast says how many agents begin
    `service_percent` of a hundred callbacks `service_within` so long: 80 within 5 minutes where nothing else is said.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"calendar": "weekdays", "pace_per_minute": 30, "callback_within": "3h", "callback_cutoff": "2h"}]
        }
    )

    calendar: str | None = None
    skills: Annotated[tuple[Skill, ...], Field(max_length=50)] = ()
    caller_id: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    pace_per_minute: Annotated[int, Field(ge=1, le=100_000)] | None = None
    callback_within: Duration | None = None
    callback_cutoff: Pause | None = None
    service_percent: Annotated[int, Field(ge=50, le=99)] | None = None
    service_within: Duration | None = None
    outcomes: Annotated[tuple[Skill, ...], Field(max_length=50)] = ()


class QueueView(View):
    """`longest_waiting_since` is when the task that waits longest was first queued."""

    name: str
    calendar: str | None
    skills: list[str]
    caller_id: str | None
    pace_per_minute: int | None
    callback_within: Duration | None
    callback_cutoff: Pause | None
    service_percent: int | None
    service_within: Duration | None
    outcomes: list[str]
    is_open: bool
    opens_at: datetime | None
    switched_off: bool
    waiting: int
    in_hand: int
    longest_waiting_since: datetime | None
    agents_on_duty: int
    agents_free: int

    @classmethod
    def of(cls, known: QueueStanding) -> "QueueView":
        queue = known.queue
        return cls(
            name=queue.name,
            calendar=queue.calendar,
            skills=queue.skills,
            caller_id=queue.caller_id,
            pace_per_minute=queue.pace_per_minute,
            callback_within=queue.callback_within,
            callback_cutoff=queue.callback_cutoff,
            service_percent=queue.service_percent,
            service_within=queue.service_within,
            outcomes=queue.outcomes,
            is_open=known.now.is_open,
            opens_at=known.now.opens_at,
            switched_off=known.now.switched_off,
            waiting=known.waiting,
            in_hand=known.in_hand,
            longest_waiting_since=known.oldest,
            agents_on_duty=known.on_duty,
            agents_free=known.free,
        )


@router.get("", summary="All queues and how they stand")
async def list_queues(_: Staff, session: Session, now: Now) -> list[QueueView]:
    return [QueueView.of(each) for each in await standings(session, None, now=now)]


@router.get("/{name}", summary="One queue and how it stands")
async def get_queue(name: str, _: Staff, session: Session, now: Now) -> QueueView:
    return QueueView.of(await standing(session, name, now=now))


@router.get("/{name}/forecast", summary="A queue until it closes: agents, open tasks, capacity and forecast wait")
async def get_forecast(name: str, _: Supervisor, session: Session, now: Now, settings: SettingsDep) -> ForecastView:
    return ForecastView.of(await forecast(session, name, now=now, settings=settings))


@router.put("/{name}", summary="Make a queue, or arrange it anew; in force at once")
async def put_queue(name: str, body: QueueBody, by: Supervisor, session: Session, now: Now, settings: SettingsDep) -> QueueView:
    arrangement = Arrangement(
        calendar=body.calendar,
        skills=body.skills,
        caller_id=body.caller_id,
        pace_per_minute=body.pace_per_minute,
        callback_within=body.callback_within,
        callback_cutoff=body.callback_cutoff,
        service_percent=body.service_percent,
        service_within=body.service_within,
        outcomes=body.outcomes,
    )
    await arrange_queue(session, name, arrangement, who=by.who, now=now, settings=settings)
    return QueueView.of(await standing(session, name, now=now))
