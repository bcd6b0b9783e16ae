"""The open desks of this process: their signs of life are written together, as hundreds of them would write all the time."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from api.newsroom import Desk, Turn
from orchestrator.identity.sessions import agents_of, keep
from orchestrator.queueing.desk_life import on_duty, still_there
from orchestrator.queueing.presence import SIGN_EVERY
from orchestrator.settings import Settings
from orchestrator.storage.database import Database, DatabaseUnavailable

log = structlog.get_logger(__name__)

_ROUND = 1.0  # seconds between looks at who is due


@dataclass(frozen=True, slots=True, eq=False)
class _Seat:
    """An open desk: whose it is, the session that opened it, and where it is told to leave."""

    agent_id: UUID
    secret: str
    desk: Desk


class Attendance:
    """Goes round while `open`: notes that desks live, renews their agents' leases, and ends those whose session has ended."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._due: dict[_Seat, float] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Attendance"]:
        async with asyncio.TaskGroup() as tasks:
            going = tasks.create_task(self._go_round())
            try:
                yield self
            finally:
                going.cancel()

    @contextmanager
    def attended(self, agent_id: UUID, secret: str, desk: Desk) -> Iterator[None]:
        """Keep the desk attended, from the next round on."""
        seat = _Seat(agent_id, secret, desk)
        self._due[seat] = 0.0
        try:
            yield
        finally:
            del self._due[seat]

    async def _go_round(self) -> None:
        while True:
            now = asyncio.get_running_loop().time()
            if due := [seat for seat, at in self._due.items() if at <= now]:
                try:
                    await self._visit(due, again=now + SIGN_EVERY.total_seconds())
                except DatabaseUnavailable:  # nothing is lost by it: they are visited in the next round
                    pass
                except Exception as error:  # whatever it is, leases have to be renewed in the next round
                    log.exception("desks were not visited", error=type(error).__name__)
            await asyncio.sleep(_ROUND)

    async def _visit(self, seats: Sequence[_Seat], *, again: float) -> None:
        async def note(session: AsyncSession) -> dict[str, UUID]:
            signed_in = await agents_of(session, {seat.secret for seat in seats})
            await still_there(session, set(signed_in.values()), clock=self._database.clock, settings=self._settings)
            working = await on_duty(session, set(signed_in.values()))
            # Who waits for work clicks nothing, for hours perhaps: they are not signed out in the middle of their shift.
            await keep(session, [secret for secret, agent_id in signed_in.items() if agent_id in working])
            return signed_in

        signed_in = await self._database.run(note)
        for seat in seats:
            if signed_in.get(seat.secret) != seat.agent_id:
                seat.desk.turn(Turn.END)
            elif seat in self._due:
                self._due[seat] = again
