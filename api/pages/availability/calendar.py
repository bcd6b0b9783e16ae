"""One calendar on the console: its week and its year, and dates of its own."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendar_forms import DayForm, typed_date
from api.pages.availability.calendar_page import CALENDARS, Line, calendar_page, standing_of
from api.pages.console.now import Supervising, Watching
from api.pages.people import ProtectedForm
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_list import CalendarStanding
from orchestrator.queueing.calendar_versions import CalendarStale
from orchestrator.queueing.hours import save_calendar
from orchestrator.queueing.seen import Seen

router = APIRouter(prefix=CALENDARS, route_class=Repeatable)

Asked = Annotated[str, Query(max_length=10)]


@router.get("/{calendar}")
async def show_calendar(
    request: Request,
    calendar: str,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    day: Asked = "",
    year: Asked = "",
) -> Response:
    now = await database.clock.now(session)
    known = await standing_of(session, calendar, now)
    chosen = _asked(day)
    form = DayForm() if chosen is None else _of_day(known, chosen)
    return calendar_page(request, viewer, known, now, chosen=chosen, year=year, form=form)


@router.post("/{calendar}/days", dependencies=[ProtectedForm])
async def change_day(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    day: Line = "",
    kind: Line = "",
    hours: Line = "",
    reason: Line = "",
    seen: Line = "",
) -> Response:
    now, form = await database.clock.now(session), DayForm(day.strip(), kind, hours, reason)
    known = await standing_of(session, calendar, now)
    try:
        text, why = form.applied(known.row.document).encode(), f"{form.day}: {form.reason.strip()}"
        tag = Seen(seen)
        await save_calendar(session, calendar, text, seen=tag, who=viewer, now=now, settings=settings, reason=why)
    except BadInput as refused:
        return calendar_page(request, viewer, known, now, chosen=_asked(form.day), form=form, status=422, refused=refused)
    except CalendarStale:
        return calendar_page(request, viewer, known, now, chosen=_asked(form.day), form=form, status=412, stale=True)
    return RedirectResponse(f"{CALENDARS}/{calendar}?day={form.day}", 303)


def _asked(text: str) -> date | None:
    try:
        return typed_date(text)
    except BadInput:
        return None


def _of_day(known: CalendarStanding, day: date) -> DayForm:
    own = known.calendar.document.days.get(day)
    if own is None:
        return DayForm(day.isoformat(), "closed", "")
    return DayForm(day.isoformat(), "hours" if own else "closed", ", ".join(own))
