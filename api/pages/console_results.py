"""The console's results: what became of moments, promises, attempts and agents' time, as pages and as files."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session
from api.pages import console_words as words
from api.pages.console_csv import Cell, csv_file
from api.pages.console_now import Watching
from api.pages.console_period import Period
from api.pages.frame import page
from orchestrator.escalations.states import PromiseState
from orchestrator.insights.agent_results import agent_results
from orchestrator.insights.attempt_results import attempt_results
from orchestrator.insights.broken_promises import broken_promises
from orchestrator.insights.funnel import Stage, funnels
from orchestrator.insights.promise_results import by_rule, promise_results

router = APIRouter(prefix="/console/results")

Found = TypeVar("Found")
Table = tuple[Sequence[str], Iterable[Sequence[Cell]]]
_STATES = [state for state in PromiseState if state not in (PromiseState.WRITTEN, PromiseState.UNSAID)]
_LATEST = 50  # of a list that a file holds whole


async def period(viewer: Watching, session: Session, database: DatabaseDep, since: str = "", until: str = "") -> Period:
    return Period.read(since, until, zone=viewer.zone, now=await database.clock.now(session))


Days = Annotated[Period, Depends(period)]


@router.get("")
async def show_results(request: Request, viewer: Watching, database: DatabaseDep, days: Days) -> Response:
    span = {"since": days.since, "until": days.until}

    async def asked(ask: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
        async with database.transaction() as session:
            return await ask(session)

    # Each counts what the others do not look at, so they need not wait for one another.
    moments, promised, broken, hours, agents = await asyncio.gather(
        asked(lambda session: funnels(session, **span)),
        asked(lambda session: promise_results(session, **span)),
        asked(lambda session: broken_promises(session, **span, limit=_LATEST)),
        asked(lambda session: attempt_results(session, **span, zone=viewer.zone)),
        asked(lambda session: agent_results(session, **span)),
    )
    return page(
        request,
        "console/results.html",
        viewer=viewer,
        status=422 if days.faults else 200,
        days=days,
        words=words,
        stages=list(Stage),
        funnels=moments,
        promises=by_rule(promised),
        promise_states=_STATES,
        broken=broken,
        broken_count=sum(each.number for each in promised if each.state is PromiseState.BROKEN),
        hours=hours,
        results=list(dict.fromkeys(result for hour in hours for result in sorted(hour.results))),
        agents=agents,
    )


@router.get("/{table}.csv")
async def send_table(table: str, viewer: Watching, session: Session, days: Days) -> Response:
    if table not in _TABLES:
        raise HTTPException(404, "there is no such table")
    if days.faults:
        raise HTTPException(422, "the days do not fit; choose them on the page of results")
    head, rows = await _TABLES[table](session, days.since, days.until, viewer.zone)
    return csv_file(f"ringback-{table}-{days.first}-{days.last}.csv", head, rows)


async def _funnel_table(session: AsyncSession, since: datetime, until: datetime, _: str) -> Table:
    found = await funnels(session, since=since, until=until)
    came = [(funnel.rule, stage.value, "", funnel.at(stage)) for funnel in found for stage in Stage]
    lost = [(funnel.rule, loss.stage.value, loss.reason, loss.number) for funnel in found for loss in funnel.losses]
    return ("rule", "stage", "lost_by", "moments"), sorted([*came, *lost], key=lambda row: row[0])


async def _promise_table(session: AsyncSession, since: datetime, until: datetime, _: str) -> Table:
    found = await promise_results(session, since=since, until=until)
    return ("rule", "state", "cause", "promises"), [(each.rule, each.state.value, each.cause, each.number) for each in found]


async def _broken_table(session: AsyncSession, since: datetime, until: datetime, _: str) -> Table:
    known = ("customer_id", "subject", "rule")
    times = ("made_at", "due_at", "broken_at", "answered_at")
    found = await broken_promises(session, since=since, until=until)
    head = (*known, "cause", *times, "late_by_seconds")
    return head, [
        (
            *(str(getattr(each, name)) for name in known),
            each.cause,
            *(_iso(getattr(each, name)) for name in times),
            each.late_by,
        )
        for each in found
    ]


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


async def _attempt_table(session: AsyncSession, since: datetime, until: datetime, zone: str) -> Table:
    found = await attempt_results(session, since=since, until=until, zone=zone)
    rows = [(each.hour, result, number) for each in found for result, number in each.results.items()]
    return ("hour", "result", "attempts"), rows


async def _agent_table(session: AsyncSession, since: datetime, until: datetime, _: str) -> Table:
    counted = ("agent", "offered", "accepted", "rejected", "missed", "done", "solved")
    timed = ("speed_of_answer", "talk", "wrap_up", "handling")
    found = await agent_results(session, since=since, until=until)
    head = (*counted, *(f"{name}_seconds" for name in timed), "occupancy")
    return head, [tuple(getattr(each, name) for name in (*counted, *timed, "occupancy")) for each in found]


_TABLES: dict[str, Callable[[AsyncSession, datetime, datetime, str], Awaitable[Table]]] = {
    "funnel": _funnel_table,
    "promises": _promise_table,
    "broken": _broken_table,
    "attempts": _attempt_table,
    "agents": _agent_table,
}
