"""The console's results: what became of moments, promises, attempts and agents' time, as pages and as files."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, Session
from api.pages.console import words
from api.pages.console.csv import csv_file, csv_stream
from api.pages.console.now import Lens, Watching
from api.pages.console.period import Period
from api.pages.console.result_sections import Section, all_counted, counted
from api.pages.console.result_tables import NOT_CALLED, TABLES, Asked, not_called_row
from api.pages.frame import fragment, page
from orchestrator.insights.funnel import more_found
from orchestrator.insights.naming import rule_titles
from orchestrator.insights.not_called import not_called

router = APIRouter(prefix="/console/results")

_AT_ONCE = 5000  # moments: what came of more than so many is counted part by part


async def period(viewer: Watching, database: DatabaseDep, since: str = "", until: str = "") -> Period:
    async with database.transaction() as session:
        now = await database.clock.now(session)
    return Period.read(since, until, zone=viewer.zone, now=now)


Days = Annotated[Period, Depends(period)]


@router.get("")
async def show_results(request: Request, viewer: Watching, database: DatabaseDep, days: Days, whole: str = "") -> Response:
    """Answer with all parts, or, where that takes long, with the page they come into one by one. `whole` waits for all."""
    async with database.transaction() as session:
        later = not whole and await more_found(session, since=days.since, until=days.until, than=_AT_ONCE)
        titles = await rule_titles(session, Lens.of(request, viewer).language)
    known = {} if later else await all_counted(database, days, zone=viewer.zone)
    status = 422 if days.faults else 200
    told = {"days": days, "words": words, "titles": titles, "sections": list(Section), "later": later}
    return page(request, "console/results.html", viewer=viewer, status=status, **told, **known)


@router.get("/part/{section}")
async def show_part(request: Request, section: Section, viewer: Watching, database: DatabaseDep, days: Days) -> Response:
    _check(days)
    async with database.transaction() as session:
        titles = await rule_titles(session, Lens.of(request, viewer).language)
    known = await counted(section, database, days, zone=viewer.zone)
    known |= {"days": days, "words": words, "titles": titles}
    return fragment(request, f"console/parts/results_{section}.html", viewer=viewer, **known)


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
