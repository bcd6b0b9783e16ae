"""Queues as supervisors arrange them, and how they stand now."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.tables import CalendarRow
from orchestrator.errors import BadInput, Faults
from orchestrator.escalations.sub_dispositions import CHOICES, check_outcomes
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.floor import QueueNow, queues_now
from orchestrator.queueing.news import News, What, tell
from orchestrator.queueing.offers import staff_up
from orchestrator.queueing.presence import Staff, staffed
from orchestrator.queueing.roster import check_queue_name, check_skills, make_queue, told_of_queue
from orchestrator.queueing.tables import HELD, QueueRow, TaskRow, TaskState
from orchestrator.queueing.tasks import NoSuchQueue
from orchestrator.queueing.waking import wake
from orchestrator.settings import Settings

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_FASTEST = 100_000
_SOONEST, _LATEST, _LONGEST_CUTOFF = timedelta(minutes=1), timedelta(days=30), timedelta(hours=24)

_LEAST_SERVED, _MOST_SERVED = 50, 99  # a hundred of a hundred takes any number of agents
_SOONEST_SERVED, _LATEST_SERVED = timedelta(seconds=10), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a supervisor decides about a queue. `calendar` None: always open."""

    calendar: str | None = None
    skills: tuple[str, ...] = ()
    caller_id: str | None = None
    pace_per_minute: int | None = None
    callback_within: timedelta | None = None  # how soon a callback is due that its rule says nothing of
    callback_cutoff: timedelta | None = None  # less than this before closing, it counts from the next opening
    service_percent: int | None = None  # how many of a hundred callbacks its agents are asked to begin `service_within`
    service_within: timedelta | None = None
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
    await check_arrangement(session, name, arrangement)
    known = await session.get(QueueRow, name, with_for_update={"key_share": True})
    before = None if known is None else told_of_queue(known)
    queue = known or await make_queue(session, name, now=now)
    queue.calendar, queue.skills = arrangement.calendar, sorted(set(arrangement.skills))
    queue.caller_id, queue.pace_per_minute = arrangement.caller_id, arrangement.pace_per_minute
    queue.callback_within, queue.callback_cutoff = arrangement.callback_within, arrangement.callback_cutoff
    queue.service_percent, queue.service_within = arrangement.service_percent, arrangement.service_within
    queue.outcomes = [each for each in CHOICES if each in arrangement.outcomes]
    session.add(queue)
    await session.flush()
    what, after = "queue.added" if before is None else "queue.changed", told_of_queue(queue)
    await note_change(session, who=who, what=what, subject=name, before=before, after=after, now=now)
    if before is None or before["calendar"] != after["calendar"]:
        await wake(session, queues=[name], now=now, settings=settings)
    else:  # nothing but who may serve it has changed: so many look again as can be served
        await tell(session, News(What.FLOOR, queue=name))
        await staff_up(session, name, now=now, settings=settings)
    return queue


async def check_arrangement(session: AsyncSession, name: str, wanted: Arrangement) -> None:
    """Raise `BadInput`, with all that does not fit, where there can be no such queue."""
    faults = Faults()
    with faults:
        check_queue_name(name)
    with faults:
        if wanted.calendar is not None and not await _is_calendar(session, wanted.calendar):
            raise BadInput("there is no such calendar", field="calendar", fix="put the calendar first, or leave it out")
    with faults:
        check_skills(wanted.skills)
    with faults:
        if wanted.caller_id is not None and _NUMBER.fullmatch(wanted.caller_id) is None:
            raise BadInput("not a number", field="caller_id", fix="give an E.164 number such as +14155550100")
    with faults:
        if wanted.pace_per_minute is not None and not 1 <= wanted.pace_per_minute <= _FASTEST:
            raise BadInput("no pace", field="pace_per_minute", fix=f"give 1 to {_FASTEST} offers a minute, or leave it out")
    with faults:
        _check_within(wanted.callback_within)
    with faults:
        _check_cutoff(wanted.callback_cutoff)
    with faults:
        if wanted.service_percent is not None and not _LEAST_SERVED <= wanted.service_percent <= _MOST_SERVED:
            fix = f"give {_LEAST_SERVED} to {_MOST_SERVED} of a hundred, or leave it out"
            raise BadInput("no service level", field="service_percent", fix=fix)
    with faults:
        _check_service_within(wanted.service_within)
    with faults:
        check_outcomes(wanted.outcomes)
    faults.settle()


def _check_within(within: timedelta | None) -> None:
    if within is not None and not _SOONEST <= within <= _LATEST:
        raise BadInput("no time to call back in", field="callback_within", fix="give 1m to 30d, such as 3h, or leave it out")


def _check_cutoff(cutoff: timedelta | None) -> None:
    if cutoff is not None and not timedelta(0) <= cutoff <= _LONGEST_CUTOFF:
        raise BadInput("no time before closing", field="callback_cutoff", fix="give 0s to 24h, such as 2h, or leave it out")


def _check_service_within(within: timedelta | None) -> None:
    if within is not None and not _SOONEST_SERVED <= within <= _LATEST_SERVED:
        fix = "give 10s to 24h, such as 5m, or leave it out"
        raise BadInput("no time to begin a callback in", field="service_within", fix=fix)


async def _is_calendar(session: AsyncSession, name: str) -> bool:
    """Tell whether a queue may keep to it; nobody retires it until this transaction ends."""
    if "\0" in name:  # PostgreSQL takes no text with NUL
        return False
    row = await session.get(CalendarRow, name, with_for_update={"read": True})
    return row is not None and row.retired_at is None


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
    known = [row.name for row in rows]
    here = {each.name: each for each in await queues_now(session, known, now=now)}
    work, staff = await _work(session, known), await staffed(session, known, now=now)
    return [_standing(row, here[row.name], work.get(row.name, _Work()), staff.get(row.name, Staff())) for row in rows]


async def queue_names(session: AsyncSession) -> Sequence[str]:
    """Return the names of all queues, in order."""
    return (await session.exec(select(QueueRow.name).order_by(QueueRow.name))).all()


@dataclass(frozen=True, slots=True)
class _Work:
    waiting: int = 0
    in_hand: int = 0
    oldest: datetime | None = None


async def _work(session: AsyncSession, names: Collection[str]) -> dict[str, _Work]:
    """Return what is open on each of these queues; one without anything is left out."""
    waits = col(TaskRow.state) == TaskState.QUEUED
    query = select(
        TaskRow.queue, func.count().filter(waits), func.count().filter(~waits), func.min(TaskRow.queued_at).filter(waits)
    )
    is_open = col(TaskRow.state).in_([TaskState.QUEUED, *HELD])
    query = query.where(col(TaskRow.queue).in_(names), is_open).group_by(TaskRow.queue)
    return {queue: _Work(waiting, in_hand, oldest) for queue, waiting, in_hand, oldest in (await session.exec(query)).all()}


def _standing(queue: QueueRow, here: QueueNow, work: _Work, staff: Staff) -> QueueStanding:
    return QueueStanding(
        queue=queue,
        now=here,
        waiting=work.waiting,
        in_hand=work.in_hand,
        oldest=work.oldest,
        on_duty=staff.on_duty,
        free=staff.free,
    )
