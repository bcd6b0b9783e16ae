"""What an agent does with a task in hand. Each takes all locks in order, checks the fence, and writes task and case alike."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations import dispositions
from orchestrator.escalations.records import move, nudge
from orchestrator.escalations.states import State
from orchestrator.escalations.sub_dispositions import check_offered
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing import leases
from orchestrator.queueing.leases import check_fence, check_state
from orchestrator.queueing.offers import offer, offer_to
from orchestrator.queueing.presence import lock_agent
from orchestrator.queueing.tables import AgentRow, QueueRow, TaskRow, TaskState
from orchestrator.queueing.tasks import NoSuchTask, lock_task
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.locks import lock_escalation

_CALL_OVER = (TaskState.ASSIGNED, TaskState.WRAPPING)


@dataclass(frozen=True, slots=True)
class Hold:
    """By what an agent holds a task: who they are, and the fence of the reservation that gave it to them."""

    task_id: UUID
    agent_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class InHand:
    """A task with all that belongs to it, locked; `now` was read after the locks."""

    customer: CustomerRow
    escalation: EscalationRow
    agent: AgentRow
    task: TaskRow
    now: datetime

    def is_held_by(self, hold: Hold) -> bool:
        """Tell whether the task is, or was last, the agent's by this fence."""
        return (self.task.agent_id, self.task.fence) == (hold.agent_id, hold.fence)


async def take_in_hand(session: AsyncSession, hold: Hold, *, clock: Clock) -> InHand:
    """Lock customer, escalation, agent and task, and check the fence. Raises `NoSuchTask`, `StaleFence`, `TaskGone`."""
    known = await _locked(session, hold, clock=clock)
    check_fence(known.task, agent_id=hold.agent_id, fence=hold.fence)
    return known


async def _locked(session: AsyncSession, hold: Hold, *, clock: Clock) -> InHand:
    locked = await lock_escalation(session, await escalation_of(session, hold.task_id))
    if locked is None:
        raise NoSuchTask(f"no task {hold.task_id}")
    agent = await lock_agent(session, hold.agent_id)
    task = await lock_task(session, hold.task_id)
    return InHand(*locked, agent, task, await clock.now(session))


async def escalation_of(session: AsyncSession, task_id: UUID) -> UUID:
    """Return the id of the task's escalation. Raises `NoSuchTask`."""
    found = (await session.exec(select(TaskRow.escalation_id).where(TaskRow.id == task_id))).first()
    if found is None:
        raise NoSuchTask(f"no task {task_id}")
    return found


async def accept(session: AsyncSession, hold: Hold, *, clock: Clock, settings: Settings) -> TaskRow:
    """Take the task that is on offer. Done twice, it changes nothing more."""
    known = await take_in_hand(session, hold, clock=clock)
    if await leases.accept(session, known.task, now=known.now, settings=settings):
        move(session, known.escalation, State.ASSIGNED, now=known.now, task=str(known.task.id))
    return known.task


async def reject(session: AsyncSession, hold: Hold, *, reason: str, clock: Clock, settings: Settings) -> TaskRow:
    """Give the offered task back with a reason; it is offered to somebody else at once."""
    known = await take_in_hand(session, hold, clock=clock)
    await leases.reject(session, known.task, reason=reason, now=known.now)
    known.agent.idle_since = known.now
    await nudge(session, known.escalation, now=known.now)
    await offer(session, known.task.queue, now=known.now, settings=settings)
    return known.task


async def call(session: AsyncSession, hold: Hold, *, clock: Clock, settings: Settings) -> TaskRow:
    """Ask for the call: the agent's own phone rings first. Done twice, it changes nothing more."""
    known = await take_in_hand(session, hold, clock=clock)
    if await leases.request_call(session, known.task, now=known.now, settings=settings):
        await nudge(session, known.escalation, now=known.now)
    return known.task


async def complete(
    session: AsyncSession,
    hold: Hold,
    *,
    disposition: str,
    notes: str | None,
    clock: Clock,
    settings: Settings,
    sub_disposition: str | None = None,
    worth_calling: bool | None = None,
) -> TaskRow:
    """End the task with the agent's disposition, and offer them the next. Raises `BadInput` for an unknown disposition.

    The same disposition again changes nothing: a desk repeats it when the answer was lost.
    """
    known = await _locked(session, hold, clock=clock)
    if known.is_held_by(hold) and known.task.state is TaskState.DONE and known.task.disposition == disposition:
        return known.task
    check_fence(known.task, agent_id=hold.agent_id, fence=hold.fence)
    check_state(known.task, *_CALL_OVER)
    check_offered((await session.get_one(QueueRow, known.task.queue)).outcomes, disposition, sub_disposition)
    await dispositions.complete(
        session,
        known.customer,
        known.escalation,
        known.task,
        disposition=disposition,
        notes=notes,
        now=known.now,
        sub_disposition=sub_disposition,
        worth_calling=worth_calling,
    )
    await session.flush()
    await offer_to(session, known.agent, now=known.now, settings=settings)
    return known.task


async def heartbeat(session: AsyncSession, hold: Hold, *, clock: Clock, settings: Settings) -> TaskRow:
    """Renew the lease. Takes the task's lock alone: nothing of the case changes."""
    task = await lock_task(session, hold.task_id)
    check_fence(task, agent_id=hold.agent_id, fence=hold.fence)
    await leases.heartbeat(session, task, now=await clock.now(session), settings=settings)
    return task
