"""Agents come, pause and go: what that means for the work that is brought to them."""

from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.missing import note_return
from orchestrator.queueing.offers import offer, offer_to
from orchestrator.queueing.presence import Chosen, lock_agent, set_presence
from orchestrator.queueing.pulling import in_hand
from orchestrator.queueing.tables import AgentRow, OfferEnding, Presence, TaskKind, TaskRow, TaskState
from orchestrator.queueing.tasks import requeue
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.outbox import hint_escalation


async def change_presence(
    session: AsyncSession, agent_id: UUID, presence: Chosen, *, pause_code: str | None, clock: Clock, settings: Settings
) -> AgentRow:
    """Write the agent's own choice. Who becomes available is offered work; who leaves gives back what was on offer.

    A task they have accepted stays theirs as long as their desk renews its lease. Raises `NoSuchAgent`, `BadInput`.
    """
    agent = await lock_agent(session, agent_id)
    now = await clock.now(session)
    did_not_answer = agent.presence is Presence.NOT_ANSWERING
    await set_presence(session, agent, presence, pause_code=pause_code, now=now)
    if did_not_answer:
        await note_return(session, agent, now=now)
    if presence is Presence.AVAILABLE:
        await offer_to(session, agent, now=now, settings=settings)
    else:
        await _give_back(session, agent, now=now, settings=settings)
    return agent


async def _give_back(session: AsyncSession, agent: AgentRow, *, now: datetime, settings: Settings) -> None:
    task = await in_hand(session, agent.id)
    if task is None or task.state is not TaskState.RESERVED or task.kind is TaskKind.CALL:
        return
    # Who works on the task at this moment (it is being withdrawn, or taken back) needs no help with it.
    free = select(TaskRow.id).where(TaskRow.id == task.id).with_for_update(skip_locked=True)
    if (await session.exec(free)).first() is None:
        return
    await requeue(session, task, reason=agent.presence.value, ending=OfferEnding.REJECTED, now=now)
    await hint_escalation(session, task.escalation_id, at=now)
    await offer(session, task.queue, now=now, settings=settings)
