"""What waits, drawn once for all desks that see the same: a change of a queue concerns hundreds of them at one moment."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeVar
from uuid import UUID

from api.pages.frame import render
from orchestrator.detection.library import RuleLibrary
from orchestrator.queueing.desk_list import Sight, keepers, waiting_for
from orchestrator.storage.database import Database

Result = TypeVar("Result")
_FRESH = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Look:
    """What a list is drawn from, beside the tasks: desks with the same look show the same."""

    sight: Sight
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class _Work(Generic[Result]):
    begun: float
    result: asyncio.Task[Result]

    def is_good(self, at: float, *, fresh: timedelta) -> bool:
        failed = self.result.done() and (self.result.cancelled() or self.result.exception() is not None)
        return not failed and at - self.begun < fresh.total_seconds()


class WaitingLists:
    """One per process: the lists of the newsroom's present edition.

    What only time changes, such as a promise that breaks, is drawn anew after `fresh`.
    """

    def __init__(self, rules: RuleLibrary, *, fresh: timedelta = _FRESH) -> None:
        self._rules, self._fresh = rules, fresh
        self._edition = 0
        self._drawings: dict[Look, _Work[str]] = {}
        self._keepers: _Work[frozenset[UUID]] | None = None

    async def drawn(self, database: Database, look: Look, agent_id: UUID, *, edition: int) -> str:
        """Return the list as HTML. All who ask in one edition wait for the same drawing. Raises `DatabaseUnavailable`.

        Those for whom a task is kept get one of their own.
        """
        if edition != self._edition:
            self._edition, self._drawings, self._keepers = edition, {}, None
        now = asyncio.get_running_loop().time()
        if self._keepers is None or not self._keepers.is_good(now, fresh=self._fresh):
            self._keepers = _Work(now, asyncio.create_task(_keepers(database)))
        if agent_id in await asyncio.shield(self._keepers.result):
            look = replace(look, sight=replace(look.sight, keeper=agent_id))
        known = self._drawings.get(look)
        if known is None or not known.is_good(now, fresh=self._fresh):
            known = self._drawings[look] = _Work(now, asyncio.create_task(self._draw(database, look)))
        return await asyncio.shield(known.result)  # one that leaves while it waits takes the drawing from nobody

    async def _draw(self, database: Database, look: Look) -> str:
        async with database.transaction() as session:
            now = await database.clock.now(session)
            waiting = await waiting_for(session, look.sight, rules=self._rules, language=look.language, now=now)
        drawn = render("desk/list.html", language=look.language, zone=look.zone, now=now, waiting=waiting)
        return " ".join(drawn.split("\n"))  # each line of a message costs every stream a little


async def _keepers(database: Database) -> frozenset[UUID]:
    async with database.transaction() as session:
        return await keepers(session, now=await database.clock.now(session))
