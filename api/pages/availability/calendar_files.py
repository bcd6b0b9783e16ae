"""A calendar's .ics files and its versions on the console."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, File, Query, Request, UploadFile
from fastapi.responses import Response

from api.dependencies import DatabaseDep, Session
from api.pages.availability.calendar_editing import hours_page
from api.pages.availability.calendar_page import CALENDARS, Line, standing_of
from api.pages.availability.calendar_view import shown
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm
from api.transactions import Repeatable
from orchestrator.availability.calendar_text import windows
from orchestrator.availability.ics.scanning import MAX_BYTES
from orchestrator.availability.ics.writing import write_ics
from orchestrator.errors import BadInput
from orchestrator.queueing.calendar_ics import read_import
from orchestrator.queueing.calendar_versions import difference, tag_of, versions_of

_YEAR = timedelta(days=365)
router = APIRouter(prefix=CALENDARS, route_class=Repeatable)


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
        return hours_page(request, viewer, known, status=422, ics_detail=f"{refused.detail} ({refused.fix})", opens=opens)
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
