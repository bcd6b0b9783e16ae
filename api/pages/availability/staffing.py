"""Staffing of the console: who is planned and who is there, what still fits today, and each agent's shift plan."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendars import AVAILABILITY
from api.pages.availability.staffing_chart import staffing_chart
from api.pages.console.now import Watching
from api.pages.frame import page
from api.pages.people import Role, Viewer
from api.transactions import Repeatable
from orchestrator.queueing.floor import parsed
from orchestrator.queueing.forecast import Forecast, forecast
from orchestrator.queueing.hours import calendar_named
from orchestrator.queueing.queues import queue_names
from orchestrator.queueing.shifts import all_shifts, without_shifts
from orchestrator.queueing.tasks import NoSuchQueue

STAFFING = f"{AVAILABILITY}/staffing"
router = APIRouter(prefix=STAFFING, route_class=Repeatable)

Line = Annotated[str, Form(max_length=400)]
Lines = Annotated[str, Form(max_length=20_000)]
_MONDAY_FIRST = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as Babel counts days


@router.get("")
async def show_staffing(
    request: Request,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    queue: str | None = None,
) -> Response:
    now, queues = await database.clock.now(session), await queue_names(session)
    if queue is not None and queue not in queues:
        raise NoSuchQueue("there is no such queue")
    shown = queue or next(iter(queues), None)
    known = None if shown is None else await forecast(session, shown, now=now, settings=settings)
    return page(
        request,
        "availability/staffing.html",
        viewer=viewer,
        queues=queues,
        known=known,
        chart=None if known is None else staffing_chart(known.prospects),
        zone=viewer.zone if known is None else await _zone(session, known, viewer),
        plans=await all_shifts(session),
        unplanned=await without_shifts(session),
        at=now,
        may_change=viewer.may(Role.SUPERVISOR),
    )


async def _zone(session: Session, known: Forecast, viewer: Viewer) -> str:
    """Return the zone of the queue's hours, the reader's own where it keeps none."""
    calendar = known.standing.queue.calendar
    return viewer.zone if calendar is None else parsed((await calendar_named(session, calendar)).document).document.zone
