"""Queues as supervisors arrange them, and how they stand now."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.tables import CalendarRow
from orchestrator.errors import BadInput
from orchestrator.escalations.sub_dispositions import CHOICES, check_outcomes
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.floor import QueueNow, queues_now
from orchestrator.queueing.presence import agents_on_duty, free_agents
from orchestrator.queueing.roster import check_queue_name, check_skills, make_queue, told_of_queue
from orchestrator.queueing.tables import HELD, QueueRow, TaskRow, TaskState
from orchestrator.queueing.tasks import NoSuchQueue
from orchestrator.queueing.waking import wake
from orchestrator.settings import Settings

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_FASTEST = 100_000


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a supervisor decides about a queue. `calendar` None: always open."""

    calendar: str | None = None
    skills: tuple[str, ...] = ()
    caller_id: str | None = None
    pace_per_minute: int | None = None
    outcomes: tuple[str, ...] = ()  # `disposition/sub` agents choose from after a talk; none: all


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """A queue and its figures at an instant. `oldest` is when the longest waiting task was first queued."""

    queue: QueueRow
    now: QueueNow
    waiting: int
    in_hand: int
    oldest: datetime | None
    on_duty: int
    free: int


async def arrange_queue(
    session: AsyncSession, name: str, arrangement: Arrangement, *, who: Who, now: datetime, settings: Settings
) -> QueueRow:
    """Make the queue or change it. New skills hold for tasks queued from now on. Raises `BadInput`."""
    check_queue_name(name)
    _check(arrangement)
    if arrangement.calendar is not None and not await _is_calendar(session, arrangement.calendar):
        raise BadInput("there is no such calendar", field="calendar", fix="put the calendar first, or leave it out")
    known = await session.get(QueueRow, name, with_for_update={"key_share": True})
    before = None if known is None else told_of_queue(known)
    queue = known or await make_queue(session, name, now=now)
    queue.calendar, queue.skills = arrangement.calendar, sorted(set(arrangement.skills))
    queue.caller_id, queue.pace_per_minute = arrangement.caller_id, arrangement.pace_per_minute
    queue.outcomes = [each for each in CHOICES if each in arrangement.outcomes]
    session.add(queue)
    await session.flush()
    what, after = "queue.added" if before is None else "queue.changed", told_of_queue(queue)
    await note_change(session, who=who, what=what, subject=name, before=before, after=after, now=now)
    await wake(session, queues=[name], now=now, settings=settings)
    return queue


async def _is_calendar(session: AsyncSession, name: str) -> bool:
    return "\0" not in name and await session.get(CalendarRow, name) is not None  # PostgreSQL takes no text with NUL


def _check(wanted: Arrangement) -> None:
    check_skills(wanted.skills)
    check_outcomes(wanted.outcomes)
    if wanted.caller_id is not None and _NUMBER.fullmatch(wanted.caller_id) is None:
        raise BadInput("not a number", field="caller_id", fix="give an E.164 number such as +14155550100")
    if wanted.pace_per_minute is not None and not 1 <= wanted.pace_per_minute <= _FASTEST:
        raise BadInput("no pace", field="pace_per_minute", fix=f"give 1 to {_FASTEST} offers a minute, or leave it out")


async def standing(session: AsyncSession, name: str, *, now: datetime) -> QueueStanding:
    """Return how one queue stands. Raises `NoSuchQueue`."""
    found = await standings(session, [name], now=now)
    if not found:
        raise NoSuchQueue(f"no queue {name}")
    return found[0]


async def standings(session: AsyncSession, names: Collection[str] | None, *, now: datetime) -> list[QueueStanding]:
    """Return how queues stand (None: all), by name."""
    query = select(QueueRow).order_by(QueueRow.name)
    rows = (await session.exec(query if names is None else query.where(col(QueueRow.name).in_(names)))).all()
    here = {each.name: each for each in await queues_now(session, [row.name for row in rows], now=now)}
    return [await _standing(session, row, here[row.name], now=now) for row in rows]


async def _standing(session: AsyncSession, queue: QueueRow, here: QueueNow, *, now: datetime) -> QueueStanding:
    waiting, oldest = await _count(session, queue.name, [TaskState.QUEUED])
    in_hand, _ = await _count(session, queue.name, HELD)
    return QueueStanding(
        queue=queue,
        now=here,
        waiting=waiting,
        in_hand=in_hand,
        oldest=oldest,
        on_duty=await agents_on_duty(session, queue.name, now),
        free=await free_agents(session, queue.name, now),
    )


async def _count(session: AsyncSession, queue: str, states: Sequence[TaskState]) -> tuple[int, datetime | None]:
    query = select(func.count(), func.min(TaskRow.queued_at)).where(TaskRow.queue == queue, col(TaskRow.state).in_(states))
    count, oldest = (await session.exec(query)).one()
    return count, oldest
