"""Shift plans: who is meant to be on duty when."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from api.dependencies import Now, Session, Supervisor, idempotent
from api.schemas import View
from api.seen import AsSeen
from api.transactions import Transactional
from orchestrator.queueing.shift_plans import ShiftDocument
from orchestrator.queueing.shifts import Planned, all_shifts, remove_shifts, save_shifts, shifts_of, tag_of

router = APIRouter(prefix="/v1/shifts", tags=["shifts"], route_class=Transactional, dependencies=[Depends(idempotent)])

_EXAMPLE = """shifts: dana
zone: Asia/Jerusalem
weekly:
  sun: ["09:00-17:00"]
  mon: ["09:00-13:00", "14:00-18:00"]
days:
  2026-12-24: closed
"""
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ShiftDocument.model_json_schema()},
            "application/yaml": {"schema": {"type": "string"}, "example": _EXAMPLE},
        },
    }
}


class ShiftsView(View):
    """`document` as it was saved; `queues` the agent serves and is planned for; `planned_now`: by the plan, on duty now."""

    agent: str
    version: int
    changed_at: datetime
    zone: str
    queues: list[str]
    planned_now: bool
    document: str

    @classmethod
    def of(cls, known: Planned, now: datetime) -> "ShiftsView":
        return cls(
            agent=known.agent.name,
            version=known.row.version,
            changed_at=known.row.changed_at,
            zone=known.plan.document.zone,
            queues=list(known.queues),
            planned_now=known.plan.on_duty.open_at(now),
            document=known.row.document,
        )


async def _view(session: Session, agent: str, now: datetime, response: Response) -> ShiftsView:
    known = await shifts_of(session, agent)
    response.headers["ETag"] = tag_of(known.row)
    return ShiftsView.of(known, now)


@router.get("", summary="All shift plans, by agent")
async def list_shifts(_: Supervisor, session: Session, now: Now) -> list[ShiftsView]:
    return [ShiftsView.of(each, now) for each in await all_shifts(session)]


@router.get("/{agent}", summary="One agent's shift plan; its ETag is needed to change it")
async def get_shifts(agent: str, _: Supervisor, session: Session, now: Now, response: Response) -> ShiftsView:
    return await _view(session, agent, now, response)


@router.put("/{agent}", summary="Save an agent's shift plan, as JSON or YAML; in force at once", openapi_extra=_DOCUMENT)
async def put_shifts(
    agent: str, request: Request, response: Response, as_seen: AsSeen, by: Supervisor, session: Session, now: Now
) -> ShiftsView:
    await save_shifts(session, agent, await request.body(), who=by.who, now=now, seen=as_seen)
    return await _view(session, agent, now, response)


@router.delete("/{agent}", status_code=204, summary="Plan the agent for nothing any more")
async def delete_shifts(agent: str, by: Supervisor, session: Session, now: Now) -> None:
    await remove_shifts(session, agent, who=by.who, now=now)
