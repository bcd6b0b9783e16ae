"""The life of a rule: written, checked, tried in shadow, published, rolled back. Nobody overwrites what they have not seen."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import ConfigDict, Field

from api.dependencies import DatabaseDep, Session, SettingsDep, Supervisor, idempotent
from api.rule_views import DraftView, FindingView, PublishedView, RuleName, VersionView, findings_of, published_view, story
from api.schemas import Body
from api.transactions import Transactional
from orchestrator.detection.tables import RuleState
from orchestrator.rule_life.checking import check, read_aside
from orchestrator.rule_life.deciding import Decision, approve_version, run_version
from orchestrator.rule_life.drafts import save_draft
from orchestrator.rule_life.listing import rule_record
from orchestrator.rule_life.tags import tag_of

router = APIRouter(prefix="/v1/rules", tags=["rules"], route_class=Transactional, dependencies=[Depends(idempotent)])

IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of the rule as it was read.")]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", description="`*` for a rule that does not exist yet.")]

_EXAMPLE = """rule: moved-house
moment: moved_house
detect: {occurrence: {on: [{type: customer.moved}]}}
steps: [{callback: {queue: service, due: 8h}}]
expires: 7d
"""
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}


class Choice(Body):
    """`version` is the newest where none is named. `confirm` says that the lint's warnings were seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "confirm": True}]})

    version: Annotated[int, Field(ge=1)] | None = None
    confirm: bool = False

    def seen_as(self, tag: str | None) -> Decision:
        return Decision(tag, self.version, self.confirm)


@dataclass(frozen=True, slots=True)
class Runner:
    """What it takes to let a version run, published or in shadow."""

    name: RuleName
    body: Choice
    response: Response
    by: Supervisor
    session: Session
    database: DatabaseDep
    settings: SettingsDep
    seen: IfMatch = None

    async def as_(self, state: RuleState) -> PublishedView:
        session, decision = self.session, self.body.seen_as(self.seen)
        now = await self.database.clock.now(session)
        done = await run_version(session, self.name, state, decision, who=self.by.who, settings=self.settings, now=now)
        known = await rule_record(session, self.name)
        self.response.headers["ETag"] = str(await tag_of(session, known.rule))
        return published_view(known, done)


@router.post("/lint", summary="What is wrong with a rule's document; nothing is kept", openapi_extra=_DOCUMENT)
async def lint_rule(
    request: Request, _: Supervisor, session: Session, database: DatabaseDep, settings: SettingsDep
) -> list[FindingView]:
    file = await read_aside(await request.body(), name="document")
    return findings_of(await check(session, [file], settings=settings, now=await database.clock.now(session)))


@router.put("/{name}", summary="Save a rule's document as its newest version, a draft", openapi_extra=_DOCUMENT)
async def save_rule(
    name: RuleName,
    request: Request,
    response: Response,
    by: Supervisor,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    seen: IfMatch = None,
    not_seen: IfNoneMatch = None,
) -> DraftView:
    now = await database.clock.now(session)
    only_new = not_seen is not None and not_seen.strip() == "*"
    document = await request.body()
    draft = await save_draft(session, name, document, seen=seen, only_new=only_new, author=by.author, who=by.who, now=now)
    findings = await check(session, [draft.file], settings=settings, now=now)
    response.headers["ETag"] = str(await tag_of(session, draft.rule))
    shown = story(await rule_record(session, name)).model_dump()
    return DraftView(**shown, findings=findings_of(findings))


@router.post("/{name}/publish", summary="Let a version run and dial: the newest, or an earlier one to go back to")
async def publish_rule(run: Annotated[Runner, Depends()]) -> PublishedView:
    return await run.as_(RuleState.PUBLISHED)


@router.post("/{name}/shadow", summary="Let a version find moments live and contact nobody")
async def shadow_rule(run: Annotated[Runner, Depends()]) -> PublishedView:
    return await run.as_(RuleState.SHADOW)


@router.post("/{name}/approve", summary="Agree to a version that somebody else wrote")
async def approve_rule(
    name: RuleName, body: Choice, by: Supervisor, session: Session, database: DatabaseDep, seen: IfMatch = None
) -> VersionView:
    now = await database.clock.now(session)
    decision = body.seen_as(seen)
    version = await approve_version(session, name, decision, approver=by.author, who=by.who, now=now)
    return VersionView.model_validate(version)
