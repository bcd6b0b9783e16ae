"""A calendar's hours as a form and as YAML, its .ics files, its versions, and a new one."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendar import CALENDARS, Line, standing_of
from api.pages.availability.calendar_forms import FAULTS, WeekForm, field_of
from api.pages.availability.calendar_view import shown, weekday_names
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm, Viewer
from api.transactions import Repeatable
from orchestrator.availability.calendar_text import WEEKDAYS, windows, with_holidays, with_week
from orchestrator.availability.ics.scanning import MAX_BYTES
from orchestrator.availability.ics.writing import write_ics
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_ics import read_import
from orchestrator.queueing.calendar_list import CalendarStanding
from orchestrator.queueing.calendar_versions import CalendarStale, difference, tag_of, versions_of
from orchestrator.queueing.hours import save_calendar
from orchestrator.queueing.seen import Seen

_YEAR = timedelta(days=365)
router = APIRouter(prefix=CALENDARS, route_class=Repeatable)

Whole = Annotated[str, Form(max_length=300_000)]


@router.get("/{calendar}/hours")
async def show_hours(request: Request, calendar: str, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    known = await standing_of(session, calendar, await database.clock.now(session))
    return _hours(request, viewer, known)


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
        return _hours(request, viewer, known, form=form, status=422, refused=refused)
    except CalendarStale as stale:
        return _hours(request, viewer, known, form=form, status=412, stale=stale.difference)
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
        return _hours(request, viewer, known, document=text, status=422, detail=str(refused))
    except CalendarStale as stale:
        return _hours(request, viewer, known, document=text, status=412, stale=stale.difference)
    return RedirectResponse(f"{CALENDARS}/{calendar}", 303)


@router.get("/{calendar}/calendar.ics")
async def export_ics(calendar: str, _: Watching, session: Session, database: DatabaseDep) -> Response:
    now = await database.clock.now(session)
    known = await standing_of(session, calendar, now)
    first = known.calendar.date_at(now)
    file = write_ics(known.calendar, first=first, last=first + _YEAR, now=now)
    saved_as = {"Content-Disposition": f'attachment; filename="{known.row.name}.ics"', "Cache-Control": "no-store"}
    return Response(file, media_type="text/calendar", headers=saved_as)


@router.post("/{calendar}/ics", dependencies=[ProtectedForm])
async def preview_ics(
    request: Request,
    calendar: str,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    file: Annotated[UploadFile | str | None, File()] = None,
    opens: Line = "",
) -> Response:
    """Show what a file would change; it is saved by the page's own form."""
    now = await database.clock.now(session)
    known = await standing_of(session, calendar, now)
    raw = b"" if file is None or isinstance(file, str) else await file.read(MAX_BYTES + 1)
    try:
        found = await read_import(session, calendar, raw, opens=opens == "yes", now=now)
    except BadInput as refused:
        return _hours(request, viewer, known, status=422, ics_detail=f"{refused.detail} ({refused.fix})", opens=opens)
    locale, today = locale_of(language_of(request, viewer.locale)), known.calendar.date_at(now)
    days = [
        (shown(known.calendar, day, today=today, locale=locale), ", ".join(windows(spans)))
        for day, spans in sorted(found.days.items())
    ]
    return page(request, "availability/import.html", viewer=viewer, known=known, found=found, days=days, tag=tag_of(found.row))


@router.get("/{calendar}/versions")
async def show_versions(
    request: Request,
    calendar: str,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    version: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    known = await standing_of(session, calendar, await database.clock.now(session))
    versions = list(await versions_of(session, calendar))
    place = next((number for number, each in enumerate(versions) if str(each.version) == version), None)
    changed = None
    if place is not None:
        changed = versions[place].document if place + 1 == len(versions) else difference(versions[place + 1], versions[place])
    chosen = None if place is None else versions[place]
    return page(
        request,
        "availability/versions.html",
        viewer=viewer,
        known=known,
        versions=versions,
        chosen=chosen,
        changed=changed,
    )


def _hours(
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
