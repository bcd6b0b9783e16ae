"""One rule on the console: written with the lint beside it, tried in shadow, published, held, gone back to."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.console.now import Supervising, Watching
from api.pages.people import ProtectedForm, Viewer
from api.pages.rules import words
from api.pages.rules.faults import faults_of
from api.pages.rules.shown import Asked, Shown, edited_at, show, show_editor
from api.rule_views import RuleName
from api.transactions import Repeatable
from orchestrator.detection.tables import RuleState
from orchestrator.errors import BadInput, NoSuch
from orchestrator.rule_life import states
from orchestrator.rule_life.checking import LintErrors, LintUnconfirmed
from orchestrator.rule_life.deciding import Decision, NotApproved, approve_version, run_version
from orchestrator.rule_life.drafts import save_draft
from orchestrator.rule_life.listing import rule_record
from orchestrator.rule_life.open_cases import take_back_open
from orchestrator.rule_life.tags import TagStale, hold
from orchestrator.settings import Settings

router = APIRouter(prefix="/console/rules", route_class=Repeatable)

Document = Annotated[str, Form(max_length=300_000)]
Short = Annotated[str, Form(max_length=100)]


async def _fields(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Fields = Annotated[Mapping[str, str], Depends(_fields)]
Done = Annotated[str, Query(max_length=20)]


@router.get("/{name}")
async def show_rule(
    request: Request,
    name: RuleName,
    viewer: Watching,
    session: Session,
    settings: SettingsDep,
    database: DatabaseDep,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
    done: Done = "",
    begin: Done = "",
) -> Response:
    shown = Shown(version=version, told=words.DONE.get(done), begin=begin)
    return await show(request, name, viewer, session, settings, shown, now=await database.clock.now(session))


@router.post("/{name}", dependencies=[ProtectedForm])
async def save_rule(
    request: Request,
    name: RuleName,
    viewer: Supervising,
    session: Session,
    settings: SettingsDep,
    database: DatabaseDep,
    fields: Fields,
    document: Document = "",
    base: Document = "",
    seen: Short = "",
) -> Response:
    now = await database.clock.now(session)
    editor = await edited_at(session, name, in_lines(document), in_lines(base), fields)
    text = editor.document
    if editor.told is not None:  # what the form says is not in the document: nothing is saved without it
        shown = Shown(typed=text, editor=editor, status=422)
        return await show(request, name, viewer, session, settings, shown, now=now)
    try:
        draft = await save_draft(
            session,
            name,
            text.encode(),
            seen=seen or None,
            only_new=not seen,
            author=viewer.login,
            who=viewer,
            now=now,
        )
    except TagStale as stale:
        shown = Shown(typed=text, editor=editor, told=words.STALE, difference=stale.difference, status=412)
    except BadInput as refused:
        shown = Shown(typed=text, editor=editor, faults=faults_of(refused), status=422)
    else:
        return RedirectResponse(f"{router.prefix}/{name}?done={'saved' if draft.is_new else 'unchanged'}", 303)
    return await show(request, name, viewer, session, settings, shown, now=now)


@router.post("/{name}/check", dependencies=[ProtectedForm])
async def check_rule(
    request: Request,
    name: RuleName,
    viewer: Supervising,
    session: Session,
    settings: SettingsDep,
    database: DatabaseDep,
    fields: Fields,
    document: Document = "",
    base: Document = "",
) -> Response:
    """Answer with the rule as it stands with all that was typed, on both sides, and what is wrong. Nothing is kept.

    The page asks for the editor alone while somebody types; a browser without script gets the page.
    """
    now = await database.clock.now(session)
    editor = await edited_at(session, name, in_lines(document), in_lines(base), fields)
    if "hx-request" in request.headers:
        return await show_editor(request, name, viewer, session, settings, editor, now=now)
    shown = Shown(typed=editor.document, editor=editor)
    return await show(request, name, viewer, session, settings, shown, now=now)


@router.post("/{name}/decision", dependencies=[ProtectedForm])
async def decide(
    request: Request,
    name: RuleName,
    viewer: Supervising,
    session: Session,
    settings: SettingsDep,
    database: DatabaseDep,
    verb: Short = "",
    version: Annotated[int | None, Form(ge=1, le=2**31 - 1)] = None,
    seen: Short = "",
    confirm: Annotated[bool, Form()] = False,
) -> Response:
    now, asked = await database.clock.now(session), Asked(verb, version)
    try:
        await _do(session, name, asked, Decision(seen, version, confirm), viewer=viewer, settings=settings, now=now)
    except TagStale as stale:
        shown = Shown(told=words.STALE, difference=stale.difference, status=412)
    except LintErrors as errors:
        shown = Shown(version=version, told=words.STOPPED, findings=errors.findings, status=422)
    except LintUnconfirmed as warnings:
        shown = Shown(version=version, told=words.UNCONFIRMED, findings=warnings.findings, asked=asked, status=409)
    except NotApproved:
        told = words.OWN_VERSION if verb == "approve" else words.NOT_APPROVED
        shown = Shown(version=version, told=told, status=409)
    except BadInput:
        shown = Shown(version=version, told=words.NOT_NOW, status=409)
    else:
        return RedirectResponse(f"{router.prefix}/{name}?done={verb}", 303)
    return await show(request, name, viewer, session, settings, shown, now=now)


@router.post("/{name}/open-cases", dependencies=[ProtectedForm])
async def take_back_cases(
    request: Request,
    name: RuleName,
    viewer: Supervising,
    settings: SettingsDep,
    database: DatabaseDep,
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Take back the open cases that this rule alone wants. Each is a transaction of its own, so none is held here."""
    shown = None
    if not (1 <= len(why := reason.strip()) <= 200):
        shown = Shown(reason=reason, reason_fault=words.BAD_REASON, status=422)
    else:
        await take_back_open(database, name, reason=why, who=viewer, settings=settings)
    async with database.transaction() as session:
        await rule_record(session, name)
        if shown is not None:
            return await show(request, name, viewer, session, settings, shown, now=await database.clock.now(session))
    return RedirectResponse(f"{router.prefix}/{name}?done=taken_back", 303)


def in_lines(text: str) -> str:
    return text.replace("\r\n", "\n")


async def _do(
    session: Session, name: str, asked: Asked, decision: Decision, *, viewer: Viewer, settings: Settings, now: datetime
) -> None:
    match asked.verb:
        case "publish" | "shadow" as verb:
            await run_version(session, name, _RUNNING[verb], decision, who=viewer, settings=settings, now=now)
        case "approve":
            await approve_version(session, name, decision, approver=viewer.login, who=viewer, now=now)
        case "pause" | "resume" | "retire" | "stop_shadow" as verb:
            await hold(session, name, seen=decision.seen)
            await _HOLDING[verb](session, name, who=viewer, now=now)
        case _:
            raise NoSuch("there is no such decision")


_RUNNING = {"publish": RuleState.PUBLISHED, "shadow": RuleState.SHADOW}
_HOLDING: dict[str, Callable[..., Awaitable[object]]] = {
    "pause": states.pause,
    "resume": states.resume,
    "retire": states.retire,
    "stop_shadow": states.stop_trial,
}
