"""What the hours of a call stood on, for the card an agent reads: the last decision's own figures, told as a sentence."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.verdicts import GateCode
from orchestrator.escalations.tables import DecisionRow
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.foundations import foundation

# Which files of hours hold tells where the customer lives, so who may not see the one is not told the other.
_TELLING = frozenset({"address", "country", "state"})


async def hours_of_call(session: AsyncSession, escalation_id: UUID, language: Language, unseen: Sequence[str]) -> str | None:
    """Return which calling hours decided and how the zone was found; None where no decision tells, or it is hidden."""
    if not _TELLING.isdisjoint(unseen):
        return None
    query = select(DecisionRow).where(DecisionRow.escalation_id == escalation_id).order_by(col(DecisionRow.at).desc())
    last = (await session.exec(query.limit(1))).first()
    verdicts = [] if last is None else last.verdicts
    found = (each.get("figures", {}) for each in verdicts if each.get("gate") == GateCode.CALLING_HOURS)
    figures: Mapping[str, Any] = next(found, {})
    try:
        return foundation(figures, Reader(language, ZoneInfo("UTC")))
    except (KeyError, ValueError):  # another version wrote it otherwise
        return None
