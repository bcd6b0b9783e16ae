"""How long somebody would wait who is promised a call now: for the work before them and the agents who speak their language."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text, Uuid
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.handling import handling_of
from orchestrator.queueing.matching import has_skills, primary, speaks
from orchestrator.queueing.order import PRIORITY_WORTH
from orchestrator.queueing.presence import at_work
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, QueueRow
from orchestrator.settings import Settings


@dataclass(frozen=True, slots=True)
class Promising:
    """A call that would be promised `within` so long, of a case with its place among others that are held back."""

    within: timedelta
    escalation_id: UUID
    opened_at: datetime
    priority: int


# Before a case go the open tasks its agents could be given, and the cases held back as it is, or about to look, that are
# older by the order in which agents wake them (docs/adr/020).
_BEFORE = text("""
SELECT (SELECT count(*) FROM tasks WHERE queue = :queue AND state NOT IN ('done', 'withdrawn')
        AND coalesce(language, '') = ANY (:languages))
    + (SELECT count(*) FROM escalations e JOIN customers c ON c.id = e.customer_id
       WHERE e.queue = :queue AND e.state = 'waiting' AND e.id <> :escalation
         AND (e.reasons = CAST('["staffing"]' AS jsonb) OR e.wait_until <= :now)
         AND (e.opened_at - e.priority * CAST(:worth AS interval), e.id) < (:place, :escalation)
         AND lower(trim(split_part(replace(CASE jsonb_typeof(c.attributes -> 'language')
             WHEN 'string' THEN c.attributes ->> 'language' ELSE '' END, '_', '-'), '-', 1))) = ANY (:languages))
""").bindparams(
    bindparam("languages", type_=ARRAY(Text)), bindparam("escalation", type_=Uuid), bindparam("worth", PRIORITY_WORTH)
)


async def forecast_wait(
    session: AsyncSession, queue: str, promising: Promising, *, language: str | None, now: datetime, settings: Settings
) -> tuple[timedelta | None, int]:
    """Return how long this call would wait, and how much goes before it; None where nobody there could take it.

    Who could speaks the language and has the skills of the queue.
    """
    query = select(AgentRow).join(AgentQueueRow, col(AgentQueueRow.agent_id) == col(AgentRow.id))
    there = (await session.exec(query.where(AgentQueueRow.queue == queue, at_work(now)))).all()
    needed = (await session.get_one(QueueRow, queue)).skills
    able = [agent for agent in there if speaks(agent.languages, language) and has_skills(agent.skills, needed)]
    before = await _before(session, queue, promising, able, now=now)
    if not able:
        return None, before
    if before < len(able):
        return timedelta(0), before
    handling = await handling_of(session, queue, now=now, default=settings.handling_time)
    return (before - len(able) + 1) * handling.mean / len(able), before


async def _before(session: AsyncSession, queue: str, promising: Promising, able: list[AgentRow], *, now: datetime) -> int:
    values = {
        "queue": queue,
        "languages": ["", *sorted({primary(spoken) for agent in able for spoken in agent.languages})],
        "escalation": promising.escalation_id,
        "place": promising.opened_at - promising.priority * PRIORITY_WORTH,
        "now": now,
    }
    return int((await (await session.connection()).execute(_BEFORE, values)).scalar_one())
