"""How many more customers may be told a time: what the crew planned for it can do, less what was promised for it already."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.intervals import Interval
from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.queueing.capacity import capacity
from orchestrator.queueing.outlook import Quarter
from orchestrator.queueing.tables import QueueRow, TaskRow
from orchestrator.settings import Settings

SLOT = timedelta(minutes=30)
_LONGEST = timedelta(hours=4)  # the longest call that is counted over several half-hours
_STANDING = (PromiseState.WRITTEN, PromiseState.OPEN)


@dataclass(frozen=True, slots=True)
class SlotRoom:
    """The crew by `quarters`, and the times (aware UTC) its callbacks were promised to be begun by."""

    quarters: Sequence[Quarter]
    promised: Sequence[datetime]

    def at(self, begin: datetime) -> int:
        """Return how many more callbacks may be promised for the half-hour from `begin` (aware) on.

        Where a call takes longer than its half-hour, whoever is planned can still begin one: it then takes the room of the
        half-hours around it.
        """
        fit, planned = self._able(begin, begin + SLOT)
        if not planned:
            return 0
        end = begin + SLOT
        while fit + 1e-9 < 1 and end - begin < _LONGEST:
            end += SLOT
            fit, _ = self._able(begin, end)
        before = begin - (end - begin - SLOT)
        return max(0, max(1, math.floor(fit + 1e-9)) - sum(before < due <= end for due in self.promised))

    def _able(self, begin: datetime, end: datetime) -> tuple[float, bool]:
        """Return how many callbacks are finished in that time, and whether anybody is planned for it."""
        able, planned = 0.0, False
        for quarter in self.quarters:
            shared = min(end, quarter.end) - max(begin, quarter.start)
            if shared > timedelta(0):
                able += quarter.capacity * (shared / (quarter.end - quarter.start))
                planned = planned or quarter.agents > 0
        return able, planned


async def slot_room(
    session: AsyncSession, task: TaskRow, times: Sequence[datetime], *, now: datetime, settings: Settings
) -> SlotRoom:
    """Return what room the task's queue has at `times` (aware, sorted, at least one)."""
    span = Interval(times[0] - _LONGEST, times[-1] + _LONGEST)
    known = await capacity(session, task.queue, (span,), now=now, settings=settings)
    promised = (
        select(func.max(PromiseRow.due_at))  # of a promise and its renewal the later
        .join(EscalationRow, col(EscalationRow.id) == col(PromiseRow.escalation_id))
        .where(EscalationRow.queue == task.queue, EscalationRow.id != task.escalation_id)
        .where(col(PromiseRow.state).in_(_STANDING), PromiseRow.due_at > span.start, PromiseRow.due_at <= span.end)
        .group_by(col(PromiseRow.escalation_id))
    )
    return SlotRoom(known.quarters, (await session.exec(promised)).all())


async def hold_slots(session: AsyncSession, queue: str) -> None:
    """Let nobody else promise a time of this queue until the transaction ends, so that the last room is given once."""
    await session.exec(select(QueueRow.name).where(QueueRow.name == queue).with_for_update())
