"""The agents of the floor as supervisors see them: who is there, on which queues, and what they have in hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.presence import SILENCE
from orchestrator.queueing.tables import HELD, Presence, TaskState


class Doing(StrEnum):
    """What an agent does now, as the board counts it."""

    FREE = "free"
    OFFERED = "offered"
    PREPARING = "preparing"
    DIALING = "dialing"
    TALKING = "talking"
    WRAPPING = "wrapping"
    PAUSED = "paused"
    NOT_ANSWERING = "not_answering"  # available by their word, and too many offers in a row ran out
    SILENT = "silent"  # available by their word, but their desk gives no sign of life
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class FloorAgent:
    """`phone` is personal. `here`: their desk showed a sign of life. `at_task` is the state of the task in hand."""

    id: UUID
    name: str
    phone: str | None
    languages: Sequence[str]
    skills: Sequence[str]
    queues: tuple[str, ...]
    presence: Presence
    pause_code: str | None
    presence_since: datetime
    here: bool
    at_task: TaskState | None

    @property
    def doing(self) -> Doing:
        """What they do: the work in hand tells more than the presence they chose."""
        if self.at_task is not None:
            return _AT_TASK.get(self.at_task, Doing.PREPARING)
        match self.presence:
            case Presence.AVAILABLE:
                return Doing.FREE if self.here else Doing.SILENT
            case Presence.PAUSED:
                return Doing.PAUSED
            case Presence.OFFLINE:
                return Doing.OFFLINE
            case Presence.NOT_ANSWERING:
                return Doing.NOT_ANSWERING
            case _:
                assert_never(self.presence)


_AT_TASK = {
    TaskState.RESERVED: Doing.OFFERED,
    TaskState.DIALING: Doing.DIALING,
    TaskState.CONNECTED: Doing.TALKING,
    TaskState.WRAPPING: Doing.WRAPPING,
}

# Plain columns in one statement: hundreds of agents are drawn whenever anything happens on the floor.
_AGENTS = text("""
SELECT a.id, a.name, a.phone, a.languages, a.skills, s.queues, a.presence, a.pause_code, a.presence_since,
  coalesce(a.seen_at > :now - :silence, false) AS here, t.state AS at_task
FROM agents a
LEFT JOIN (SELECT agent_id, array_agg(queue ORDER BY queue) AS queues FROM agent_queues GROUP BY 1) s ON s.agent_id = a.id
LEFT JOIN tasks t ON t.agent_id = a.id AND t.state = ANY (:held)
ORDER BY a.name
""").bindparams(silence=SILENCE, held=[state.value for state in HELD])


async def floor_agents(session: AsyncSession, *, now: datetime) -> list[FloorAgent]:
    """Return all agents by name, as they are at `now` (aware UTC)."""
    rows = (await (await session.connection()).execute(_AGENTS, {"now": now})).all()
    return [_agent(row) for row in rows]


def _agent(row: Row[Any]) -> FloorAgent:
    return FloorAgent(
        id=row.id,
        name=row.name,
        phone=row.phone,
        languages=row.languages,
        skills=row.skills,
        queues=tuple(row.queues or ()),
        presence=Presence(row.presence),
        pause_code=row.pause_code,
        presence_since=row.presence_since,
        here=row.here,
        at_task=None if row.at_task is None else TaskState(row.at_task),
    )
