"""The console's results: what became of moments, promises, attempts and agents' time, as pages and as files."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session
from api.pages.console import words
from api.pages.console.csv import csv_file, csv_stream
from api.pages.console.now import Lens, Watching
from api.pages.console.period import Period
from api.pages.console.result_tables import NOT_CALLED, TABLES, Asked, not_called_row
from api.pages.frame import page
from orchestrator.escalations.states import PromiseState
from orchestrator.insights.agent_results import agent_results
from orchestrator.insights.attempt_results import attempt_results
from orchestrator.insights.broken_promises import broken_promises
from orchestrator.insights.day_results import all_waited, day_results
from orchestrator.insights.funnel import Funnel, funnels
from orchestrator.insights.naming import rule_titles
from orchestrator.insights.not_called import BEFORE_DIALING, UNDER_WAY, latest_not_called, not_called
from orchestrator.insights.placing import Stage
from orchestrator.insights.promise_results import by_rule, promise_results
from orchestrator.insights.worth_results import worth_by_rule, worth_results

router = APIRouter(prefix="/console/results")

Found = TypeVar("Found")
_STATES = [state for state in PromiseState if state not in (PromiseState.WRITTEN, PromiseState.UNSAID)]
_LATEST = 50  # of a list that a file holds whole


async def period(viewer: Watching, database: DatabaseDep, since: str = "", until: str = "") -> Period:
    async with database.transaction() as session:
        now = await database.clock.now(session)
    return Period.read(since, until, zone=viewer.zone, now=now)


Days = Annotated[Period, Depends(period)]


@router.get("")
async def show_results(request: Request, viewer: Watching, database: DatabaseDep, days: Days) -> Response:
    span = {"since": days.since, "until": days.until}

    async def asked(ask: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
        async with database.transaction() as session:
            return await ask(session)

    lens = Lens.of(request, viewer)
    # Each counts what the others do not look at, so they need not wait for one another.
    (titles, moments, uncalled), (promised, broken, judged), (hours, each_day, agents) = await asyncio.gather(
        asyncio.gather(
            asked(lambda session: rule_titles(session, lens.language)),
            asked(lambda session: funnels(session, **span)),
            latest_not_called(database, since=days.since, until=days.until, limit=_LATEST),
        ),
        asyncio.gather(
            asked(lambda session: promise_results(session, **span)),
            asked(lambda session: broken_promises(session, since=days.since, until=days.until, limit=_LATEST)),
            asked(lambda session: worth_results(session, **span)),
        ),
        asyncio.gather(
            asked(lambda session: attempt_results(session, **span, zone=viewer.zone)),
            asked(lambda session: day_results(session, **span, zone=viewer.zone)),
            asked(lambda session: agent_results(session, **span)),
        ),
    )
    return page(
        request,
        "console/results.html",
        viewer=viewer,
        status=422 if days.faults else 200,
        days=days,
        words=words,
        titles=titles,
        stages=list(Stage),
        funnels=moments,
        uncalled=uncalled,
        uncalled_count=sum(_before_dialing(each) for each in moments),
        promises=by_rule(promised),
        promise_states=_STATES,
        broken=broken,
        broken_count=sum(each.number for each in promised if each.state is PromiseState.BROKEN),
        worth=worth_by_rule(judged),
        hours=hours,
        results=list(dict.fromkeys(result for hour in hours for result in sorted(hour.results))),
        each_day=each_day,
        waited=all_waited(each_day),
        agents=agents,
    )


def _before_dialing(funnel: Funnel) -> int:
    return sum(loss.number for loss in funnel.losses if loss.stage in BEFORE_DIALING and loss.reason != UNDER_WAY)


@router.get("/not-called.csv")
async def send_not_called(request: Request, viewer: Watching, database: DatabaseDep, days: Days) -> Response:
    """Send all of them, as the database gives them: there may be a hundred thousand."""
    _check(days)
    lens = Lens.of(request, viewer)
    async with database.transaction() as session:
        titles = await rule_titles(session, lens.language)
    pages = not_called(database, since=days.since, until=days.until)
    rows = ([not_called_row(each, titles) for each in moments] async for moments in pages)
    return await csv_stream(f"ringback-not-called-{days.first}-{days.last}.csv", NOT_CALLED, rows)


@router.get("/{table}.csv")
async def send_table(request: Request, table: str, viewer: Watching, session: Session, days: Days) -> Response:
    if table not in TABLES:
        raise HTTPException(404, "there is no such table")
    _check(days)
    lens = Lens.of(request, viewer)
    asked = Asked(days.since, days.until, viewer.zone, await rule_titles(session, lens.language))
    head, rows = await TABLES[table](session, asked)
    return csv_file(f"ringback-{table}-{days.first}-{days.last}.csv", head, rows)


def _check(days: Period) -> None:
    if days.faults:
        raise HTTPException(422, "the days do not fit; choose them on the page of results")
