"""The console's page as it changes: the floor drawn anew for its reader, and word that the list of tasks has changed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import DatabaseDep
from api.newsroom import Desk, Item, Newsroom, Turn
from api.pages.console.now import Lens, floor_of
from api.pages.frame import render
from api.pages.people import Role, Viewer, secret_of
from orchestrator.identity.sessions import viewer_of
from orchestrator.storage.database import Database, DatabaseUnavailable

router = APIRouter()

_EVERY = 0.3  # seconds: the floor is drawn no more often, however much happens
_PATIENCE = 10.0  # seconds without news: drawn all the same, for what only time changes


class ConsoleWatcher:
    """Who reads the stream, and through which lens. A session that has ended ends the stream."""

    def __init__(self, database: Database, secret: str, lens: Lens) -> None:
        self._database, self._secret, self._lens = database, secret, lens

    async def watch(self, newsroom: Newsroom) -> AsyncIterator[ServerSentEvent]:
        """Yield the floor whenever it changes, until the server stops, the session ends or the database goes away."""
        async with newsroom.desk(lambda _: True) as desk:
            item: Item | None = Turn.RESYNC
            try:
                while item is not Turn.END:
                    drawn = await self._drawn()
                    if drawn is None:
                        return
                    yield ServerSentEvent(raw_data=drawn)
                    yield ServerSentEvent(event="tasks", raw_data="changed")
                    item = await _gathered(desk)
            except DatabaseUnavailable:
                return  # whoever reads comes back, perhaps to a process that reaches it

    async def _drawn(self) -> str | None:
        async with self._database.transaction() as session:
            viewer = await viewer_of(session, self._secret, by_itself=True)
            if viewer is None or not _may_watch(viewer):
                return None
            known = await floor_of(session, self._lens)
        more = {"zone": viewer.zone, "csrf": viewer.csrf, "may_act": viewer.may(Role.SUPERVISOR)}
        return render("console/parts/floor.html", language=self._lens.language, **known, **more)


async def admitted(request: Request, database: DatabaseDep) -> AsyncIterator[ConsoleWatcher]:
    """Yield the reader of the cookie's session. The transaction is over before the stream begins."""
    secret = secret_of(request)
    async with database.transaction() as session:
        viewer = await viewer_of(session, secret, by_itself=True)
    if viewer is None:
        raise HTTPException(401, "sign in again", {"HX-Redirect": "/sign-in"})
    if not _may_watch(viewer):
        raise HTTPException(403, "this page is not for your role")
    with request.app.state.streams.seat(viewer.person_id):
        yield ConsoleWatcher(database, secret, Lens.of(request, viewer))


@router.get("/console/stream", response_class=EventSourceResponse)
async def stream(request: Request, watcher: Annotated[ConsoleWatcher, Depends(admitted)]) -> AsyncIterator[ServerSentEvent]:
    async for event in watcher.watch(request.app.state.newsroom):
        yield event


def _may_watch(viewer: Viewer) -> bool:
    return viewer.may(Role.SUPERVISOR, Role.AUDITOR)


async def _gathered(desk: Desk) -> Item | None:
    """Return the next turn after the news of a moment: many that come together are drawn once."""
    item = await desk.next(patience=_PATIENCE)
    if item is None or item is Turn.END:
        return item
    until = asyncio.get_running_loop().time() + _EVERY
    while (left := until - asyncio.get_running_loop().time()) > 0:
        further = await desk.next(patience=left)
        if further is Turn.END:
            return further
    return item
