"""Emergency closes of a calendar on the console: closed now, and opened again."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendar_forms import typed_end
from api.pages.availability.calendar_page import CALENDARS, Line, calendar_page, standing_of
from api.pages.console.now import Supervising
from api.pages.people import ProtectedForm
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.queueing.hours import close_calendar, end_closure

router = APIRouter(prefix=CALENDARS, route_class=Repeatable)


@router.post("/{calendar}/closures", dependencies=[ProtectedForm])
async def close_now(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    because: Line = "",
    until: Line = "",
) -> Response:
    now = await database.clock.now(session)
    known, reason = await standing_of(session, calendar, now), because.strip()
    try:
        if not 0 < len(reason) <= 200:
            raise BadInput("there is no such reason", field="because")
        ends = typed_end(until, known.zone, now=now)
    except BadInput as refused:
        typed = {"because": because, "until": until}
        return calendar_page(request, viewer, known, now, status=422, close=typed, close_fault=refused.field)
    await close_calendar(
        session,
        calendar,
        starts_at=None,
        ends_at=ends,
        reason=reason,
        author=viewer.login,
        who=viewer,
        now=now,
        settings=settings,
    )
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)


@router.post("/{calendar}/closures/{closure_id}/end", dependencies=[ProtectedForm])
async def open_again(
    calendar: str, closure_id: UUID, viewer: Supervising, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    now = await database.clock.now(session)
    await end_closure(session, calendar, closure_id, who=viewer, now=now, settings=settings)
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)
