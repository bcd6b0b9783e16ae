"""Back-tests of a rule on the console: asked for, watched while they run, and looked at as a picture."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Form as Given
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session
from api.pages.console.csv import csv_file
from api.pages.console.now import Lens, Supervising, Watching
from api.pages.frame import fragment, page
from api.pages.people import ProtectedForm, Role, Viewer, fetched_by_itself
from api.pages.rules import backtest_words as words
from api.pages.rules.backtest_form import Form
from api.pages.rules.backtest_shown import found_by
from api.rule_views import RuleName
from api.transactions import Repeatable
from orchestrator.backtests.asking import (
    TooManyBacktests,
    ask_backtest,
    backtest_of,
    backtests_of,
    call_off_backtest,
    counts_of,
)
from orchestrator.backtests.tables import BacktestRow
from orchestrator.rule_life.listing import rule_record
from orchestrator.rule_life.versions import file_of

router = APIRouter(prefix="/console/rules/{name}/backtest", route_class=Repeatable)

Short = Annotated[str, Given(max_length=100)]


@router.get("")
async def show_backtests(
    request: Request, name: RuleName, viewer: Watching, session: Session, run: UUID | None = None, done: str = ""
) -> Response:
    """Show the back-test named, or the latest."""
    return await _page(request, name, viewer, session, Form(), run=run, told=words.DONE.get(done))


@router.post("", dependencies=[ProtectedForm])
async def ask(
    request: Request,
    name: RuleName,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    version: Short = "",
    length: Short = "",
    since: Short = "",
    until: Short = "",
) -> Response:
    form, now = Form(version, length, since, until), await database.clock.now(session)
    versions = [each.version for each in (await rule_record(session, name)).versions]
    question = form.question(versions, zone=viewer.zone, now=now)
    if question is None:
        return await _page(request, name, viewer, session, form, status=422)
    try:
        row = await ask_backtest(session, name, question, author=viewer.login, who=viewer, now=now)
    except TooManyBacktests:
        return await _page(request, name, viewer, session, form, told=words.TOO_MANY, status=409)
    return RedirectResponse(f"/console/rules/{name}/backtest?run={row.id}&done=asked", 303)


@router.get("/{backtest_id}/part")
@fetched_by_itself
async def show_part(request: Request, name: RuleName, backtest_id: UUID, viewer: Watching, session: Session) -> Response:
    """Answer with the one back-test alone, as the page asks for it while it runs."""
    row = await backtest_of(session, name, backtest_id)
    known = await _shown(request, row, viewer, session)
    return fragment(request, "rules/parts/backtest.html", viewer=viewer, name=name, words=words, **known)


@router.post("/{backtest_id}/cancellation", dependencies=[ProtectedForm])
async def call_off(name: RuleName, backtest_id: UUID, viewer: Supervising, session: Session, database: DatabaseDep) -> Response:
    now = await database.clock.now(session)
    await call_off_backtest(session, name, backtest_id, who=viewer, now=now)
    return RedirectResponse(f"/console/rules/{name}/backtest?run={backtest_id}&done=cancelled", 303)


@router.get("/{backtest_id}/hours.csv")
async def send_hours(name: RuleName, backtest_id: UUID, viewer: Watching, session: Session) -> Response:
    row = await backtest_of(session, name, backtest_id)
    hours = row.result["hours"] if row.result is not None else []
    return csv_file(f"ringback-backtest-{name}-{row.until:%Y-%m-%d}.csv", ("hour", "moments", "calls", "agents"), hours)


async def _page(
    request: Request,
    name: str,
    viewer: Viewer,
    session: Session,
    form: Form,
    *,
    run: UUID | None = None,
    told: str | None = None,
    status: int = 200,
) -> Response:
    record, rows = await rule_record(session, name), await backtests_of(session, name)
    wanted = run or (rows[0].id if rows else None)
    known = await _shown(request, await backtest_of(session, name, wanted), viewer, session) if wanted else {"row": None}
    return page(
        request,
        "rules/backtest.html",
        viewer=viewer,
        status=status,
        name=name,
        title=file_of(record.versions[0]).rule.document.title_in(Lens.of(request, viewer).language),
        rule=record.rule,
        versions=record.versions,
        runs=rows,
        counts=await counts_of(session, name),
        form=form,
        told=told,
        words=words,
        **({"may_change": viewer.may(Role.SUPERVISOR)} | known),
    )


async def _shown(request: Request, row: BacktestRow, viewer: Viewer, session: Session) -> dict[str, Any]:
    found = await found_by(session, row, viewer, Lens.of(request, viewer).language)
    return {"row": row, "found": found, "may_change": viewer.may(Role.SUPERVISOR)}
