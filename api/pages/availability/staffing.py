"""Staffing of the console: who is planned and who is there, what still fits today, and each agent's shift plan."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendars import AVAILABILITY
from api.pages.availability.shift_form import ShiftForm
from api.pages.availability.staffing_chart import staffing_chart
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm, Role, Viewer
from api.transactions import Repeatable
from orchestrator.queueing.floor import parsed
from orchestrator.queueing.forecast import Forecast, forecast
from orchestrator.queueing.hours import calendar_named
from orchestrator.queueing.presence import NoSuchAgent
from orchestrator.queueing.queues import queue_names
from orchestrator.queueing.shift_plans import DAYS, written
from orchestrator.queueing.shifts import NoSuchShifts, Planned, all_shifts, save_shifts, shifts_of, without_shifts
from orchestrator.queueing.tables import AgentRow
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


@router.get("/{agent_id}")
async def show_shifts(request: Request, agent_id: UUID, viewer: Supervising, session: Session) -> Response:
    agent = await _agent(session, agent_id)
    known = await _plan(session, agent)
    form = ShiftForm(viewer.zone, {}, "") if known is None else ShiftForm.of(known.plan.document)
    return _form(request, viewer, agent, form)


@router.post("/{agent_id}", dependencies=[ProtectedForm])
async def change_shifts(
    request: Request,
    agent_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    timezone: Line = "",
    sun: Line = "",
    mon: Line = "",
    tue: Line = "",
    wed: Line = "",
    thu: Line = "",
    fri: Line = "",
    sat: Line = "",
    dates: Lines = "",
) -> Response:
    agent = await _agent(session, agent_id)
    form = ShiftForm(timezone, dict(zip(DAYS, (sun, mon, tue, wed, thu, fri, sat), strict=True)), dates)
    known = await _plan(session, agent)
    document, faults = form.read(agent.name, queues=None if known is None else known.plan.document.queues)
    if document is None:
        return _form(request, viewer, agent, form, faults)
    now = await database.clock.now(session)
    await save_shifts(session, agent.name, written(document).encode(), who=viewer, now=now)
    return RedirectResponse(STAFFING, 303)


def _form(request: Request, viewer: Viewer, agent: AgentRow, form: ShiftForm, faults: dict[str, str] | None = None) -> Response:
    names = locale_of(language_of(request, viewer.locale)).days["stand-alone"]["wide"]
    days = [(day, str(names[_MONDAY_FIRST.index(day)])) for day in DAYS]
    known = {("timezone" if field == "zone" else field): text for field, text in (faults or {}).items()}
    told = {field: known[field] for field in ("timezone", *DAYS, "dates") if field in known}
    status = 422 if told else 200
    return page(
        request, "availability/shifts.html", viewer=viewer, status=status, agent=agent, form=form, days=days, faults=told
    )


async def _agent(session: Session, agent_id: UUID) -> AgentRow:
    agent = await session.get(AgentRow, agent_id)
    if agent is None:
        raise NoSuchAgent("there is no such agent")
    return agent


async def _plan(session: Session, agent: AgentRow) -> Planned | None:
    try:
        return await shifts_of(session, agent.name)
    except NoSuchShifts:
        return None


async def _zone(session: Session, known: Forecast, viewer: Viewer) -> str:
    """Return the zone of the queue's hours, the reader's own where it keeps none."""
    calendar = known.standing.queue.calendar
    return viewer.zone if calendar is None else parsed((await calendar_named(session, calendar)).document).document.zone
