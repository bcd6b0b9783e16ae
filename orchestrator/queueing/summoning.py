"""Cases that wait because nobody was there: who arrives, or has free hands again, wakes the one they are to serve next.

One agent wakes one case, in the order of a queue (docs/adr/008), so that five hundred that wait do not all come at once. The
looks that cases take by themselves (`RINGBACK_STAFFING_RELOOK`) stay as the safety net.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.queueing.floor import QueueNow, room
from orchestrator.queueing.matching import primary
from orchestrator.queueing.order import PATIENCE, PRIORITY_WORTH, SOON
from orchestrator.queueing.tables import AgentRow
from orchestrator.storage.outbox import hint_escalation

# Who was woken waits until they came, which is past on every clock: another agent, who read the time a little earlier, does not
# wake them again. Whose wait was changed since we looked is passed over too, and so is a row that somebody is at: it is being
# looked at. Only the row is locked, and no customer's is asked for after it, so that nobody waits for us in a circle.
_WAKE = text("""
WITH held AS (
    SELECT e.id, e.wait_until, e.opened_at - e.priority * CAST(:worth AS interval) AS rank, (
        SELECT min(due_at) FROM promises WHERE e.has_words AND escalation_id = e.id AND state IN ('open', 'broken')
    ) - CAST(:soon AS interval) AS presses
    FROM escalations e JOIN customers c ON c.id = e.customer_id JOIN queues q ON q.name = e.queue
    WHERE e.state = 'waiting' AND e.reasons = CAST('["staffing"]' AS jsonb) AND e.queue = ANY (:queues)
      AND e.wait_until > :now AND q.skills <@ :skills
      AND lower(trim(split_part(replace(CASE jsonb_typeof(c.attributes -> 'language')
          WHEN 'string' THEN c.attributes ->> 'language' ELSE '' END, '_', '-'), '-', 1))) = ANY (:languages)
), placed AS (
    SELECT id, wait_until, rank, least(presses, rank + CAST(:patience AS interval)) AS presses FROM held
), first AS (
    SELECT e.id FROM placed JOIN escalations e ON e.id = placed.id WHERE e.wait_until = placed.wait_until
    ORDER BY presses > :now, CASE WHEN presses <= :now THEN presses ELSE rank END, e.id
    LIMIT 1 FOR NO KEY UPDATE OF e SKIP LOCKED
)
UPDATE escalations SET wait_until = opened_at FROM first WHERE escalations.id = first.id RETURNING escalations.id
""").bindparams(
    bindparam("queues", type_=ARRAY(Text)),
    bindparam("languages", type_=ARRAY(Text)),
    bindparam("skills", type_=ARRAY(Text)),
    bindparam("worth", PRIORITY_WORTH),
    bindparam("soon", SOON),
    bindparam("patience", PATIENCE),
)


async def summon(session: AsyncSession, agent: AgentRow, queues: Sequence[QueueNow], *, now: datetime) -> None:
    """Let the most pressing case look again that waits on these queues for somebody like `agent`, who is free and locked.

    Queues that are closed, switched off or out of pace wake nobody.
    """
    names = [queue.name for queue in queues if queue.may_offer and await room(session, queue, now=now) != 0]
    if not names:
        return
    values = {
        "queues": names,
        "languages": ["", *sorted({primary(language) for language in agent.languages})],
        "skills": agent.skills,
        "now": now,
    }
    woken = (await (await session.connection()).execute(_WAKE, values)).scalar()
    if woken is not None:
        await hint_escalation(session, woken, at=now)
