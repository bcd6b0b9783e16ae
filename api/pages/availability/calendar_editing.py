"""A calendar's hours on the console, as a form and as YAML."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendar_forms import FAULTS, WeekForm, field_of
from api.pages.availability.calendar_page import CALENDARS, Line, standing_of
from api.pages.availability.calendar_view import weekday_names
from api.pages.console.now import Supervising
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm, Viewer
from api.transactions import Repeatable
from orchestrator.availability.calendar_text import WEEKDAYS, with_holidays, with_week
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_list import CalendarStanding
from orchestrator.queueing.calendar_versions import CalendarStale, tag_of
from orchestrator.queueing.hours import save_calendar
from orchestrator.queueing.seen import Seen

router = APIRouter(prefix=CALENDARS, route_class=Repeatable)

Whole = Annotated[str, Form(max_length=300_000)]


@router.get("/{calendar}/hours")
async def show_hours(request: Request, calendar: str, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    known = await standing_of(session, calendar, await database.clock.now(session))
    return hours_page(request, viewer, known)


@router.post("/{calendar}/hours", dependencies=[ProtectedForm])
async def change_hours(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    sun: Line = "",
    mon: Line = "",
    tue: Line = "",
    wed: Line = "",
    thu: Line = "",
    fri: Line = "",
    sat: Line = "",
    country: Line = "",
    subdivision: Line = "",
    eves: Line = "",
    seen: Line = "",
) -> Response:
    now = await database.clock.now(session)
    known = await standing_of(session, calendar, now)
    typed = dict(zip(WEEKDAYS, (sun, mon, tue, wed, thu, fri, sat), strict=True))
    form = WeekForm(typed, known.zone, country, subdivision, eves)
    try:
        text = with_holidays(with_week(known.row.document, form.week()), form.holidays())
        tag = Seen(seen)
        await save_calendar(session, calendar, text.encode(), seen=tag, who=viewer, now=now, settings=settings)
    except BadInput as refused:
        return hours_page(request, viewer, known, form=form, status=422, refused=refused)
    except CalendarStale as stale:
        return hours_page(request, viewer, known, form=form, status=412, stale=stale.difference)
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)


@router.post("/{calendar}/document", dependencies=[ProtectedForm])
async def change_document(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    document: Whole = "",
    seen: Line = "",
    reason: Line = "",
) -> Response:
    now = await database.clock.now(session)
    known, why = await standing_of(session, calendar, now), reason.strip()[:200] or None
    text = document.replace("\r\n", "\n")
    try:
        tag = Seen(seen)
        await save_calendar(session, calendar, text.encode(), seen=tag, who=viewer, now=now, settings=settings, reason=why)
    except BadInput as refused:
        return hours_page(request, viewer, known, document=text, status=422, detail=str(refused))
    except CalendarStale as stale:
        return hours_page(request, viewer, known, document=text, status=412, stale=stale.difference)
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)


def hours_page(
    request: Request,
    viewer: Viewer,
    known: CalendarStanding,
    *,
    form: WeekForm | None = None,
    document: str | None = None,
    status: int = 200,
    refused: BadInput | None = None,
    **told: Any,
) -> Response:
    """Return the page of a calendar's hours, with what did not fit of a form, its YAML or a file."""
    locale = locale_of(language_of(request, viewer.locale))
    fault = None if refused is None else field_of(refused)
    return page(
        request,
        "availability/hours.html",
        viewer=viewer,
        status=status,
        known=known,
        form=form or WeekForm.of(known.calendar),
        document=known.row.document if document is None else document,
        days=list(zip(WEEKDAYS, weekday_names(locale, "wide"), strict=True)),
        tag=tag_of(known.row),
        words=FAULTS,
        **{"stale": None, "detail": None, "ics_detail": None, "opens": "", "fault": fault, **told},
    )
