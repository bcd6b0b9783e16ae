"""The desk's stream: the list of what waits, and word that the work in hand has changed."""

import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from fastapi import HTTPException, Request
from fastapi.sse import ServerSentEvent

from api.newsroom import Item, Newsroom, Turn
from api.pages.desk.attendance import Attendance
from api.pages.desk.lists import Look, WaitingLists
from api.pages.languages import language_of
from orchestrator.identity.people import Role
from orchestrator.identity.sessions import viewer_of
from orchestrator.queueing.counts import QueueCount
from orchestrator.queueing.desk_list import sight_of
from orchestrator.queueing.news import News, What
from orchestrator.queueing.presence import SIGN_EVERY
from orchestrator.queueing.tables import AgentRow
from orchestrator.storage.database import Database, DatabaseUnavailable


@dataclass(frozen=True, slots=True)
class Seat:
    """Who reads a stream, and how their list looks."""

    person_id: UUID
    agent_id: UUID
    look: Look


class DeskWatcher:
    """One agent's open desk, let in by the session's cookie. Told of their task and of their queues."""

    def __init__(self, database: Database, lists: WaitingLists, secret: str, seat: Seat) -> None:
        self._database, self._lists, self._secret, self._seat = database, lists, secret, seat
        self._shown: str | None = None

    @property
    def reader(self) -> UUID:
        return self._seat.person_id

    @classmethod
    async def admit(cls, request: Request, secret: str) -> "DeskWatcher":
        """Let in whoever holds an agent's session; 401 for others. The transaction is over before the stream begins."""
        database: Database = request.app.state.database
        async with database.transaction() as session:
            viewer = await viewer_of(session, secret, by_itself=True)
            if viewer is None or not viewer.may(Role.AGENT) or viewer.agent_id is None:
                raise HTTPException(401, "sign in again", {"HX-Redirect": "/sign-in"})
            sight = await sight_of(session, await session.get_one(AgentRow, viewer.agent_id))
        look = Look(sight, language_of(request, viewer.locale), viewer.zone)
        return cls(database, request.app.state.lists, secret, Seat(viewer.person_id, viewer.agent_id, look))

    async def watch(
        self, newsroom: Newsroom, attendance: Attendance, *, patience: timedelta = SIGN_EVERY
    ) -> AsyncIterator[ServerSentEvent]:
        """Yield the list and `work` as they change, until the server stops, the session ends or the database goes.

        Where no news come for `patience`, the list is looked at all the same: time alone breaks promises and makes tasks due.
        """
        numbers = (str(number) for number in itertools.count(1))
        async with newsroom.desk(self._wants) as desk:
            with attendance.attended(self._seat.agent_id, self._secret, desk), suppress(DatabaseUnavailable):
                # Where the database goes away, the desk comes back, perhaps to a process that reaches it.
                item: Item | None = Turn.RESYNC
                while item is not Turn.END:
                    if isinstance(item, News) and item.what is What.PRESENCE:
                        await self._sit_again()
                    if isinstance(item, News | Turn):
                        yield ServerSentEvent(event="work", data={}, id=next(numbers))
                    if (drawn := await self._drawn(newsroom)) is not None:
                        yield ServerSentEvent(raw_data=drawn, id=next(numbers))
                    if isinstance(item, Turn) or (isinstance(item, News) and item.what is What.FLOOR):
                        yield ServerSentEvent(event="floor", data={}, id=next(numbers))
                    if item is None:
                        yield ServerSentEvent(comment="still here")
                    item = await desk.next(patience=patience.total_seconds())

    async def _sit_again(self) -> None:
        """Read anew what the agent may see: their queues, languages or skills may have been changed."""
        async with self._database.transaction() as session:
            sight = await sight_of(session, await session.get_one(AgentRow, self._seat.agent_id))
        self._seat = replace(self._seat, look=replace(self._seat.look, sight=sight))

    def _wants(self, item: News | QueueCount) -> bool:
        if isinstance(item, News) and item.what is not What.FLOOR:
            return item.agent_id == self._seat.agent_id
        return item.queue in self._seat.look.sight.queues

    async def _drawn(self, newsroom: Newsroom) -> str | None:
        """Return the list, unless the desk has this very one."""
        drawn = await self._lists.drawn(self._database, self._seat.look, self._seat.agent_id, edition=newsroom.edition)
        if drawn == self._shown:
            return None
        self._shown = drawn
        return drawn
