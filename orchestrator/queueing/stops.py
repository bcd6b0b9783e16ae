"""The kill switches that concern an agent: which stop their queues' calls, and which the call of the task in hand."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import SwitchRow
from orchestrator.queueing.tables import AgentQueueRow


async def switches_for(session: AsyncSession, agent_id: UUID) -> Sequence[SwitchRow]:
    """Return the switches thrown now for everything, for a queue of the agent's, or for a rule; the oldest first."""
    theirs = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent_id)
    of_queue = (col(SwitchRow.scope) == SwitchScope.QUEUE) & col(SwitchRow.target).in_(theirs)
    concerns = or_(col(SwitchRow.scope).in_([SwitchScope.EVERYTHING, SwitchScope.RULE]), of_queue)
    query = select(SwitchRow).where(col(SwitchRow.lifted_at).is_(None), concerns)
    return (await session.exec(query.order_by(col(SwitchRow.thrown_at)))).all()


def of_queues(switches: Iterable[SwitchRow]) -> list[SwitchRow]:
    """Return those that stop whole queues: what an agent is told whatever they have in hand."""
    return [each for each in switches if each.scope != SwitchScope.RULE]


def covering(switches: Iterable[SwitchRow], *, queue: str, rule: str) -> SwitchRow | None:
    """Return the first that stops a call of this rule on this queue."""
    covered = {SwitchScope.EVERYTHING.value: None, SwitchScope.QUEUE.value: queue, SwitchScope.RULE.value: rule}
    return next((each for each in switches if each.target == covered.get(each.scope, "")), None)
