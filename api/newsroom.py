"""News from the database for every open desk: one listening connection a process, a bounded mailbox for each desk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto

import psycopg
import structlog

from orchestrator.queueing.counts import QueueCount, counts
from orchestrator.queueing.news import News
from orchestrator.settings import Settings
from orchestrator.storage.database import Database, DatabaseUnavailable
from orchestrator.storage.outbox import CHANNEL_DESK

log = structlog.get_logger(__name__)

_MAILBOX = 100  # news; a desk that reads slower starts over with a snapshot
_GATHERED = 0.05  # seconds: queues that change together are counted together
_COUNT_EVERY = 0.5  # seconds: how often the queues that changed are counted at most, once for all desks
_RECONNECT = 1.0  # seconds


class Turn(Enum):
    """What a desk is told beside news."""

    RESYNC = auto()  # something may have been missed: begin again with a snapshot
    END = auto()  # this process stops: come back to another


Item = News | QueueCount | Turn


class Desk:
    """One open stream. `wants` says which news concern it."""

    def __init__(self, wants: Callable[[News | QueueCount], bool]) -> None:
        self._wants = wants
        self._mail: asyncio.Queue[Item] = asyncio.Queue(_MAILBOX)

    def tell(self, item: News | QueueCount) -> None:
        if not self._wants(item):
            return
        try:
            self._mail.put_nowait(item)
        except asyncio.QueueFull:
            self.turn(Turn.RESYNC)

    def turn(self, turn: Turn) -> None:
        """Drop what waits: the turn says it all."""
        while not self._mail.empty():
            self._mail.get_nowait()
        self._mail.put_nowait(turn)

    async def next(self, *, patience: float) -> Item | None:
        """Return the next item, or None after `patience` seconds without one."""
        try:
            async with asyncio.timeout(patience):
                return await self._mail.get()
        except TimeoutError:
            return None


class Newsroom:
    """Listens while `open`; fans what it hears out to the desks.

    What was read from the database in an `edition` holds all that desks were told of queues so far.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._url = settings.database().replace("postgresql+psycopg://", "postgresql://", 1)
        self._database = database
        self._desks: set[Desk] = set()
        self._changed: set[str] = set()
        self._stirred = asyncio.Event()
        self.edition = 0
        self._ended = False
        self.listening = asyncio.Event()  # set once news can be heard

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Newsroom"]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._listen()), tasks.create_task(self._count())]
            try:
                yield self
            finally:
                self.end()
                for task in running:
                    task.cancel()

    @asynccontextmanager
    async def desk(self, wants: Callable[[News | QueueCount], bool]) -> AsyncIterator[Desk]:
        """Yield a mailbox that is filled from now on."""
        desk = Desk(wants)
        self._desks.add(desk)
        if self._ended:
            desk.turn(Turn.END)
        try:
            yield desk
        finally:
            self._desks.discard(desk)

    def end(self) -> None:
        """Tell every desk, and those still to come, to leave: before the server waits for its connections to close."""
        self._ended = True
        self._turn_all(Turn.END)

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL_DESK}")
                    self.edition += 1
                    self._turn_all(Turn.RESYNC)  # what was said while nobody listened is lost
                    self.listening.set()
                    async for notification in connection.notifies():
                        self._hear(notification.payload)
            self.listening.clear()
            log.warning("news are not heard", retry_in=_RECONNECT)
            await asyncio.sleep(_RECONNECT)

    def _hear(self, payload: str) -> None:
        try:
            news = News.read(payload)
        except (ValueError, KeyError, TypeError):  # of another version of ours, running beside this one
            log.warning("news of an unknown kind")
            return
        if news.queue is not None:
            self._changed.add(news.queue)
            self._stirred.set()
        self._tell_all(news)

    async def _count(self) -> None:
        while True:
            await self._stirred.wait()
            await asyncio.sleep(_GATHERED)
            self._stirred.clear()
            changed, self._changed = self._changed, set()
            self.edition += 1
            if self._desks:
                await self._tell_counts(changed)
                await asyncio.sleep(_COUNT_EVERY)

    async def _tell_counts(self, changed: set[str]) -> None:
        try:
            async with self._database.transaction() as session:
                known = await counts(session, changed)
        except DatabaseUnavailable:
            return
        except Exception as error:  # whatever it is, the desks are told of what comes next
            log.exception("queues were not counted", error=type(error).__name__)
            return
        for each in known:
            self._tell_all(each)

    def _tell_all(self, item: News | QueueCount) -> None:
        for desk in list(self._desks):
            desk.tell(item)

    def _turn_all(self, turn: Turn) -> None:
        for desk in list(self._desks):
            desk.turn(turn)
