"""The calendars of the console: which there are, and how each stands now."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, Session
from api.pages.console.now import Watching
from api.pages.frame import page
from api.transactions import Repeatable
from orchestrator.queueing.calendar_list import calendar_standings

AVAILABILITY = "/console/availability"
router = APIRouter(prefix=AVAILABILITY, route_class=Repeatable)


@router.get("")
async def show_calendars(request: Request, viewer: Watching, session: Session, database: DatabaseDep) -> Response:
    now = await database.clock.now(session)
    calendars = await calendar_standings(session, now=now)
    return page(request, "availability/calendars.html", viewer=viewer, calendars=calendars, at=now)
