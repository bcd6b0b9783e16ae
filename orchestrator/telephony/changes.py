"""The one way an attempt's row is changed: under all its locks, with the escalation looking on."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.calls import attempt_changed
from orchestrator.escalations.lifecycle import opt_out
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony import attempts
from orchestrator.telephony.attempts import NEVER
from orchestrator.telephony.repository import Case, lock_case
from orchestrator.telephony.tables import AttemptRow

Move = Callable[[AttemptRow, datetime], bool]


class Changes:
    """Changes attempts of this deployment."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    async def tell(self, session: AsyncSession, case: Case, attempt: AttemptRow, now: datetime) -> None:
        """Let the escalation react to what became of an attempt of the case, in the same transaction."""
        session.add(attempt)
        await session.flush()
        if attempt.pressed == NEVER and case.customer.opted_out_at is None:
            # Whatever became of call, task and escalation meanwhile: who has said never is not called again.
            await opt_out(session, case.customer, now=now)
        await attempt_changed(session, case.customer, case.escalation, case.task, attempt, now=now, settings=self._settings)
        if case.task is not None and case.task.agent_id is not None:
            await tell_of_task(session, What.CHANGED, case.task)  # the desk shows how far the call has come

    async def join(self, session: AsyncSession, case: Case, agent: AttemptRow, customer: AttemptRow, now: datetime) -> None:
        """Both people are in the room: note it on both legs, once."""
        news = [attempts.join(leg, now) for leg in (agent, customer)]
        if any(news):
            await self.tell(session, case, agent, now)
            await self.tell(session, case, customer, now)

    async def apply(self, attempt_id: UUID, move: Move) -> bool:
        """Apply `move` in a transaction of its own; return whether it changed anything its escalation hears of."""

        async def work(session: AsyncSession) -> bool:
            case = await lock_case(session, attempt_id)
            if case is None:
                return False
            now = await self._database.clock.now(session)
            moved = move(case.attempt, now)
            session.add(case.attempt)
            if moved:
                await self.tell(session, case, case.attempt, now)
            return moved

        return await self._database.run(work)
