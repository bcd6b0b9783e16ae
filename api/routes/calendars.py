"""Calendars: a queue's business hours as a document, its versions, and emergency closes."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import AwareDatetime, ConfigDict

from api.dependencies import Now, Session, SettingsDep, Staff, Supervisor, idempotent
from api.schemas import Body, Reason, Text, View
from api.seen import AsSeen
from api.transactions import Transactional
from orchestrator.availability.calendar_text import CLOSED, windows
from orchestrator.availability.calendars import CalendarDocument
from orchestrator.availability.ics.writing import write_ics
from orchestrator.availability.intervals import check_reach
from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.queueing import hours
from orchestrator.queueing.calendar_ics import read_import
from orchestrator.queueing.calendar_list import CalendarStanding, calendar_standings
from orchestrator.queueing.calendar_versions import difference, tag_of, version_of, versions_of
from orchestrator.queueing.floor import parsed

router = APIRouter(prefix="/v1/calendars", tags=["calendars"], route_class=Transactional, dependencies=[Depends(idempotent)])

_EXAMPLE = """calendar: weekdays
zone: Asia/Jerusalem
weekly:
  sun: ["09:00-13:00", "14:00-18:00"]
  mon: ["09:00-18:00"]
days:
  2026-04-02: closed
"""
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": CalendarDocument.model_json_schema()},
            "application/yaml": {"schema": {"type": "string"}, "example": _EXAMPLE},
        },
    }
}

_ICS: dict[str, Any] = {"requestBody": {"required": True, "content": {"text/calendar": {"schema": {"type": "string"}}}}}
_YEAR = timedelta(days=365)

CalendarName = Annotated[Text, Path(max_length=64)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


class ClosureView(View):
    id: UUID
    starts_at: datetime
    ends_at: datetime | None
    reason: str
    author: str


class CalendarView(View):
    """`document` as it was saved; `closures` that last or lie ahead."""

    name: str
    version: int
    changed_at: datetime
    zone: str
    document: str
    closures: list[ClosureView]


class CalendarSummary(View):
    """`changes_at` is when it next opens or closes; null where it does not within 400 days."""

    name: str
    version: int
    zone: str
    is_open: bool
    changes_at: datetime | None
    queues: list[str]
    closures: list[ClosureView]

    @classmethod
    def of(cls, known: CalendarStanding) -> "CalendarSummary":
        return cls(
            name=known.row.name,
            version=known.row.version,
            zone=known.zone,
            is_open=known.is_open,
            changes_at=known.changes_at,
            queues=list(known.queues),
            closures=[ClosureView.model_validate(each) for each in known.closures],
        )


class CalendarVersionView(View):
    """`author` is null for a version saved before authors were kept."""

    version: int
    author: str | None
    reason: str | None
    saved_at: datetime


class ImportView(View):
    """What an .ics file changes: the `days` that become different (`closed`, or their windows) and the text's `difference`.

    `version` is the calendar's now; `saved` is false for a preview.
    """

    days: dict[date, list[str] | str]
    difference: str
    version: int
    saved: bool


class ClosureBody(Body):
    """From now, where `starts_at` is left out; until told otherwise, where `ends_at` is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "fire alarm"}]})

    reason: Reason
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None


async def _view(session: Session, row: CalendarRow, now: datetime) -> CalendarView:
    return CalendarView(
        name=row.name,
        version=row.version,
        changed_at=row.changed_at,
        zone=parsed(row.document).document.zone,
        document=row.document,
        closures=[ClosureView.model_validate(each) for each in await hours.closures_of(session, row.name, now=now)],
    )


@router.get("", summary="All calendars: open or not, until when, and who keeps to them")
async def list_calendars(_: Staff, session: Session, now: Now) -> list[CalendarSummary]:
    return [CalendarSummary.of(each) for each in await calendar_standings(session, now=now)]


@router.get("/{name}", summary="One calendar with its closes; its ETag is needed to change it")
async def get_calendar(name: CalendarName, _: Staff, session: Session, now: Now, response: Response) -> CalendarView:
    row = await hours.calendar_named(session, name)
    response.headers["ETag"] = tag_of(row)
    return await _view(session, row, now)


@router.put("/{name}", summary="Save a calendar, as JSON or YAML; in force at once", openapi_extra=_DOCUMENT)
async def put_calendar(
    name: CalendarName,
    request: Request,
    response: Response,
    as_seen: AsSeen,
    by: Supervisor,
    session: Session,
    now: Now,
    settings: SettingsDep,
) -> CalendarView:
    document = await request.body()
    row = await hours.save_calendar(session, name, document, seen=as_seen, who=by.who, now=now, settings=settings)
    response.headers["ETag"] = tag_of(row)
    return await _view(session, row, now)


@router.delete("/{name}", status_code=204, summary="Retire a calendar that no queue keeps to; its versions stay")
async def retire_calendar(name: CalendarName, as_seen: AsSeen, by: Supervisor, session: Session, now: Now) -> None:
    await hours.retire_calendar(session, name, seen=as_seen, who=by.who, now=now)


@router.get("/{name}/versions", summary="Every version, newest first, with its author")
async def list_versions(name: CalendarName, _: Supervisor, session: Session) -> list[CalendarVersionView]:
    return [CalendarVersionView.model_validate(row) for row in await versions_of(session, name)]


@router.get("/{name}/versions/{version}", summary="A version as it was written", response_class=PlainTextResponse)
async def get_version(name: CalendarName, version: Number, _: Supervisor, session: Session) -> PlainTextResponse:
    return PlainTextResponse((await version_of(session, name, version)).document, media_type="application/yaml")


@router.get("/{name}/difference", summary="What changed from one version to another, as a unified diff")
async def compare_versions(
    name: CalendarName,
    _: Supervisor,
    session: Session,
    since: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)],
    to: Annotated[int, Query(ge=1, le=2**31 - 1)],
) -> PlainTextResponse:
    return PlainTextResponse(difference(await version_of(session, name, since), await version_of(session, name, to)))


@router.get("/{name}/ics", summary="Its dates as an .ics file: opening hours, and days that are closed")
async def export_ics(
    name: CalendarName,
    _: Supervisor,
    session: Session,
    now: Now,
    since: Annotated[date | None, Query(alias="from", description="The first date; today otherwise.")] = None,
    until: Annotated[date | None, Query(description="The date after the last; a year later otherwise.")] = None,
) -> Response:
    calendar = parsed((await hours.calendar_named(session, name)).document)
    first = since or calendar.date_at(now)
    check_reach(first, field="from")
    file = write_ics(calendar, first=first, last=until or first + _YEAR, now=now)
    saved_as = {"Content-Disposition": f'attachment; filename="{calendar.name}.ics"'}
    return Response(file, media_type="text/calendar", headers=saved_as)


@router.post("/{name}/ics", summary="Take over an .ics file; preview it first", openapi_extra=_ICS)
async def import_ics(
    name: CalendarName,
    request: Request,
    response: Response,
    as_seen: AsSeen,
    by: Supervisor,
    session: Session,
    now: Now,
    settings: SettingsDep,
    preview: bool = False,
    opens: Annotated[bool, Query(description="All events are opening hours; otherwise those named OPEN.")] = False,
) -> ImportView:
    found = await read_import(session, name, await request.body(), opens=opens, now=now)
    row = found.row
    if not preview:
        text, why = found.text.encode(), "imported an .ics file"
        row = await hours.save_calendar(session, name, text, seen=as_seen, who=by.who, now=now, settings=settings, reason=why)
    response.headers["ETag"] = tag_of(row)
    days: dict[date, list[str] | str] = {day: windows(spans) or CLOSED for day, spans in found.days.items()}
    return ImportView(days=days, difference=found.difference, version=row.version, saved=not preview)


@router.post("/{name}/closures", status_code=201, summary="Emergency close: cuts whatever it meets")
async def post_closure(
    name: CalendarName, body: ClosureBody, by: Supervisor, session: Session, now: Now, settings: SettingsDep
) -> ClosureView:
    row: ClosureRow = await hours.close_calendar(
        session,
        name,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        reason=body.reason,
        author=by.author,
        who=by.who,
        now=now,
        settings=settings,
    )
    return ClosureView.model_validate(row)


@router.delete("/{name}/closures/{closure_id}", status_code=204, summary="Open again")
async def delete_closure(
    name: CalendarName, closure_id: UUID, by: Supervisor, session: Session, now: Now, settings: SettingsDep
) -> None:
    await hours.end_closure(session, name, closure_id, who=by.who, now=now, settings=settings)
