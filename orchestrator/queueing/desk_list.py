"""What waits on an agent's queues, as their desk lists it: in the order it will be offered, and without naming anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.matching import has_skills, primary
from orchestrator.queueing.order import in_order
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, TaskRow, TaskState


@dataclass(frozen=True, slots=True)
class Waiting:
    """One waiting task; `why` is the title of the rule that leads its case."""

    task: TaskRow
    why: str

    def is_late(self, now: datetime) -> bool:
        """Tell whether the promise is broken already."""
        return self.task.promised and self.task.due_at is not None and self.task.due_at < now


async def waiting_for(
    session: AsyncSession, agent: AgentRow, *, rules: RuleLibrary, language: str, now: datetime, limit: int = 50
) -> list[Waiting]:
    """Return what the agent may be offered next, the most pressing first: promises broken or soon due lead."""
    promised = _suiting(agent).where(col(TaskRow.promised)).order_by(col(TaskRow.due_at)).limit(limit)
    others = _suiting(agent).order_by(col(TaskRow.rank)).limit(limit)
    found = {row.id: (row, case) for query in (promised, others) for row, case in (await session.exec(query)).all()}
    suiting = [row for row, _ in found.values() if has_skills(agent.skills, row.skills)]
    ordered = in_order(sorted(suiting, key=lambda row: row.id), now=now)[:limit]
    titles = await _titles(session, rules, [found[row.id][1] for row in ordered], language)
    return [Waiting(row, titles[row.escalation_id]) for row in ordered]


def _suiting(agent: AgentRow) -> Any:  # SQLModel has no public name for it
    queues = select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent.id)
    spoken = [primary(language) for language in agent.languages]
    return (
        select(TaskRow, EscalationRow)
        .join(EscalationRow, col(EscalationRow.id) == col(TaskRow.escalation_id))
        .where(TaskRow.state == TaskState.QUEUED, col(TaskRow.queue).in_(queues))
        .where(or_(col(TaskRow.language).is_(None), col(TaskRow.language).in_(spoken)))
    )


async def _titles(session: AsyncSession, rules: RuleLibrary, cases: Sequence[EscalationRow], language: str) -> dict[UUID, str]:
    documents = {each: await rules.version(session, *each) for each in {(case.rule, case.version) for case in cases}}
    return {case.id: documents[case.rule, case.version].title_in(language) for case in cases}
