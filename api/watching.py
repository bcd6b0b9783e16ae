"""One open stream: who reads it, what concerns them, and what they are told."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi.sse import ServerSentEvent
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.newsroom import Item, Newsroom, Turn
from api.task_views import TaskView
from api.transactions import Signs
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import Principal, Unauthenticated, authenticate
from orchestrator.queueing.counts import QueueCount, counts
from orchestrator.queueing.desk_life import sign_of_life
from orchestrator.queueing.news import News
from orchestrator.queueing.presence import SIGN_EVERY
from orchestrator.queueing.pulling import in_hand
from orchestrator.queueing.tables import AgentQueueRow
from orchestrator.settings import Settings
from orchestrator.storage.database import Database, DatabaseUnavailable


class Watcher:
    """Who reads a stream. An agent is told of their own tasks and their queues, others of everything."""

    def __init__(self, database: Database, secret: str, who: Principal, queues: frozenset[str] | None) -> None:
        self._database, self._secret, self._who, self._queues = database, secret, who, queues

    @classmethod
    async def admit(cls, database: Database, secret: str) -> "Watcher":
        """Raises `Unauthenticated`. The transaction is over before the stream begins."""
        async with database.transaction() as session:
            who = await authenticate(session, secret)
            return cls(database, secret, who, await _queues(session, who))

    @property
    def reader(self) -> UUID:
        return self._who.token_id

    async def watch(self, newsroom: Newsroom, signs: Signs, settings: Settings) -> AsyncIterator[ServerSentEvent]:
        """Yield what is told until the server stops, the token ends or the database goes away."""
        numbers = itertools.count(1)
        async with newsroom.desk(self._wants) as desk:
            item: Item | None = Turn.RESYNC
            try:
                while item is not Turn.END:
                    yield await self._told(item, next(numbers))
                    if signs.due(self._who.token_id) and not await self._is_welcome(settings):
                        break
                    item = await desk.next(patience=SIGN_EVERY.total_seconds())
            except DatabaseUnavailable:
                pass  # whoever reads comes back, perhaps to a process that reaches it
            yield _event("end", {}, next(numbers))

    def _wants(self, item: News | QueueCount) -> bool:
        if self._queues is None:
            return True
        own = isinstance(item, News) and item.agent_id is not None and item.agent_id == self._who.agent_id
        return own or item.queue in self._queues

    async def _told(self, item: Item | None, number: int) -> ServerSentEvent:
        match item:
            case News(what=what, queue=queue, task_id=task_id, agent_id=agent_id):
                return _event(what, {"queue": queue, "task_id": _text(task_id), "agent_id": _text(agent_id)}, number)
            case QueueCount():
                return _event("queue", asdict(item), number)
            case None:
                return ServerSentEvent(comment="still here")
            case _:
                return _event("snapshot", await self._snapshot(), number)

    async def _snapshot(self) -> dict[str, Any]:
        async with self._database.transaction() as session:
            self._queues = await _queues(session, self._who)  # they may have changed since
            task = None if self._who.agent_id is None else await in_hand(session, self._who.agent_id)
            known = await counts(session, self._queues)
        shown = None if task is None else TaskView.model_validate(task).model_dump(mode="json")
        return {"task": shown, "queues": [asdict(each) for each in known]}

    async def _is_welcome(self, settings: Settings) -> bool:
        """Note the sign of life, and tell whether the token still holds."""
        async with self._database.transaction() as session:
            try:
                await authenticate(session, self._secret)
            except Unauthenticated:
                return False
            if self._who.agent_id is not None:
                clock = self._database.clock
                await sign_of_life(session, self._who.agent_id, clock=clock, settings=settings)
        return True


def _event(name: str, data: dict[str, Any], number: int) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=data, id=str(number))


def _text(known: UUID | None) -> str | None:
    return None if known is None else str(known)


async def _queues(session: AsyncSession, who: Principal) -> frozenset[str] | None:
    if who.scope is not Scope.AGENT:
        return None
    query = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == who.agent_id)
    return frozenset((await session.exec(query)).all())
