"""Retiring a calendar that no queue keeps to: its own page says what that means, and asks."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session
from api.pages.availability.calendar_page import CALENDARS, Line, standing_of
from api.pages.console.now import Supervising
from api.pages.frame import page
from api.pages.people import ProtectedForm, Viewer
from api.transactions import Repeatable
from orchestrator.queueing.calendar_list import CalendarStanding
from orchestrator.queueing.calendar_versions import CalendarStale, tag_of
from orchestrator.queueing.hours import CalendarInUse, retire_calendar
from orchestrator.queueing.seen import Seen

router = APIRouter(prefix=CALENDARS, route_class=Repeatable)


@router.get("/{calendar}/retirement")
async def ask_to_retire(
    request: Request, calendar: str, viewer: Supervising, session: Session, database: DatabaseDep
) -> Response:
    return _asked(request, viewer, await standing_of(session, calendar, await database.clock.now(session)))


@router.post("/{calendar}/retirement", dependencies=[ProtectedForm])
async def retire(
    request: Request, calendar: str, viewer: Supervising, session: Session, database: DatabaseDep, seen: Line = ""
) -> Response:
    now = await database.clock.now(session)
    known = await standing_of(session, calendar, now)
    try:
        await retire_calendar(session, calendar, seen=Seen(seen), who=viewer, now=now)
    except CalendarInUse:  # the page says by what
        return _asked(request, viewer, known, status=409)
    except CalendarStale:
        return _asked(request, viewer, known, status=412, is_stale=True)
    return RedirectResponse("/console/availability", 303)


def _asked(request: Request, viewer: Viewer, known: CalendarStanding, *, status: int = 200, is_stale: bool = False) -> Response:
    return page(
        request,
        "availability/retirement.html",
        viewer=viewer,
        status=status,
        known=known,
        tag=tag_of(known.row),
        is_stale=is_stale,
    )
