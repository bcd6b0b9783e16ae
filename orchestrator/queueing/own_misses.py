"""The offers an agent has just missed, as their desk tells of them afterwards: when, what for, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.desk_list import titles_of
from orchestrator.queueing.missing import Fate, fate, missed_in_a_row
from orchestrator.queueing.tables import OfferRow, TaskRow

_MOST = 5


@dataclass(frozen=True, slots=True)
class Missed:
    """A task whose offer ran out at `at`; of several offers of one task, the latest. `why` is its rule's title."""

    offer_id: UUID
    at: datetime
    why: str
    fate: Fate


async def own_misses(
    session: AsyncSession, agent_id: UUID, *, since: datetime, rules: RuleLibrary, language: str
) -> Sequence[Missed]:
    """Return what the agent has missed since they last answered an offer, not before `since` (aware), the latest first."""
    missed = _by_task(await missed_in_a_row(session, agent_id, since=since, limit=_MOST))
    if not missed:
        return ()
    cases = select(EscalationRow).where(col(EscalationRow.id).in_([task.escalation_id for _, task in missed]))
    titles = await titles_of(session, rules, (await session.exec(cases)).all(), language=language)
    return [
        Missed(offer.id, offer.ended_at or offer.until, titles[task.escalation_id], fate(task, agent_id=agent_id))
        for offer, task in missed
    ]


def _by_task(missed: Sequence[tuple[OfferRow, TaskRow]]) -> list[tuple[OfferRow, TaskRow]]:
    latest: dict[UUID, tuple[OfferRow, TaskRow]] = {}
    for offer, task in missed:
        latest.setdefault(task.id, (offer, task))
    return list(latest.values())
