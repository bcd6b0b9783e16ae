"""The open cases of a rule: counted before it is held, and taken back where somebody says so."""

from functools import partial
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.changes import Who
from orchestrator.queueing.supervising import cancel_escalation
from orchestrator.settings import Settings
from orchestrator.storage.database import Database


async def count_open(session: AsyncSession, rule: str) -> int:
    """Return how many open cases stand on moments of this rule alone."""
    return (await session.exec(select(func.count()).select_from(_alone(rule).subquery()))).one()


async def take_back_open(database: Database, rule: str, *, reason: str, who: Who, settings: Settings) -> int:
    """Cancel the open cases that stand on moments of this rule alone, each in a transaction of its own; return their number.

    A case that another rule wants too goes on. A call under way is let finish, and who was promised a call is told. Doing it
    again, after a fault in the middle, goes on where it stopped.
    """
    async with database.transaction() as session:
        cases = (await session.exec(_alone(rule))).all()

    for case in cases:
        await database.run(
            partial(cancel_escalation, escalation_id=case, reason=reason, who=who, clock=database.clock, settings=settings)
        )
    return len(cases)


def _alone(rule: str) -> SelectOfScalar[UUID]:
    """Open cases with a live moment of this rule and none of another."""
    live = select(MomentRow.escalation_id).where(
        MomentRow.status == MomentStatus.LIVE, MomentRow.mode == Mode.LIVE, col(MomentRow.escalation_id).is_not(None)
    )
    own, others = live.where(MomentRow.rule == rule), live.where(MomentRow.rule != rule)
    open_ones = select(EscalationRow.id).where(EscalationRow.state != State.CLOSED)
    mine = open_ones.where(col(EscalationRow.id).in_(own), col(EscalationRow.id).not_in(others))
    return mine.order_by(col(EscalationRow.opened_at))
