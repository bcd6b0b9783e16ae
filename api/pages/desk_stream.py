"""The desk's stream: the list of what waits, word that the work in hand has changed, and the agent's lease while it is open."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from fastapi import HTTPException, Request
from fastapi.sse import ServerSentEvent
from sqlmodel.ext.asyncio.session import AsyncSession

from api.newsroom import Item, Newsroom, Turn
from api.pages.desk_lists import Look, WaitingLists
from api.pages.desk_view import Parts
from api.pages.languages import language_of
from api.transactions import Signs
from orchestrator.identity.people import Role, Viewer
from orchestrator.identity.sessions import viewer_of
from orchestrator.queueing.counts import QueueCount
from orchestrator.queueing.desk_life import still_here
from orchestrator.queueing.desk_list import sight_of
from orchestrator.queueing.news import News
from orchestrator.queueing.presence import SIGN_EVERY
from orchestrator.queueing.tables import AgentRow
from orchestrator.storage.database import DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class Seat:
    """Who reads a stream, and how their list looks."""

    agent_id: UUID
    look: Look


class DeskWatcher:
    """One agent's open desk, let in by the session's cookie. Told of their own task, and of what waits on their queues."""

    def __init__(self, parts: Parts, lists: WaitingLists, secret: str, language: str, seat: Seat) -> None:
        self._parts, self._lists, self._secret, self._language = parts, lists, secret, language
        self._seat = seat
        self._shown: str | None = None

    @classmethod
    async def admit(cls, request: Request, secret: str) -> "DeskWatcher":
        """Let in whoever holds an agent's session; 401 for others. The transaction is over before the stream begins."""
        parts = Parts.of(request)
        async with parts.database.transaction() as session:
            viewer = await _agent(session, secret)
            if viewer is None:
                raise HTTPException(401, "sign in again", {"HX-Redirect": "/sign-in"})
            language = language_of(request, viewer.locale)
            seat = await _seat(session, viewer, language)
        return cls(parts, request.app.state.lists, secret, language, seat)

    async def watch(self, newsroom: Newsroom, signs: Signs) -> AsyncIterator[ServerSentEvent]:
        """Yield the list and `work` as they change, until the server stops, the session ends or the database goes."""
        numbers = (str(number) for number in itertools.count(1))
        async with newsroom.desk(self._wants) as desk:
            item: Item | None = Turn.RESYNC
            try:
                while item is not Turn.END:
                    if isinstance(item, News | Turn):
                        yield ServerSentEvent(event="work", data={}, id=next(numbers))
                    if isinstance(item, QueueCount | Turn) and (drawn := await self._drawn(newsroom)) is not None:
                        yield ServerSentEvent(raw_data=drawn, id=next(numbers))
                    if item is None:
                        yield ServerSentEvent(comment="still here")
                    if signs.due(self._seat.agent_id) and not await self._is_welcome():
                        break
                    item = await desk.next(patience=SIGN_EVERY.total_seconds())
            except DatabaseUnavailable:
                pass  # the desk comes back, perhaps to a process that reaches it

    def _wants(self, item: News | QueueCount) -> bool:
        if isinstance(item, News):
            return item.agent_id == self._seat.agent_id
        return item.queue in self._seat.look.sight.queues

    async def _drawn(self, newsroom: Newsroom) -> str | None:
        """Return the list, unless the desk has this very one."""
        drawn = await self._lists.drawn(self._parts.database, self._seat.look, edition=newsroom.edition)
        if drawn is self._shown:
            return None
        self._shown = drawn
        return drawn

    async def _is_welcome(self) -> bool:
        """Note the sign of life and renew the lease, and tell whether the session still holds."""
        database, settings = self._parts.database, self._parts.settings
        async with database.transaction() as session:
            viewer = await _agent(session, self._secret)
            if viewer is None:
                return False
            self._seat = await _seat(session, viewer, self._language)  # a supervisor may have changed it
            await still_here(session, self._seat.agent_id, clock=database.clock, settings=settings)
        return True


async def _agent(session: AsyncSession, secret: str) -> Viewer | None:
    viewer = await viewer_of(session, secret)
    return None if viewer is None or not viewer.may(Role.AGENT) or viewer.agent_id is None else viewer


async def _seat(session: AsyncSession, viewer: Viewer, language: str) -> Seat:
    agent = await session.get_one(AgentRow, viewer.agent_id)
    return Seat(agent.id, Look(await sight_of(session, agent), language, viewer.zone))
