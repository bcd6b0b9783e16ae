"""The live moments an escalation stands on, as one look needs them again and again."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import bindparam, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import STANDING, MomentRow
from orchestrator.escalations.tables import EscalationRow

_LIVE = select(MomentRow).where(col(MomentRow.escalation_id) == bindparam("escalation_id"), col(MomentRow.status).in_(STANDING))


async def live(session: AsyncSession, escalation: EscalationRow) -> Sequence[MomentRow]:
    """Return the moments the escalation stands on; of a case closed from the start, the one whose message is due."""
    return (await session.exec(_LIVE, params={"escalation_id": escalation.id})).all()


def last_expiry(moments: Sequence[MomentRow], promised: datetime | None) -> datetime | None:
    """Return when the last reason to call is gone: a promise outlasts the moments it was made for."""
    return max([moment.expires_at for moment in moments] + ([promised] if promised else []), default=None)
