"""Calendars: a queue's business hours as a document, and emergency closes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, ConfigDict

from api.dependencies import Now, Session, SettingsDep, Staff, Supervisor, idempotent
from api.schemas import Body, Reason, View
from api.transactions import Transactional
from orchestrator.availability.calendars import CalendarDocument
from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.queueing import hours
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


@router.get("/{name}", summary="One calendar with its closes")
async def get_calendar(name: str, _: Staff, session: Session, now: Now) -> CalendarView:
    return await _view(session, await hours.calendar_named(session, name), now)


@router.put("/{name}", summary="Save a calendar, as JSON or YAML; in force at once", openapi_extra=_DOCUMENT)
async def put_calendar(
    name: str, request: Request, by: Supervisor, session: Session, now: Now, settings: SettingsDep
) -> CalendarView:
    row = await hours.save_calendar(session, name, await request.body(), who=by.who, now=now, settings=settings)
    return await _view(session, row, now)


@router.post("/{name}/closures", status_code=201, summary="Emergency close: cuts whatever it meets")
async def post_closure(
    name: str, body: ClosureBody, by: Supervisor, session: Session, now: Now, settings: SettingsDep
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
    name: str, closure_id: UUID, by: Supervisor, session: Session, now: Now, settings: SettingsDep
) -> None:
    await hours.end_closure(session, name, closure_id, who=by.who, now=now, settings=settings)
