"""`next`: an agent asks for work and gets the most urgent task that suits, or is told why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import case
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.claims import claim, declined_by
from orchestrator.queueing.floor import QueueNow, queues_of, room
from orchestrator.queueing.matching import has_skills, speaks
from orchestrator.queueing.offers import lease_lost, terms
from orchestrator.queueing.presence import SIGN_EVERY, heard, lock_agent
from orchestrator.queueing.tables import HELD, AgentRow, Presence, TaskKind, TaskRow, TaskState
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock


class Nothing(StrEnum):
    """Why `next` gives no new task."""

    NOT_AVAILABLE = "not_available"
    NOT_ANSWERING = "not_answering"
    TASK_IN_HAND = "task_in_hand"
    NO_QUEUES = "no_queues"
    SWITCHED_OFF = "switched_off"
    QUEUE_CLOSED = "queue_closed"
    NONE_WAITING = "none_waiting"
    NONE_YET = "none_yet"
    NONE_IN_YOUR_LANGUAGES = "none_in_your_languages"
    NONE_WITH_YOUR_SKILLS = "none_with_your_skills"
    KEPT_FOR_OTHER_AGENT = "kept_for_other_agent"
    PACED = "paced"
    DECLINED_BY_YOU = "declined_by_you"
    ALL_HELD = "all_held"


SENTENCES = {
    Nothing.NOT_AVAILABLE: "You are not available: set your presence to available first.",
    Nothing.NOT_ANSWERING: "You did not answer your last offers: say that you are back first.",
    Nothing.TASK_IN_HAND: "You have a task in hand: finish it first.",
    Nothing.NO_QUEUES: "You serve no queue.",
    Nothing.SWITCHED_OFF: "Calling is switched off for your queues.",
    Nothing.QUEUE_CLOSED: "Your queues are closed at this time.",
    Nothing.NONE_WAITING: "Nobody is waiting on your queues.",
    Nothing.NONE_YET: "Those waiting have asked to be called later.",
    Nothing.NONE_IN_YOUR_LANGUAGES: "Those waiting speak other languages than you.",
    Nothing.NONE_WITH_YOUR_SKILLS: "Those waiting need skills that you do not have.",
    Nothing.KEPT_FOR_OTHER_AGENT: "Those waiting are kept for an agent who knows them.",
    Nothing.PACED: "The queue has given out as many tasks as its pace allows in a minute.",
    Nothing.DECLINED_BY_YOU: "You rejected those waiting a moment ago.",
    Nothing.ALL_HELD: "Others are taking those waiting in this moment: ask again.",
}


@dataclass(frozen=True, slots=True)
class Pulled:
    """`task` is the agent's own now. With `TASK_IN_HAND` it is the one they had; else a reason comes without a task."""

    task: TaskRow | None = None
    reason: Nothing | None = None


async def next_task(session: AsyncSession, agent_id: UUID, *, clock: Clock, settings: Settings) -> Pulled:
    """Give the agent the task they hold on offer, else reserve the most urgent one that suits. Raises `NoSuchAgent`."""
    agent = await lock_agent(session, agent_id)
    now = await clock.now(session)
    here: list[QueueNow] = []
    if agent.presence is Presence.AVAILABLE:
        if agent.seen_at is None or agent.seen_at < now - SIGN_EVERY:
            heard(session, agent, now)
        here = await queues_of(session, agent_id, now=now)
        task = await claim(session, agent, here, now=now, terms=terms(settings))
        if task is not None:
            return Pulled(task)
    held = await in_hand(session, agent_id)
    if held is not None:
        return await _held(session, agent, held, here, now=now, settings=settings)
    if agent.presence is not Presence.AVAILABLE:
        return Pulled(reason=_absent(agent))
    return Pulled(reason=await _why(session, agent, here, now=now))


async def _held(
    session: AsyncSession, agent: AgentRow, held: TaskRow, here: list[QueueNow], *, now: datetime, settings: Settings
) -> Pulled:
    """Give the task they have, unless its offer has run out: then it is anybody's, theirs too."""
    if not await _let_go(session, held, now=now, settings=settings):
        return Pulled(held, None if held.state is TaskState.RESERVED else Nothing.TASK_IN_HAND)
    if agent.presence is not Presence.AVAILABLE:  # this miss may have been one too many
        return Pulled(reason=_absent(agent))
    task = await claim(session, agent, here, now=now, terms=terms(settings))
    return Pulled(task) if task is not None else Pulled(reason=await _why(session, agent, here, now=now))


async def in_hand(session: AsyncSession, agent_id: UUID) -> TaskRow | None:
    """Return the task the agent holds in any way, on offer too."""
    query = select(TaskRow).where(TaskRow.agent_id == agent_id, col(TaskRow.state).in_(HELD))
    return (await session.exec(query.execution_options(populate_existing=True))).first()


def _absent(agent: AgentRow) -> Nothing:
    return Nothing.NOT_ANSWERING if agent.presence is Presence.NOT_ANSWERING else Nothing.NOT_AVAILABLE


async def _let_go(session: AsyncSession, held: TaskRow, *, now: datetime, settings: Settings) -> bool:
    # An offer that ran out goes back at once; its process would find it a moment later. Not so a customer being rung.
    if held.state is not TaskState.RESERVED or held.kind is TaskKind.CALL:
        return False
    free = select(TaskRow.id).where(TaskRow.id == held.id).with_for_update(skip_locked=True)
    return (await session.exec(free)).first() is not None and await lease_lost(session, held, now=now, settings=settings)


async def _why(session: AsyncSession, agent: AgentRow, here: Sequence[QueueNow], *, now: datetime) -> Nothing:
    """Return the last of the conditions, in the order asked, that leaves nothing over."""
    if not here:
        return Nothing.NO_QUEUES
    working = [queue for queue in here if not queue.switched_off]
    if not working:
        return Nothing.SWITCHED_OFF
    open_now = [queue for queue in working if queue.is_open]
    if not open_now:
        return Nothing.QUEUE_CLOSED
    kinds = await _waiting_kinds(session, [queue.name for queue in open_now], now=now)
    return _first_lacking(agent, kinds) or await _why_not_these(session, agent, open_now, now=now)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Tasks that differ in nothing that decides who may have them."""

    language: str | None
    skills: tuple[str, ...]
    ready: bool
    kept_for: UUID | None


async def _waiting_kinds(session: AsyncSession, queues: list[str], *, now: datetime) -> list[_Kind]:
    ready = col(TaskRow.not_before).is_(None) | (col(TaskRow.not_before) <= now)
    kept_for = case((col(TaskRow.preferred_until) > now, col(TaskRow.preferred_agent)))
    query = select(col(TaskRow.language), col(TaskRow.skills), ready, kept_for).where(
        col(TaskRow.queue).in_(queues), TaskRow.state == TaskState.QUEUED
    )
    rows = (await session.exec(query.distinct())).all()
    return [_Kind(language, tuple(skills), bool(is_ready), agent) for language, skills, is_ready, agent in rows]


def _first_lacking(agent: AgentRow, kinds: list[_Kind]) -> Nothing | None:
    conditions = (
        (Nothing.NONE_WAITING, lambda kind: True),
        (Nothing.NONE_YET, lambda kind: kind.ready),
        (Nothing.NONE_IN_YOUR_LANGUAGES, lambda kind: speaks(agent.languages, kind.language)),
        (Nothing.NONE_WITH_YOUR_SKILLS, lambda kind: has_skills(agent.skills, kind.skills)),
        (Nothing.KEPT_FOR_OTHER_AGENT, lambda kind: kind.kept_for in (None, agent.id)),
    )
    for reason, holds in conditions:
        kinds = [kind for kind in kinds if holds(kind)]
        if not kinds:
            return reason
    return None


async def _why_not_these(session: AsyncSession, agent: AgentRow, queues: list[QueueNow], *, now: datetime) -> Nothing:
    if all([await room(session, queue, now=now) == 0 for queue in queues]):
        return Nothing.PACED
    return Nothing.DECLINED_BY_YOU if await declined_by(session, agent.id, now=now) else Nothing.ALL_HELD
