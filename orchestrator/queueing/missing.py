"""Offers that nobody answered: which those were, what became of their tasks, and when an agent is offered no more.

A miss is an offer of a callback whose time ran out, at a desk that lived or not. What we took back is none, and a hold for a
call whose customer is being rung asks nothing of the agent.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.changes import note_change
from orchestrator.queueing.presence import set_not_answering
from orchestrator.queueing.tables import AgentRow, OfferEnding, OfferRow, Presence, TaskKind, TaskRow, TaskState
from orchestrator.settings import Settings

_TELLING = (OfferEnding.ACCEPTED, OfferEnding.REJECTED, OfferEnding.TIMED_OUT)
BY_US = "ringback"  # who the audit names for what the service did by itself


class Fate(StrEnum):
    """What became of a task after its offer was missed."""

    AGAIN = "again"  # it is offered to the same agent once more
    COLLEAGUE = "colleague"
    WAITING = "waiting"
    OVER = "over"


async def missed_in_a_row(
    session: AsyncSession, agent_id: UUID, *, since: datetime, limit: int
) -> list[tuple[OfferRow, TaskRow]]:
    """Return the offers missed since the agent last answered one, and since `since`, the latest first."""
    query = select(OfferRow, TaskRow).join(TaskRow, col(TaskRow.id) == col(OfferRow.task_id))
    query = query.where(OfferRow.agent_id == agent_id, col(OfferRow.offered_at) >= since, _tells())
    query = query.order_by(col(OfferRow.offered_at).desc()).limit(limit)
    return _missed_first((await session.exec(query)).all())


async def was_missed(session: AsyncSession, task_id: UUID, *, agent_id: UUID) -> bool:
    """Tell whether the last offer of the task to this agent ran out."""
    query = select(OfferRow.ending).where(OfferRow.task_id == task_id, OfferRow.agent_id == agent_id)
    last = (await session.exec(query.order_by(col(OfferRow.offered_at).desc()).limit(1))).first()
    return last is OfferEnding.TIMED_OUT


def fate(task: TaskRow, *, agent_id: UUID) -> Fate:
    """Return what became of a task that `agent_id` missed."""
    if task.state is TaskState.QUEUED:
        return Fate.WAITING
    if task.agent_id is None:
        return Fate.OVER
    return Fate.AGAIN if task.agent_id == agent_id else Fate.COLLEAGUE


async def judge(session: AsyncSession, agent: AgentRow, *, now: datetime, settings: Settings) -> None:
    """Offer no more to an available agent who has missed too many in a row, until they are back. Their lock is held."""
    if agent.presence is not Presence.AVAILABLE:
        return
    missed = await missed_in_a_row(session, agent.id, since=agent.presence_since, limit=settings.missed_offers)
    if len(missed) < settings.missed_offers:
        return
    await set_not_answering(session, agent, now=now)
    before, after = {"presence": Presence.AVAILABLE}, {"presence": Presence.NOT_ANSWERING, "missed": len(missed)}
    what, name = "agent.not_answering", agent.name
    await note_change(session, who=BY_US, what=what, subject=name, before=before, after=after, now=now)


async def note_return(session: AsyncSession, agent: AgentRow, *, now: datetime) -> None:
    """Write down that an agent is answering again, or has chosen something else."""
    before, after = {"presence": Presence.NOT_ANSWERING}, {"presence": agent.presence}
    who = f"agent:{agent.name}"
    await note_change(session, who=who, what="agent.answering", subject=agent.name, before=before, after=after, now=now)


def _tells() -> ColumnElement[bool]:
    """The condition of an offer that tells whether its agent was there: they answered it, or talked, or let it run out."""
    callback = (col(TaskRow.kind) == TaskKind.CALLBACK) & col(OfferRow.ending).in_(_TELLING)
    talked = (col(TaskRow.agent_id) == col(OfferRow.agent_id)) & col(TaskRow.wrap_since).is_not(None)
    return or_(callback, (col(TaskRow.kind) == TaskKind.CALL) & talked)


def _missed_first(answered: Sequence[tuple[OfferRow, TaskRow]]) -> list[tuple[OfferRow, TaskRow]]:
    found = []
    for offer, task in answered:
        if offer.ending is not OfferEnding.TIMED_OUT or task.kind is TaskKind.CALL:
            break
        found.append((offer, task))
    return found
