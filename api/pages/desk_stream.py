"""The desk's stream: says which part of the desk to fetch again, and keeps the agent's lease while it is open."""

import itertools
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import HTTPException
from fastapi.sse import ServerSentEvent
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.newsroom import Item, Newsroom, Turn
from api.transactions import Signs
from orchestrator.identity.people import Role
from orchestrator.identity.sessions import viewer_of
from orchestrator.queueing.counts import QueueCount
from orchestrator.queueing.desk_life import still_here
from orchestrator.queueing.news import News
from orchestrator.queueing.presence import SIGN_EVERY
from orchestrator.queueing.tables import AgentQueueRow
from orchestrator.settings import Settings
from orchestrator.storage.database import Database, DatabaseUnavailable


class DeskWatcher:
    """One agent's open desk, let in by the session's cookie. Told of their own task, and of counts of their queues."""

    def __init__(self, database: Database, settings: Settings, secret: str, agent_id: UUID, queues: frozenset[str]) -> None:
        self._database, self._settings, self._secret = database, settings, secret
        self._agent_id, self._queues = agent_id, queues

    @classmethod
    async def admit(cls, database: Database, settings: Settings, secret: str) -> "DeskWatcher":
        """Let in whoever holds an agent's session; 401 for others. The transaction is over before the stream begins."""
        async with database.transaction() as session:
            agent_id = await _agent(session, secret)
            if agent_id is None:
                raise HTTPException(401, "sign in again", {"HX-Redirect": "/sign-in"})
            queues = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent_id)
            return cls(database, settings, secret, agent_id, frozenset((await session.exec(queues)).all()))

    async def watch(self, newsroom: Newsroom, signs: Signs) -> AsyncIterator[ServerSentEvent]:
        """Yield `work` and `waiting` as they change, until the server stops, the session ends or the database goes."""
        numbers = (str(number) for number in itertools.count(1))
        async with newsroom.desk(self._wants) as desk:
            item: Item | None = Turn.RESYNC
            try:
                while item is not Turn.END:
                    for name in _parts(item):
                        yield ServerSentEvent(event=name, data={}, id=next(numbers))
                    if item is None:
                        yield ServerSentEvent(comment="still here")
                    if signs.due(self._agent_id) and not await self._is_welcome():
                        break
                    item = await desk.next(patience=SIGN_EVERY.total_seconds())
            except DatabaseUnavailable:
                pass  # the desk comes back, perhaps to a process that reaches it

    def _wants(self, item: News | QueueCount) -> bool:
        if isinstance(item, News):
            return item.agent_id == self._agent_id
        return item.queue in self._queues

    async def _is_welcome(self) -> bool:
        """Note the sign of life and renew the lease, and tell whether the session still holds."""
        async with self._database.transaction() as session:
            if await _agent(session, self._secret) is None:
                return False
            await still_here(session, self._agent_id, clock=self._database.clock, settings=self._settings)
        return True


def _parts(item: Item | None) -> tuple[str, ...]:
    match item:
        case News():
            return ("work",)
        case QueueCount():
            return ("waiting",)
        case None:
            return ()
        case _:
            return ("work", "waiting")


async def _agent(session: AsyncSession, secret: str) -> UUID | None:
    viewer = await viewer_of(session, secret)
    return None if viewer is None or not viewer.may(Role.AGENT) else viewer.agent_id
