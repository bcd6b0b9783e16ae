"""What waits on an agent's queues, as their desk lists it: in the order it will be offered, and without naming anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, func, literal_column, or_, text, union_all
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.matching import has_skills, primary
from orchestrator.queueing.order import in_order
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, TaskRow, TaskState

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


@dataclass(frozen=True, slots=True)
class WaitingList:
    """The most pressing of what waits, and how many wait in all."""

    first: Sequence[Waiting]
    total: int


NOBODY = WaitingList((), 0)


@dataclass(frozen=True, slots=True)
class Sight:
    """What decides which tasks an agent sees waiting: two agents with the same see the same.

    `keeper` is the agent for whom tasks are kept; with None, those that are kept for anybody are out of sight.
    """

    queues: tuple[str, ...]
    languages: tuple[str, ...]
    skills: tuple[str, ...]
    keeper: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """As much of a task as its order takes."""

    id: UUID
    rank: datetime
    due_at: datetime | None
    promised: bool
    skills: Sequence[str]


async def sight_of(session: AsyncSession, agent: AgentRow) -> Sight:
    queues = (await session.exec(select(AgentQueueRow.queue).where(AgentQueueRow.agent_id == agent.id))).all()
    languages = {"", *(primary(spoken) for spoken in agent.languages)}
    return Sight(tuple(sorted(queues)), tuple(sorted(languages)), tuple(sorted(agent.skills)))


async def keepers(session: AsyncSession, *, now: datetime) -> frozenset[UUID]:
    """Return the agents for whom a waiting task is kept now."""
    kept = select(TaskRow.preferred_agent).where(TaskRow.state == TaskState.QUEUED, col(TaskRow.preferred_until) > now)
    found = await session.exec(kept.where(col(TaskRow.preferred_agent).is_not(None)).distinct())
    return frozenset(agent_id for agent_id in found.all() if agent_id is not None)


async def waiting_for(
    session: AsyncSession, sight: Sight, *, rules: RuleLibrary, language: str, now: datetime, limit: int = 50
) -> WaitingList:
    """Return what agents of this sight may be offered next, the most pressing first: promises broken or soon due lead."""
    if not sight.queues:
        return NOBODY
    heads = (await (await session.connection()).execute(_heads(sight, limit, now))).all()
    places = {row.id: _Place(**row._mapping) for row in heads}.values()
    suiting = sorted((place for place in places if has_skills(sight.skills, place.skills)), key=lambda place: place.id)
    first = [place.id for place in in_order(suiting, now=now)[:limit]]
    query = select(TaskRow, EscalationRow).join(EscalationRow, col(EscalationRow.id) == col(TaskRow.escalation_id))
    found = {row.id: (row, case) for row, case in (await session.exec(query.where(col(TaskRow.id).in_(first)))).all()}
    ordered = [found[task_id] for task_id in first if task_id in found]
    titles = await titles_of(session, rules, [case for _, case in ordered], language=language)
    # Whether there are more can be seen from the heads; only then are all of them counted.
    total = len(ordered) if len(heads) < limit else await _count(session, sight, now=now)
    return WaitingList([Waiting(row, titles[case.id]) for row, case in ordered], max(total, len(ordered)))


async def _count(session: AsyncSession, sight: Sight, *, now: datetime) -> int:
    query = sql_select(func.count()).select_from(TaskRow).where(_QUEUED, col(TaskRow.queue).in_(sight.queues))
    suits = (
        _LANGUAGE.in_(sight.languages),
        col(TaskRow.skills).op("<@", is_comparison=True)(list(sight.skills)),
        _free_for(sight, now),
    )
    return int((await (await session.connection()).execute(query.where(*suits))).scalar_one())


def _free_for(sight: Sight, now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a task is kept for nobody else."""
    free = or_(col(TaskRow.preferred_agent).is_(None), col(TaskRow.preferred_until) <= now)
    return free if sight.keeper is None else or_(free, col(TaskRow.preferred_agent) == sight.keeper)


def _heads(sight: Sight, limit: int, now: datetime) -> CompoundSelect[Any]:
    """Return the head of each queue and language, by promise and by rank: walked along the claims' indexes."""
    columns = (TaskRow.id, TaskRow.rank, TaskRow.due_at, TaskRow.promised, TaskRow.skills)
    heads = []
    for queue, language in product(sight.queues, sight.languages):
        here = sql_select(*(col(column) for column in columns))
        here = here.where(col(TaskRow.queue) == queue, _LANGUAGE.in_([language]), _QUEUED, _free_for(sight, now))
        heads += [here.order_by(col(TaskRow.rank)).limit(limit)]
        heads += [here.where(_PROMISED).order_by(col(TaskRow.due_at)).limit(limit)]
    return union_all(*heads)


async def titles_of(
    session: AsyncSession, rules: RuleLibrary, cases: Sequence[EscalationRow], *, language: str
) -> dict[UUID, str]:
    """Return by case the title of the rule that leads it: why a call is due, without naming anybody."""
    documents = {each: await rules.version(session, *each) for each in {(case.rule, case.version) for case in cases}}
    return {case.id: documents[case.rule, case.version].title_in(language) for case in cases}
