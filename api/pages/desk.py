"""The agent's desk: the page, its two parts that are fetched again when something changed, and the stream that says so."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import DatabaseDep, SettingsDep
from api.pages.desk_acting import SAID, gone, show
from api.pages.desk_stream import DeskWatcher
from api.pages.desk_view import Parts, agent_of
from api.pages.people import COOKIE, Role, Viewer, allow
from orchestrator.queueing.desk_life import still_here

router = APIRouter(prefix="/desk", include_in_schema=False)

Me = Annotated[Viewer, allow(Role.AGENT)]


@router.get("")
async def show_desk(request: Request, me: Me, said: str = "", taken: UUID | None = None) -> Response:
    await _alive(request, me)
    return await show(request, me, notice=SAID.get(said), taken=None if taken is None else str(taken))


@router.get("/work")
async def show_work(request: Request, me: Me, mark: str = "") -> Response:
    """The task in hand; nothing where it is as the desk has it already, so that nobody is interrupted in typing."""
    await _alive(request, me)
    had = _task_of(mark)
    notice = None if had is None else await gone(Parts.of(request), me, had)
    return await show(request, me, notice=notice, template="desk/work.html", unless=mark, had=had)


@router.get("/list")
async def show_list(request: Request, me: Me) -> Response:
    return await show(request, me, template="desk/list.html")


async def admitted(request: Request, database: DatabaseDep, settings: SettingsDep) -> DeskWatcher:
    return await DeskWatcher.admit(database, settings, request.cookies.get(COOKIE) or "")


@router.get("/stream", response_class=EventSourceResponse)
async def stream(request: Request, watcher: Annotated[DeskWatcher, Depends(admitted)]) -> AsyncIterator[ServerSentEvent]:
    state = request.app.state
    async for event in watcher.watch(state.newsroom, state.signs):
        yield event


async def _alive(request: Request, me: Viewer) -> None:
    parts, agent_id = Parts.of(request), agent_of(me)
    await parts.database.run(lambda session: still_here(session, agent_id, clock=parts.database.clock, settings=parts.settings))


def _task_of(mark: str) -> UUID | None:
    try:
        return UUID(mark.partition(".")[0])
    except ValueError:
        return None
