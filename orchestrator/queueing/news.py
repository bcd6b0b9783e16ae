"""What desks and consoles are told: that something changed, and the ids of it. They fetch the rest themselves."""

import json
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.tables import TaskRow
from orchestrator.storage.outbox import tell_desks


class What(StrEnum):
    QUEUED = "queued"
    OFFERED = "offered"
    CHANGED = "changed"  # accepted, called, wrapping: the task has it
    REQUEUED = "requeued"  # taken from its agent: rejected, not answered in time, lease lost, rescheduled
    WITHDRAWN = "withdrawn"
    DONE = "done"
    PRESENCE = "presence"
    HELD = "held"  # a case is held back before it becomes a task, or no longer
    FLOOR = "floor"  # a queue, its hours or a switch changed


@dataclass(frozen=True, slots=True)
class News:
    """One change. `agent_id` is whose desk it concerns; none: only those who watch the queue."""

    what: What
    queue: str | None = None
    task_id: UUID | None = None
    agent_id: UUID | None = None

    def text(self) -> str:
        ids = {"task_id": self.task_id, "agent_id": self.agent_id}
        known = {"what": self.what, "queue": self.queue, **{name: str(value) for name, value in ids.items() if value}}
        return json.dumps({name: value for name, value in known.items() if value is not None})

    @classmethod
    def read(cls, text: str) -> "News":
        """Return what `text` wrote. Raises `ValueError` or `KeyError` for anything else."""
        known = json.loads(text)
        ids = {name: UUID(known[name]) for name in ("task_id", "agent_id") if name in known}
        return cls(what=What(known["what"]), queue=known.get("queue"), **ids)


async def tell(session: AsyncSession, news: News) -> None:
    """Tell every api process when this transaction commits."""
    await tell_desks(session, news.text())


async def tell_of_task(session: AsyncSession, what: What, task: TaskRow, *, agent_id: UUID | None = None) -> None:
    """Tell of a task's change; `agent_id` is the agent who had it, where the task no longer says so."""
    await tell(session, News(what, queue=task.queue, task_id=task.id, agent_id=agent_id or task.agent_id))
