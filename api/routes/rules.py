"""Rules as they run: their versions, what went wrong in them, and how to stop them."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends

from api.dependencies import DatabaseDep, Session, Supervisor, idempotent
from api.schemas import View
from api.transactions import Transactional
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import RuleState
from orchestrator.rule_life import publishing

router = APIRouter(prefix="/v1/rules", tags=["rules"], route_class=Transactional, dependencies=[Depends(idempotent)])


class RuleView(View):
    """`version` is the one in force; it sees events that arrive from `since` on."""

    name: str
    state: RuleState
    version: int
    since: datetime
    changed_at: datetime


class VersionView(View):
    """A version never changes; `document` is its YAML as it was written."""

    version: int
    author: str
    created_at: datetime
    published_at: datetime | None
    document: str


class ErrorView(View):
    """An expression that failed: how often, and on which event the last time."""

    version: int
    place: str
    count: int
    message: str
    sample_source: str
    sample_id: str
    last_at: datetime


class RuleStory(RuleView):
    versions: list[VersionView]
    errors: list[ErrorView]


@router.get("", summary="All rules")
async def list_rules(_: Supervisor, session: Session) -> list[RuleView]:
    return [RuleView.model_validate(row) for row, _version in await publishing.list_rules(session)]


@router.get("/schema", summary="JSON Schema of a rule's document, for editors")
async def rule_schema(_: Supervisor) -> dict[str, Any]:
    return RuleDocument.model_json_schema()


@router.get("/{name}", summary="A rule with its versions and its expressions' errors")
async def show_rule(name: str, _: Supervisor, session: Session) -> RuleStory:
    known = await publishing.rule_record(session, name)
    return RuleStory(
        **RuleView.model_validate(known.rule).model_dump(),
        versions=[VersionView.model_validate(row) for row in known.versions],
        errors=[ErrorView.model_validate(row) for row in known.errors],
    )


@router.post("/{name}/pause", summary="Let a rule detect nothing until it is resumed")
async def pause_rule(name: str, by: Supervisor, session: Session, database: DatabaseDep) -> RuleView:
    return RuleView.model_validate(await publishing.pause(session, name, who=by.who, now=await database.clock.now(session)))


@router.post("/{name}/resume", summary="Let a paused rule detect what arrives from now on")
async def resume_rule(name: str, by: Supervisor, session: Session, database: DatabaseDep) -> RuleView:
    return RuleView.model_validate(await publishing.resume(session, name, who=by.who, now=await database.clock.now(session)))


@router.post("/{name}/retire", summary="End a rule; open watches are dropped, open escalations go on")
async def retire_rule(name: str, by: Supervisor, session: Session, database: DatabaseDep) -> RuleView:
    now = await database.clock.now(session)
    await publishing.retire(session, name, who=by.who, now=now)
    return RuleView.model_validate((await publishing.rule_record(session, name)).rule)
