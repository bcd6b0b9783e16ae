"""What a kill switch does to calls on their way: what has not rung yet is taken back, what rings or talks finishes."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.opening import switches
from orchestrator.escalations.tables import EscalationRow
from orchestrator.telephony.attempts import CUSTOMER_FIRST, may_wait_at_carrier
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg

_NOT_RINGING = (AttemptState.PREPARED, AttemptState.SUBMITTING, AttemptState.SUBMITTED)


def joins_a_customer(attempt: AttemptRow) -> bool:
    """Tell whether a customer is on the line already, whose call is let finish: with this agent."""
    return attempt.leg is Leg.AGENT and attempt.flow == CUSTOMER_FIRST


async def is_switched_off(session: AsyncSession, attempt: AttemptRow) -> bool:
    """Tell whether a kill switch that is thrown now covers this call."""
    if joins_a_customer(attempt):
        return False
    row = await session.get(EscalationRow, attempt.escalation_id)
    return row is not None and bool(await switches(session, queue=row.queue, rule=row.rule))


async def waiting_at_carrier(
    session: AsyncSession, escalation: EscalationRow, attempts: Sequence[AttemptRow]
) -> list[AttemptRow]:
    """Return the calls that may still wait in the carrier's queue although a kill switch covers them."""
    waiting = [each for each in attempts if may_wait_at_carrier(each) and not joins_a_customer(each)]
    if not waiting or not await switches(session, queue=escalation.queue, rule=escalation.rule):
        return []
    return waiting


async def not_ringing(session: AsyncSession, *, queues: Collection[str] | None, rule: str | None) -> Sequence[UUID]:
    """Return the cases with a call on its way that has not rung: those of `queues` (None: all), of `rule` (None: any)."""
    on_their_way = select(AttemptRow.escalation_id).where(col(AttemptRow.state).in_(_NOT_RINGING))
    query = select(EscalationRow.id).where(col(EscalationRow.id).in_(on_their_way))
    if queues is not None:
        query = query.where(col(EscalationRow.queue).in_(queues))
    if rule is not None:
        query = query.where(EscalationRow.rule == rule)
    return (await session.exec(query)).all()
