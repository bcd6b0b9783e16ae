"""Kill switches: one stops all new dials within seconds."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, StringConstraints

from api.dependencies import Now, Session, SettingsDep, Staff, Supervisor, idempotent
from api.schemas import Body, Reason, Text, View
from api.transactions import Transactional
from orchestrator.availability.situation import SwitchScope
from orchestrator.queueing import switching

router = APIRouter(prefix="/v1/switches", tags=["switches"], route_class=Transactional, dependencies=[Depends(idempotent)])


class SwitchBody(Body):
    """`target` names the queue or the rule; for everything it is left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"scope": "everything", "reason": "wrong prices went out"}]})

    scope: SwitchScope = SwitchScope.EVERYTHING
    target: Annotated[Text, StringConstraints(min_length=1, max_length=64)] | None = None
    reason: Reason


class SwitchView(View):
    id: UUID
    scope: SwitchScope
    target: str | None
    reason: str
    author: str
    thrown_at: datetime
    lifted_at: datetime | None


@router.get("", summary="The switches that are thrown")
async def list_switches(_: Staff, session: Session) -> list[SwitchView]:
    return [SwitchView.model_validate(row) for row in await switching.thrown(session)]


@router.post("", status_code=201, summary="Stop new dials; calls that ring or talk finish")
async def post_switch(body: SwitchBody, by: Supervisor, session: Session, now: Now, settings: SettingsDep) -> SwitchView:
    row = await switching.throw(
        session,
        scope=body.scope,
        target=body.target,
        reason=body.reason,
        author=by.author,
        who=by.who,
        now=now,
        settings=settings,
    )
    return SwitchView.model_validate(row)


@router.delete("/{switch_id}", summary="Let dials go on")
async def delete_switch(switch_id: UUID, by: Supervisor, session: Session, now: Now, settings: SettingsDep) -> SwitchView:
    return SwitchView.model_validate(await switching.lift(session, switch_id, who=by.who, now=now, settings=settings))
