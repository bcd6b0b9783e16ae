"""A change of hours, of a queue or of a switch concerns cases that wait: their processes look again, idle agents get work."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.news import News, What, tell
from orchestrator.queueing.offers import offer
from orchestrator.queueing.tables import QueueRow
from orchestrator.settings import Settings
from orchestrator.storage.outbox import Topic, escalation_row, post

_WAITING = (State.OPEN, State.WAITING, State.QUEUED)


async def wake(
    session: AsyncSession, *, now: datetime, settings: Settings, queues: Collection[str] | None = None, rule: str | None = None
) -> None:
    """Let every case that waits look at its gates again: those of `queues` (None: all), of `rule` (None: any)."""
    await look_again(session, now=now, queues=queues, rule=rule)
    for queue in await _existing(session, queues):
        await tell(session, News(What.FLOOR, queue=queue))
        await offer(session, queue, now=now, settings=settings)


async def look_again(
    session: AsyncSession, *, now: datetime, queues: Collection[str] | None = None, rule: str | None = None
) -> None:
    """Tell the processes of these cases to look at their rows again."""
    query = select(EscalationRow.id).where(col(EscalationRow.state).in_(_WAITING))
    if queues is not None:
        # One without a queue may be looking for its first at this moment, and find it missing.
        query = query.where(or_(col(EscalationRow.queue).in_(queues), col(EscalationRow.queue).is_(None)))
    if rule is not None:
        query = query.where(EscalationRow.rule == rule)
    waiting = (await session.exec(query)).all()
    await post(session, [escalation_row(Topic.HINT_ESCALATION, each, at=now) for each in waiting])


async def _existing(session: AsyncSession, queues: Collection[str] | None) -> list[str]:
    query = select(QueueRow.name).order_by(QueueRow.name)
    return list((await session.exec(query if queues is None else query.where(col(QueueRow.name).in_(queues)))).all())
