"""What an agent may do with a task in hand, held against the fence of the reservation they have it by."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import Conflict
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.tables import HELD, OfferEnding, TaskKind, TaskRow, TaskState
from orchestrator.queueing.tasks import end_offer, requeue
from orchestrator.settings import Settings


class StaleFence(Conflict):
    """The agent had the task once; it was given on since. Nothing they do reaches it any more."""

    code = "stale_fence"


class TaskGone(Conflict):
    """The task is over. `str(error)` names the reason as a code."""

    code = "task_gone"


class WrongState(Conflict):
    code = "wrong_state"


def check_fence(task: TaskRow, *, agent_id: UUID, fence: int) -> None:
    """Raise `TaskGone`, or `StaleFence`, unless the agent holds the task by this very reservation."""
    if task.agent_id == agent_id and task.fence == fence and task.state not in HELD:
        reason = task.end_reason or task.state
        raise TaskGone(f"the task is {task.state}: {reason}", fix="ask for the next task")
    if task.agent_id != agent_id or task.fence != fence:
        raise StaleFence("the task is no longer yours by this fence", fix="ask for the next task")


def check_state(task: TaskRow, *states: TaskState) -> None:
    """Raise `WrongState` unless the task is in one of `states`."""
    if task.state not in states:
        raise WrongState(f"the task is {task.state}", fix=f"this can be done while it is {' or '.join(states)}")


async def heartbeat(session: AsyncSession, task: TaskRow, *, now: datetime, settings: Settings) -> None:
    """Renew the lease of an accepted task. An offer is not made longer: it waits for an answer. The task is locked."""
    if task.state is TaskState.RESERVED:
        return
    task.lease_until = now + settings.lease
    session.add(task)
    await session.flush()


async def accept(session: AsyncSession, task: TaskRow, *, now: datetime, settings: Settings) -> bool:
    """Make the offered task the agent's; tell whether it was not before. Agent and task are locked.

    Raises `WrongState` for a customer-first call, which needs no answer, and `StaleFence` for an offer that has run out.
    """
    if task.state is not TaskState.RESERVED:
        check_state(task, *(state for state in HELD if state is not TaskState.RESERVED))
        return False  # a repeat, perhaps after more was done
    if task.kind is TaskKind.CALL:
        raise WrongState("the customer is being called for you", fix="answer your phone when it rings")
    if task.lease_until is not None and task.lease_until <= now:
        raise StaleFence("the offer has run out", fix="ask for the next task")
    await end_offer(session, task, OfferEnding.ACCEPTED, now=now)
    task.state, task.accepted_at, task.lease_until = TaskState.ASSIGNED, now, now + settings.lease
    session.add(task)
    await session.flush()
    await tell_of_task(session, What.CHANGED, task)
    return True


async def reject(session: AsyncSession, task: TaskRow, *, reason: str, now: datetime) -> None:
    """Give an offered task back, saying why. Agent and task are locked. Raises `WrongState`."""
    check_state(task, TaskState.RESERVED)
    if task.kind is TaskKind.CALL:
        raise WrongState("the customer is being called for you", fix="answer your phone when it rings")
    await requeue(session, task, reason=reason, ending=OfferEnding.REJECTED, now=now)


async def request_call(session: AsyncSession, task: TaskRow, *, now: datetime, settings: Settings) -> bool:
    """Ask for the agent's phone to ring; tell whether it was not asked before. Agent and task are locked."""
    if task.state in (TaskState.DIALING, TaskState.CONNECTED):
        return False
    check_state(task, TaskState.ASSIGNED)
    if task.call_requested_at is not None:
        return False
    task.call_requested_at, task.lease_until = now, now + settings.lease
    session.add(task)
    await session.flush()
    await tell_of_task(session, What.CHANGED, task)
    return True
