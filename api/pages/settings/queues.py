"""Queues on the console's settings: made, arranged anew, and removed where nothing stands on them."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.console.now import Supervising
from api.pages.desk import outcome_words
from api.pages.frame import page
from api.pages.people import ProtectedForm, Viewer
from api.pages.settings.queue_form import QueueForm
from api.pages.settings.words import HOLDS, QUEUE_FAULTS, QUEUE_FIELDS, faults_of
from api.transactions import Repeatable
from orchestrator.availability.tables import CalendarRow
from orchestrator.errors import BadInput, Faults
from orchestrator.escalations.sub_dispositions import CHOICES
from orchestrator.queueing.queues import QueueStanding, arrange_queue, check_arrangement, standings
from orchestrator.queueing.removal import QueueInUse, holds, remove_queue
from orchestrator.queueing.tasks import NoSuchQueue

_PAIRS = tuple(outcome.split("/") for outcome in CHOICES)
OUTCOMES = {disposition: [sub for its, sub in _PAIRS if its == disposition] for disposition, _sub in _PAIRS}
QUEUES = "/console/settings/queues"
router = APIRouter(prefix=QUEUES, route_class=Repeatable)

Line = Annotated[str, Form(max_length=4000)]


@router.get("")
async def show_queues(request: Request, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    return await _list(request, viewer, session, await database.clock.now(session))


@router.post("", dependencies=[ProtectedForm])
async def add_queue(
    request: Request,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    name: Line = "",
    calendar: Line = "",
    skills: Line = "",
    caller_id: Line = "",
    pace: Line = "",
    within: Line = "",
    cutoff: Line = "",
    percent: Line = "",
    begun: Line = "",
    outcome: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    form, now = (
        QueueForm(name.strip(), calendar, skills, caller_id, pace, outcome, within, cutoff, percent, begun),
        await database.clock.now(session),
    )
    try:
        await _check_new(session, form, now)
        await arrange_queue(session, form.name, form.arrangement(), who=viewer, now=now, settings=settings)
    except BadInput as refused:  # told beside the fields, with all that was typed
        return await _list(request, viewer, session, now, form=form, refused=refused)
    return RedirectResponse(QUEUES, 303)


@router.get("/{queue}")
async def show_queue(request: Request, queue: str, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    known = await _known(session, queue, await database.clock.now(session))
    return await _one(request, viewer, session, QueueForm.of(known))


@router.post("/{queue}", dependencies=[ProtectedForm])
async def change_queue(
    request: Request,
    queue: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    calendar: Line = "",
    skills: Line = "",
    caller_id: Line = "",
    pace: Line = "",
    within: Line = "",
    cutoff: Line = "",
    percent: Line = "",
    begun: Line = "",
    outcome: Annotated[tuple[str, ...], Form()] = (),
) -> Response:
    now = await database.clock.now(session)
    known = QueueForm.of(await _known(session, queue, now))
    typed = {"calendar": calendar, "skills": skills, "caller_id": caller_id, "pace": pace, "within": within, "cutoff": cutoff}
    form = replace(known, **typed, percent=percent, begun=begun, outcomes=outcome)
    try:
        await arrange_queue(session, queue, form.arrangement(), who=viewer, now=now, settings=settings)
    except BadInput as unfit:
        return await _one(request, viewer, session, form, status=422, faults=faults_of(unfit, QUEUE_FAULTS, QUEUE_FIELDS))
    return RedirectResponse(QUEUES, 303)


@router.post("/{queue}/removal", dependencies=[ProtectedForm])
async def remove(
    request: Request,
    queue: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    confirmed: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    form = QueueForm.of(await _known(session, queue, await database.clock.now(session)))
    if confirmed != "yes":
        return await _one(request, viewer, session, form, asked=True)
    try:
        await remove_queue(session, queue, who=viewer, clock=database.clock)
    except QueueInUse:  # the page says by what
        return await _one(request, viewer, session, form, status=409, refused=True)
    return RedirectResponse(QUEUES, 303)


async def _known(session: AsyncSession, name: str, now: datetime) -> QueueStanding:
    for each in await standings(session, None, now=now):
        if each.queue.name == name:
            return each
    raise NoSuchQueue("there is no such queue")


async def _calendars(session: AsyncSession) -> list[tuple[str, str]]:
    query = select(CalendarRow.name).where(col(CalendarRow.retired_at).is_(None)).order_by(CalendarRow.name)
    return [(name, name) for name in (await session.exec(query)).all()]


async def _check_new(session: AsyncSession, form: QueueForm, now: datetime) -> None:
    faults = Faults()
    with faults:
        if form.name in {each.queue.name for each in await standings(session, None, now=now)}:
            raise BadInput("there is a queue of this name", field="taken", fix="choose another name")
    with faults:
        await check_arrangement(session, form.name, form.arrangement())
    faults.settle()


async def _list(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    now: datetime,
    *,
    form: QueueForm | None = None,
    refused: BadInput | None = None,
) -> Response:
    return page(
        request,
        "settings/queues.html",
        viewer=viewer,
        status=422 if refused else 200,
        queues=await standings(session, None, now=now),
        form=form or QueueForm(),
        calendars=await _calendars(session),
        faults=faults_of(refused, QUEUE_FAULTS, QUEUE_FIELDS),
        outcomes=OUTCOMES,
        outcome_words=outcome_words,
    )


async def _one(
    request: Request, viewer: Viewer, session: AsyncSession, form: QueueForm, *, status: int = 200, **told: Any
) -> Response:
    return page(
        request,
        "settings/queue.html",
        viewer=viewer,
        status=status,
        form=form,
        calendars=await _calendars(session),
        held=await holds(session, form.name),
        words=HOLDS,
        outcomes=OUTCOMES,
        outcome_words=outcome_words,
        **{"faults": {}, "asked": False, "refused": False, **told},
    )
