"""The time an agent has to write down what came of a task; the server ends it, and the agent may ask for more."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import Conflict
from orchestrator.queueing.leases import check_state
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.queueing.working import Hold, take_in_hand
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock

MOST_EXTENSIONS = 2


class NoMoreTime(Conflict):
    code = "no_more_time"


def wrap_ends(task: TaskRow, settings: Settings) -> datetime | None:
    """Return when the server completes the task; None while nobody wraps up."""
    if task.wrap_since is None:
        return None
    more: timedelta = task.wrap_extensions * settings.wrap_up_extension
    return task.wrap_since + settings.wrap_up_limit + more


async def more_time(session: AsyncSession, hold: Hold, *, clock: Clock) -> TaskRow:
    """Give the agent more time. Raises `WrongState` before the call is over, `NoMoreTime` after the last extension."""
    known = await take_in_hand(session, hold, clock=clock)
    task = known.task
    check_state(task, TaskState.WRAPPING)
    if task.wrap_extensions >= MOST_EXTENSIONS:
        raise NoMoreTime("the wrap-up was extended as often as it may be", fix="complete the task, or ask for help")
    task.wrap_extensions += 1
    session.add(task)
    await session.flush()
    await tell_of_task(session, What.CHANGED, task)
    return task
