"""The agent's desk: the page, its part that is fetched again when it has changed, and the stream that says so."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.pages.desk.acting import SAID, WORK, gone, show
from api.pages.desk.stream import DeskWatcher
from api.pages.desk.view import Floor, Parts, agent_of, day_of
from api.pages.frame import fragment
from api.pages.people import Role, Viewer, allow, fetched_by_itself, secret_of
from orchestrator.queueing.desk_life import still_here
from orchestrator.queueing.desk_list import NOBODY
from orchestrator.queueing.stops import of_queues, switches_for

router = APIRouter(prefix="/desk", include_in_schema=False)

Me = Annotated[Viewer, allow(Role.AGENT)]


@router.get("")
async def show_desk(request: Request, me: Me, said: str = "", taken: UUID | None = None) -> Response:
    await _alive(request, me)
    return await show(request, me, notice=SAID.get(said), taken=None if taken is None else str(taken))


@router.get("/work")
@fetched_by_itself
async def show_work(request: Request, me: Me, mark: str = "") -> Response:
    """The task in hand; nothing where it is as the desk has it already, so that nobody is interrupted in typing."""
    await _alive(request, me)
    had = _task_of(mark)
    notice = None if had is None else await gone(Parts.of(request), me, had)
    return await show(request, me, notice=notice, template=WORK, unless=mark, had=had)


@router.get("/next")
@router.get("/tasks/{task_id}/{action}")
async def show_again(me: Me) -> Response:
    """Lead a reload of what answered a form to the desk as it is now."""
    return RedirectResponse("/desk", 303)


@router.get("/stopped")
@fetched_by_itself
async def show_stopped(request: Request, me: Me) -> Response:
    """Which calls are stopped, as the live desk asks for it."""
    async with Parts.of(request).database.transaction() as session:
        stops = of_queues(await switches_for(session, agent_of(me)))
    return fragment(request, "desk/stopped.html", viewer=me, stops=stops)


@router.get("/figures")
@fetched_by_itself
async def show_figures(request: Request, me: Me) -> Response:
    parts = Parts.of(request)
    async with parts.database.transaction() as session:
        day = await day_of(session, me, now=await parts.database.clock.now(session))
    return fragment(request, "desk/figures.html", viewer=me, floor=Floor(NOBODY, day))


async def admitted(request: Request) -> AsyncIterator[DeskWatcher]:
    watcher = await DeskWatcher.admit(request, secret_of(request))
    with request.app.state.streams.seat(watcher.reader):
        yield watcher


@router.get("/stream", response_class=EventSourceResponse)
async def stream(request: Request, watcher: Annotated[DeskWatcher, Depends(admitted)]) -> AsyncIterator[ServerSentEvent]:
    state = request.app.state
    async for event in watcher.watch(state.newsroom, state.attendance):
        yield event


async def _alive(request: Request, me: Viewer) -> None:
    parts, agent_id = Parts.of(request), agent_of(me)
    await parts.database.run(lambda session: still_here(session, agent_id, clock=parts.database.clock, settings=parts.settings))


def _task_of(mark: str) -> UUID | None:
    try:
        return UUID(mark.partition(".")[0])
    except ValueError:
        return None
