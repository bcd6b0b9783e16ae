"""Where an agent's call stands, told from the rows alone, so that it is true whoever asks and whenever."""

from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import TaskKind, TaskRow, TaskState
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg


class Progress(StrEnum):
    """What the agent is told of the call."""

    OFFERED = "offered"
    HELD = "held"  # customer-first: the customer is being called for this agent
    READY = "ready"
    REQUESTED = "requested"  # the agent's own phone is about to ring
    RINGING_YOU = "ringing_you"
    DIALING = "dialing"  # the agent is on the line, the customer's phone does not ring yet
    RINGING = "ringing"  # the customer's phone rings
    JOINING = "joining"  # both are on the line, and being joined
    TALKING = "talking"
    HANGING_UP = "hanging_up"
    OVER = "over"


async def calls_of(session: AsyncSession, task: TaskRow) -> Sequence[AttemptRow]:
    """Return the task's calls that are under way, oldest first."""
    query = select(AttemptRow).where(AttemptRow.task_id == task.id, AttemptRow.state != AttemptState.ENDED)
    return (await session.exec(query.order_by(col(AttemptRow.prepared_at), col(AttemptRow.id)))).all()


def progress_of(task: TaskRow, calls: Sequence[AttemptRow]) -> Progress:
    """Return where the call of a task in hand stands; `calls` are those of its calls that are under way."""
    match task.state:
        case TaskState.RESERVED:
            return Progress.OFFERED if task.kind is TaskKind.CALLBACK else Progress.HELD
        case TaskState.ASSIGNED if task.call_requested_at is None:
            return Progress.HANGING_UP if calls else Progress.READY
        case TaskState.CONNECTED:
            return Progress.HANGING_UP if _is_ending(calls) else Progress.TALKING
        case TaskState.ASSIGNED | TaskState.DIALING:
            return Progress.HANGING_UP if _is_ending(calls) else _dialing(calls)
        case TaskState.WRAPPING | TaskState.QUEUED | TaskState.DONE | TaskState.WITHDRAWN:
            return Progress.OVER
        case _:
            assert_never(task.state)


def _is_ending(calls: Sequence[AttemptRow]) -> bool:
    return any(call.leg is Leg.AGENT and call.cancel_requested_at is not None for call in calls)


def _dialing(calls: Sequence[AttemptRow]) -> Progress:
    mine = next((call for call in calls if call.leg is Leg.AGENT), None)
    theirs = next((call for call in calls if call.leg is Leg.CUSTOMER), None)
    if mine is None:
        return Progress.HELD if theirs is not None else Progress.REQUESTED
    if mine.state is not AttemptState.CONNECTED:
        return Progress.RINGING_YOU if mine.state is AttemptState.RINGING else Progress.REQUESTED
    if theirs is None:
        return Progress.DIALING
    if theirs.state is AttemptState.CONNECTED:
        return Progress.JOINING
    return Progress.RINGING if theirs.state is AttemptState.RINGING else Progress.DIALING
