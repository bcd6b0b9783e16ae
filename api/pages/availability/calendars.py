"""The calendars of the console: which there are, how each stands now, and new ones."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendar_forms import FAULTS, field_of
from api.pages.availability.calendar_page import CALENDARS, Line
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.people import ProtectedForm, Role, Viewer
from api.transactions import Repeatable
from orchestrator.detection.editing.scalars import written
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_list import calendar_standings
from orchestrator.queueing.calendar_versions import CalendarStale
from orchestrator.queueing.hours import save_calendar
from orchestrator.queueing.seen import Seen

AVAILABILITY = "/console/availability"
router = APIRouter(prefix=AVAILABILITY, route_class=Repeatable)


@router.get("")
async def show_calendars(request: Request, viewer: Watching, session: Session, database: DatabaseDep) -> Response:
    return await _page(request, viewer, session, await database.clock.now(session))


@router.post("/calendars", dependencies=[ProtectedForm])
async def add_calendar(
    request: Request,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    name: Line = "",
    zone: Line = "",
) -> Response:
    """Make a calendar that is closed all week; the page of its hours comes next."""
    now, name, zone = await database.clock.now(session), name.strip(), zone.strip()
    document = f"calendar: {written(name)}\nzone: {written(zone)}\n".encode()
    typed = {"name": name, "zone": zone}
    try:
        await save_calendar(session, name, document, seen=Seen(absent=True), who=viewer, now=now, settings=settings)
    except BadInput as refused:
        return await _page(request, viewer, session, now, status=422, typed=typed, fault=field_of(refused))
    except CalendarStale:
        return await _page(request, viewer, session, now, status=422, typed=typed, fault="name")
    return RedirectResponse(f"{CALENDARS}/{name}/hours", 303)


async def _page(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    now: datetime,
    *,
    status: int = 200,
    typed: dict[str, str] | None = None,
    fault: str | None = None,
) -> Response:
    return page(
        request,
        "availability/calendars.html",
        viewer=viewer,
        status=status,
        calendars=sorted(
            await calendar_standings(session, now=now), key=lambda each: not each.shut
        ),  # what is shut stands first
        at=now,
        typed=typed or {"name": "", "zone": viewer.zone},
        faults={} if fault is None else {fault: FAULTS[fault]},
        may_change=viewer.may(Role.SUPERVISOR, Role.ADMIN),
    )
