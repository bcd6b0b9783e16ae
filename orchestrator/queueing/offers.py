"""Offers: the place brings tasks to idle agents, the longest idle first, and takes back what nobody answered."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.claims import DECLINED_FOR, REMEMBERED, Terms, claim
from orchestrator.queueing.floor import GATHERING, PACE, queues_now, queues_of
from orchestrator.queueing.missing import judge
from orchestrator.queueing.presence import idle_agents, lock_agent, lock_idle
from orchestrator.queueing.summoning import summon
from orchestrator.queueing.tables import AgentRow, OfferEnding, OfferRow, TaskRow, TaskState
from orchestrator.queueing.tasks import lock_task, requeue
from orchestrator.settings import Settings

__all__ = [
    "employ",
    "lease_lost",
    "look_again_at",
    "offer",
    "offer_to",
    "staff_up",
    "terms",
]

# Greeting, the customer's choice and joining the agent take no longer; the desk shows the hold as such.
_BEYOND_RINGING = timedelta(seconds=45)


def terms(settings: Settings) -> Terms:
    return Terms(reservation=settings.reservation, held=settings.ring_timeout + _BEYOND_RINGING)


async def offer(session: AsyncSession, queue: str, *, now: datetime, settings: Settings) -> int:
    """Offer the queue's most urgent free tasks to its idle agents; return how many were offered.

    Never more than there are free agents, nor than the queue's pace. Agents and tasks others are at are passed over.
    """
    here = await queues_now(session, [queue], now=now)
    if not here or not here[0].may_offer:
        return 0
    own_reasons = await _with_own_reasons(session, queue, now=now)
    missed: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    made = 0
    for agent in await idle_agents(session, queue, now=now):
        abilities = tuple(sorted(agent.languages)), tuple(sorted(agent.skills))
        if abilities in missed and agent.id not in own_reasons:
            continue  # what did not suit one of these abilities suits no other of them
        locked = await lock_idle(session, agent.id, now=now)
        if locked is None:
            continue
        if await claim(session, locked, here, now=now, terms=terms(settings)) is not None:
            made += 1
        elif agent.id not in own_reasons:
            missed.add(abilities)
    return made


async def offer_to(session: AsyncSession, agent: AgentRow, *, now: datetime, settings: Settings) -> TaskRow | None:
    """Offer the agent what is most urgent on all their queues, if they are free; their lock is held.

    Where nothing is, the case that waits for somebody like them looks again.
    """
    idle = await lock_idle(session, agent.id, now=now)
    if idle is None:
        return None
    here = await queues_of(session, agent.id, now=now)
    task = await claim(session, idle, here, now=now, terms=terms(settings))
    if task is None:
        await summon(session, idle, here, now=now)
    return task


async def employ(session: AsyncSession, agent_ids: Collection[UUID | None], *, now: datetime, settings: Settings) -> None:
    """Do for those of these agents who are free what `offer_to` does for one; who is being worked with is passed over."""
    for agent_id in agent_ids:
        agent = None if agent_id is None else await lock_idle(session, agent_id, now=now)
        if agent is not None:
            await offer_to(session, agent, now=now, settings=settings)


async def staff_up(session: AsyncSession, queue: str, *, now: datetime, settings: Settings) -> None:
    """Offer what waits on the queue, and let cases look again for the agents who are still free: one for each of them."""
    await offer(session, queue, now=now, settings=settings)
    await employ(session, [agent.id for agent in await idle_agents(session, queue, now=now)], now=now, settings=settings)


async def lease_lost(session: AsyncSession, task: TaskRow, *, now: datetime, settings: Settings) -> bool:
    """Put the task back in its place if its offer or its desk's lease has run out; tell whether it has.

    A call under way is not taken from anybody: its own end decides. The escalation's lock is held, and its state is the
    caller's to write. The agent goes to the end of the line, so that an empty chair is not offered the same task again first;
    after too many offers missed in a row they are offered nothing more.
    """
    task = await lock_task(session, task.id)
    held = task.state in (TaskState.RESERVED, TaskState.ASSIGNED)
    if not held or task.lease_until is None or task.lease_until > now:
        return False
    # Locked after the task: nobody waits for a task with its agent's lock in hand and without the escalation's.
    agent = None if task.agent_id is None else await lock_agent(session, task.agent_id)
    await requeue(session, task, reason="lease_lost", ending=OfferEnding.TIMED_OUT, now=now)
    if agent is not None:
        agent.idle_since = now
        session.add(agent)
        await judge(session, agent, now=now, settings=settings)
    return True


async def look_again_at(session: AsyncSession, task: TaskRow, *, now: datetime) -> datetime | None:
    """Return when a queued task may be offered without anything else happening; None: only an agent can change it.

    Then: its `not_before`, the end of another's preference, the queue's next opening, the end of what an opening
    gathers, or the next minute of its pace.
    """
    here = await queues_now(session, [task.queue], now=now)
    known = [task.not_before, task.preferred_until, here[0].opens_at if here else None]
    if here and here[0].gathering:
        known.append(now + GATHERING)
    if here and here[0].pace_per_minute is not None:
        known.append(now + PACE / max(1, here[0].pace_per_minute))
    return min((instant for instant in known if instant is not None and instant > now), default=None)


async def _with_own_reasons(session: AsyncSession, queue: str, *, now: datetime) -> frozenset[UUID | None]:
    """Return the agents who may be offered more, or less, than their abilities say: preferred ones, and who rejected."""
    preferred = select(TaskRow.preferred_agent).where(
        TaskRow.queue == queue, TaskRow.state == TaskState.QUEUED, col(TaskRow.preferred_agent).is_not(None)
    )
    rejecting = select(OfferRow.agent_id).where(
        OfferRow.queue == queue,
        OfferRow.ending == OfferEnding.REJECTED,
        col(OfferRow.offered_at) > now - REMEMBERED,
        col(OfferRow.ended_at) > now - DECLINED_FOR,
    )
    return frozenset([*(await session.exec(preferred)).all(), *(await session.exec(rejecting)).all()])
