"""What waits on an agent's queues, as their desk lists it: in the order it will be offered, and without naming anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, literal_column, text, union_all
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.matching import has_skills, primary
from orchestrator.queueing.order import in_order
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, TaskRow

# Spelt as the indexes have them, or they would not be used.
_LANGUAGE: ColumnElement[str] = literal_column("coalesce(language, '')")
_QUEUED, _PROMISED = text("state = 'queued'"), text("promised")


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
    queues = (await session.exec(select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent.id))).all()
    if not queues:
        return []
    languages = {"", *(primary(spoken) for spoken in agent.languages)}
    query = select(TaskRow, EscalationRow).join(EscalationRow, col(EscalationRow.id) == col(TaskRow.escalation_id))
    query = query.where(col(TaskRow.id).in_(_heads(sorted(queues), sorted(languages), limit)))
    found = {row.id: (row, case) for row, case in (await session.exec(query)).all()}
    suiting = [row for row, _ in found.values() if has_skills(agent.skills, row.skills)]
    ordered = in_order(sorted(suiting, key=lambda row: row.id), now=now)[:limit]
    titles = await _titles(session, rules, [found[row.id][1] for row in ordered], language)
    return [Waiting(row, titles[row.escalation_id]) for row in ordered]


def _heads(queues: Sequence[str], languages: Sequence[str], limit: int) -> CompoundSelect[tuple[UUID]]:
    """Return the ids at the head of each queue and language, by promise and by rank: walked along the claims' indexes."""
    heads = []
    for queue, language in product(queues, languages):
        here = select(col(TaskRow.id)).where(TaskRow.queue == queue, _LANGUAGE.in_([language]), _QUEUED)
        heads += [here.order_by(col(TaskRow.rank)).limit(limit)]
        heads += [here.where(_PROMISED).order_by(col(TaskRow.due_at)).limit(limit)]
    return union_all(*heads)


async def _titles(session: AsyncSession, rules: RuleLibrary, cases: Sequence[EscalationRow], language: str) -> dict[UUID, str]:
    documents = {each: await rules.version(session, *each) for each in {(case.rule, case.version) for case in cases}}
    return {case.id: documents[case.rule, case.version].title_in(language) for case in cases}
