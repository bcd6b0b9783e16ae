"""Rules as they run: their versions, what went wrong in them, and how to stop them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import PlainTextResponse

from api.dependencies import DatabaseDep, Session, SettingsDep, Supervisor, idempotent
from api.routes.rule_life import IfMatch
from api.rule_views import PausedView, RuleName, RuleStory, RuleView, TakenBackView, story
from api.schemas import Because
from api.transactions import Transactional
from orchestrator.detection.rules import RuleDocument
from orchestrator.insights.rule_alarms import alarms_of
from orchestrator.rule_life import listing, states
from orchestrator.rule_life.open_cases import count_open, take_back_open
from orchestrator.rule_life.tags import difference, hold, tag_of
from orchestrator.rule_life.versions import version_of

router = APIRouter(prefix="/v1/rules", tags=["rules"], route_class=Transactional, dependencies=[Depends(idempotent)])

Version = Annotated[int | None, Query(ge=1, description="The version in force, where none is named.")]


@router.get("", summary="All rules")
async def list_rules(_: Supervisor, session: Session) -> list[RuleView]:
    return [RuleView.model_validate(row) for row, _version in await listing.list_rules(session)]


@router.get("/schema", summary="JSON Schema of a rule's document, for editors")
async def rule_schema(_: Supervisor) -> dict[str, Any]:
    return RuleDocument.model_json_schema()


@router.get("/{name}", summary="A rule with its versions, errors and alarms; its ETag is needed to change it")
async def show_rule(name: RuleName, _: Supervisor, session: Session, response: Response) -> RuleStory:
    known = await listing.rule_record(session, name)
    response.headers["ETag"] = str(await tag_of(session, known.rule))
    return story(known, await alarms_of(session, name))


@router.get("/{name}/document", summary="A version's document as it was written, as YAML", response_class=PlainTextResponse)
async def export_rule(name: RuleName, _: Supervisor, session: Session, version: Version = None) -> Response:
    known = await listing.rule_record(session, name)
    row = await version_of(session, name, version or known.rule.version)
    return PlainTextResponse(
        row.document, media_type="application/yaml", headers={"ETag": str(await tag_of(session, known.rule))}
    )


@router.get("/{name}/difference", summary="What changed from one version to another, as a unified diff")
async def compare_versions(
    name: RuleName,
    _: Supervisor,
    session: Session,
    since: Annotated[int, Query(alias="from", ge=1)],
    to: Annotated[int, Query(ge=1)],
) -> PlainTextResponse:
    old, new = await version_of(session, name, since), await version_of(session, name, to)
    return PlainTextResponse(difference(old, new))


@router.post("/{name}/pause", summary="Let a rule detect nothing until it is resumed; says how many cases are open")
async def pause_rule(
    name: RuleName, by: Supervisor, session: Session, database: DatabaseDep, seen: IfMatch = None
) -> PausedView:
    await _as_seen(session, name, seen)
    row = await states.pause(session, name, who=by.who, now=await database.clock.now(session))
    return PausedView(**RuleView.model_validate(row).model_dump(), open_cases=await count_open(session, name))


@router.post("/{name}/open-cases/withdrawal", summary="Take back the open cases that this rule alone wants, with a reason")
async def withdraw_open_cases(
    name: RuleName, body: Because, by: Supervisor, database: DatabaseDep, settings: SettingsDep
) -> TakenBackView:
    async with database.transaction() as session:
        await listing.rule_record(session, name)
    done = await take_back_open(database, name, reason=body.reason, who=by.who, settings=settings)
    return TakenBackView(taken_back=done)


@router.post("/{name}/resume", summary="Let a paused rule detect what arrives from now on")
async def resume_rule(
    name: RuleName, by: Supervisor, session: Session, database: DatabaseDep, seen: IfMatch = None
) -> RuleView:
    await _as_seen(session, name, seen)
    return RuleView.model_validate(await states.resume(session, name, who=by.who, now=await database.clock.now(session)))


@router.post("/{name}/shadow/stop", summary="Let the version that is tried in shadow beside the one in force detect no more")
async def stop_shadow(
    name: RuleName, by: Supervisor, session: Session, database: DatabaseDep, seen: IfMatch = None
) -> RuleView:
    await _as_seen(session, name, seen)
    return RuleView.model_validate(await states.stop_trial(session, name, who=by.who, now=await database.clock.now(session)))


@router.post("/{name}/retire", summary="End a rule; open watches are dropped, open escalations go on")
async def retire_rule(
    name: RuleName, by: Supervisor, session: Session, database: DatabaseDep, seen: IfMatch = None
) -> RuleView:
    await _as_seen(session, name, seen)
    now = await database.clock.now(session)
    await states.retire(session, name, who=by.who, now=now)
    return RuleView.model_validate((await listing.rule_record(session, name)).rule)


async def _as_seen(session: Session, name: str, seen: str | None) -> None:
    """Who stops a rule in a hurry need not have read it; who sends what they read is held to it."""
    if seen is not None:
        await hold(session, name, seen=seen)
