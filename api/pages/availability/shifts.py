"""An agent's shift plan on the console: seen, changed and removed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session
from api.pages.availability.shift_form import NOT_SERVED, ShiftForm
from api.pages.availability.staffing import STAFFING
from api.pages.console.now import Supervising
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm, Viewer
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.queueing.presence import NoSuchAgent
from orchestrator.queueing.roster import queues_of_agent
from orchestrator.queueing.seen import Seen
from orchestrator.queueing.shift_plans import DAYS, written
from orchestrator.queueing.shifts import NoSuchShifts, Planned, ShiftsStale, remove_shifts, save_shifts, shifts_of, tag_of
from orchestrator.queueing.tables import AgentRow

router = APIRouter(prefix=STAFFING, route_class=Repeatable)

Line = Annotated[str, Form(max_length=400)]
Lines = Annotated[str, Form(max_length=20_000)]
_MONDAY_FIRST = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")  # as Babel counts days


@router.get("/{agent_id}")
async def show_shifts(request: Request, agent_id: UUID, viewer: Supervising, session: Session) -> Response:
    agent = await _agent(session, agent_id)
    known = await _plan(session, agent)
    form = ShiftForm(viewer.zone, {}, "") if known is None else ShiftForm.of(known.plan.document)
    return await _form(request, viewer, session, agent, form)


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
    queue: Annotated[tuple[str, ...], Form()] = (),
    seen: Line = "",
) -> Response:
    agent = await _agent(session, agent_id)
    form = ShiftForm(timezone, dict(zip(DAYS, (sun, mon, tue, wed, thu, fri, sat), strict=True)), dates, queue)
    document, faults = form.read(agent.name)
    if document is None:
        return await _form(request, viewer, session, agent, form, faults)
    now = await database.clock.now(session)
    try:
        text, tag = written(document).encode(), Seen(seen or None, absent=not seen)
        await save_shifts(session, agent.name, text, who=viewer, now=now, seen=tag)
    except ShiftsStale as stale:
        return await _form(request, viewer, session, agent, form, stale=stale)
    except BadInput:  # all else was read already: they do not serve one of the queues any more
        return await _form(request, viewer, session, agent, form, {"queues": NOT_SERVED})
    return RedirectResponse(STAFFING, 303)


@router.post("/{agent_id}/removal", dependencies=[ProtectedForm])
async def remove_plan(
    request: Request,
    agent_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    confirmed: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    agent = await _agent(session, agent_id)
    known = await shifts_of(session, agent.name)
    if confirmed != "yes":
        return await _form(request, viewer, session, agent, ShiftForm.of(known.plan.document), asked=True)
    await remove_shifts(session, agent.name, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(STAFFING, 303)


async def _form(
    request: Request,
    viewer: Viewer,
    session: Session,
    agent: AgentRow,
    form: ShiftForm,
    faults: dict[str, str] | None = None,
    *,
    asked: bool = False,
    stale: ShiftsStale | None = None,
) -> Response:
    names = locale_of(language_of(request, viewer.locale)).days["stand-alone"]["wide"]
    known = {("timezone" if field == "zone" else field): text for field, text in (faults or {}).items()}
    told = {field: known[field] for field in ("timezone", *DAYS, "dates", "queues") if field in known}
    plan = await _plan(session, agent)
    return page(
        request,
        "availability/shifts.html",
        viewer=viewer,
        status=412 if stale else 422 if told else 200,
        agent=agent,
        form=form,
        days=[(day, str(names[_MONDAY_FIRST.index(day)])) for day in DAYS],
        served=await queues_of_agent(session, agent.id),
        tag="" if plan is None else tag_of(plan.row),
        asked=asked,
        stale=None if stale is None else stale.difference,
        faults=told,
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
