"""What a supervisor has to know at once, without looking for it."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.insights.board import Board
from orchestrator.insights.floor_agents import Doing


class AlarmKind(StrEnum):
    HELP_ASKED = "help_asked"  # by an agent, for the task in hand
    PROMISES_OVERDUE = "promises_overdue"
    NOBODY_ON_DUTY = "nobody_on_duty"  # tasks wait on an open queue that no agent serves now
    SILENT_DESKS = "silent_desks"
    DELIVERIES_SET_ASIDE = "deliveries_set_aside"  # a process was not told, twenty times over
    EVENTS_REFUSED = "events_refused"
    CALLS_UNCLEAR = "calls_unclear"  # nobody can say yet whether they rang


@dataclass(frozen=True, slots=True)
class Alarm:
    """`about` is the queue it concerns, where it concerns one."""

    kind: AlarmKind
    count: int
    about: str | None = None


_TROUBLES = text("""
SELECT
  (SELECT count(*) FROM tasks WHERE help_asked_at IS NOT NULL AND agent_id IS NOT NULL
    AND state IN ('reserved', 'assigned', 'dialing', 'connected', 'wrapping')) AS help_asked,
  (SELECT count(*) FROM outbox WHERE set_aside_at IS NOT NULL) AS deliveries_set_aside,
  (SELECT count(*) FROM dead_letters WHERE replayed_at IS NULL) AS events_refused,
  (SELECT count(*) FROM attempts WHERE state = 'unknown') AS calls_unclear
""")


async def alarms(session: AsyncSession, board: Board) -> list[Alarm]:
    """Return what is wrong now, the gravest first."""
    row = (await (await session.connection()).execute(_TROUBLES)).one()
    troubles = [Alarm(AlarmKind(name), count) for name, count in row._mapping.items()]
    unserved = [
        Alarm(AlarmKind.NOBODY_ON_DUTY, each.waiting, each.queue.name)
        for each in board.queues
        if each.now.may_offer and not each.on_duty
    ]
    silent = Alarm(AlarmKind.SILENT_DESKS, board.doing.get(Doing.SILENT, 0))
    raised = [*troubles[:1], Alarm(AlarmKind.PROMISES_OVERDUE, board.overdue), *unserved, silent, *troubles[1:]]
    return [each for each in raised if each.count]
