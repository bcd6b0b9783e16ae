"""An open desk: its signs of life, the lease it renews, and what became of a task that left it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing import leases
from orchestrator.queueing.missing import was_missed
from orchestrator.queueing.offers import employ
from orchestrator.queueing.presence import empty_handed, seen
from orchestrator.queueing.pulling import in_hand
from orchestrator.queueing.tables import HELD, AgentRow, Presence, TaskRow, TaskState
from orchestrator.queueing.tasks import OVER
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock

GIVEN_ON = "given_on"
MISSED = "missed"  # the offer ran out: the desk tells of it by itself
BY_AGENT = "agent"


async def still_here(session: AsyncSession, agent_id: UUID, *, clock: Clock, settings: Settings) -> None:
    """Note a sign of life and renew the lease of what the agent holds, unless somebody is at that row: it lives then."""
    await sign_of_life(session, agent_id, clock=clock, settings=settings)
    mine = select(TaskRow).where(TaskRow.agent_id == agent_id, col(TaskRow.state).in_(HELD))
    locked = mine.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    task = (await session.exec(locked)).first()
    if task is not None:
        await leases.heartbeat(session, task, now=await clock.now(session), settings=settings)


async def sign_of_life(session: AsyncSession, *agent_ids: UUID, clock: Clock, settings: Settings) -> None:
    """Note that these agents' desks live. Who counted as gone until now has arrived: they are brought work."""
    if back := await seen(session, *agent_ids):
        await employ(session, back, now=await clock.now(session), settings=settings)


async def still_there(session: AsyncSession, agent_ids: Collection[UUID], *, clock: Clock, settings: Settings) -> None:
    """Do for many open desks what `still_here` does for one."""
    await sign_of_life(session, *agent_ids, clock=clock, settings=settings)
    accepted = [state for state in HELD if state is not TaskState.RESERVED]  # an offer waits for an answer
    theirs = select(TaskRow.id).where(col(TaskRow.agent_id).in_(agent_ids), col(TaskRow.state).in_(accepted))
    renewed = update(TaskRow).where(col(TaskRow.id).in_(theirs.with_for_update(skip_locked=True)))
    await (await session.connection()).execute(renewed.values(lease_until=func.clock_timestamp() + settings.lease))


async def on_duty(session: AsyncSession, agent_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those who are at work by what they said or hold: available, or with a task in hand."""
    working = (col(AgentRow.presence) == Presence.AVAILABLE) | ~empty_handed()
    query = select(AgentRow.id).where(col(AgentRow.id).in_(agent_ids), working)
    return frozenset((await session.exec(query)).all())


@dataclass(frozen=True, slots=True)
class Left:
    """Why a task left a desk, as a code; `words` are those of the supervisor who withdrew it."""

    code: str
    words: str | None = None


async def why_gone(session: AsyncSession, task_id: UUID, *, agent_id: UUID) -> Left | None:
    """Return why a task is no longer on the agent's desk; None where it is, or where the agent ended it."""
    held = await in_hand(session, agent_id)
    if held is not None and held.id == task_id:
        return None
    task = (await session.exec(select(TaskRow).where(TaskRow.id == task_id))).first()
    if task is None or task.agent_id != agent_id or task.state not in OVER:
        return Left(MISSED if await was_missed(session, task_id, agent_id=agent_id) else GIVEN_ON)
    if task.end_reason == BY_AGENT:
        return None
    code = task.end_reason or task.state.value
    return Left(code, await _words(session, task) if code == Outcome.CANCELED else None)


async def _words(session: AsyncSession, task: TaskRow) -> str | None:
    case = await session.get_one(EscalationRow, task.escalation_id)
    return None if case.reasons else case.canceled_reason  # one that was merged away was canceled by nobody
