"""An agent's own figures since a given time: what was offered, done and solved, and how long it took."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Interval, func, type_coerce
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.outcome import Disposition
from orchestrator.queueing.tables import OfferEnding, OfferRow, TaskRow, TaskState
from orchestrator.telephony.tables import AttemptRow, Leg


@dataclass(frozen=True, slots=True)
class OwnDay:
    """`handling` is the mean from accepting to the end of wrap-up; None before the first task is done."""

    done: int
    solved: int
    talks: int
    talked: timedelta
    handling: timedelta | None
    missed: int


async def own_day(session: AsyncSession, agent_id: UUID, *, since: datetime) -> OwnDay:
    """Return the agent's figures from `since` (aware) on."""
    done, solved, handling = await _tasks(session, agent_id, since)
    talks, talked = await _talks(session, agent_id, since)
    missed = select(func.count()).select_from(OfferRow)
    missed = missed.where(OfferRow.agent_id == agent_id, col(OfferRow.offered_at) >= since)
    missed = missed.where(OfferRow.ending == OfferEnding.TIMED_OUT)
    count = (await session.exec(missed)).one()
    return OwnDay(done=done, solved=solved, talks=talks, talked=talked, handling=handling, missed=count)


async def _tasks(session: AsyncSession, agent_id: UUID, since: datetime) -> tuple[int, int, timedelta | None]:
    solved = func.count().filter(col(TaskRow.disposition) == Disposition.SOLVED.value)
    handling = func.avg(col(TaskRow.ended_at) - func.coalesce(col(TaskRow.accepted_at), col(TaskRow.offered_at)))
    query = select(func.count(), solved, handling).where(
        TaskRow.agent_id == agent_id, TaskRow.state == TaskState.DONE, col(TaskRow.ended_at) >= since
    )
    return (await session.exec(query)).one()


async def _talks(session: AsyncSession, agent_id: UUID, since: datetime) -> tuple[int, timedelta]:
    mine = col(AttemptRow.task_id).in_(select(TaskRow.id).where(TaskRow.agent_id == agent_id))
    spans = func.coalesce(col(AttemptRow.ended_at), func.clock_timestamp()) - col(AttemptRow.joined_at)
    length = type_coerce(func.sum(spans), Interval())
    query = select(func.count(), length).where(
        mine, AttemptRow.leg == Leg.CUSTOMER, col(AttemptRow.joined_at).is_not(None), col(AttemptRow.joined_at) >= since
    )
    count, talked = (await session.exec(query)).one()
    return count, talked or timedelta(0)
