"""Reasons the customer will not hear of leave the case to the others it stands on: they neither lead it nor are spoken of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.consent import Wishes
from orchestrator.availability.permission import may_be_led_by
from orchestrator.availability.purposes import Purpose
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.records import note
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.reading import consents_of, do_not_call_of, forbidden_since, statement_of


async def set_aside(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    moments: Sequence[MomentRow],
    *,
    now: datetime,
) -> Sequence[MomentRow]:
    """End those of the escalation's live `moments` whose own topic or purpose is refused by every medium; return the rest.

    Where all are, all stay: the gates refuse the case, and it closes with that reason. The customer's lock is held.
    """
    if len(moments) < 2:
        return moments
    allowed = await _allowed(session, customer, moments, now=now)
    if not allowed or len(allowed) == len(moments):
        return moments
    for moment in [each for each in moments if each not in allowed]:
        moment.status, moment.ended_at = MomentStatus.ENDED, now
        session.add(moment)
        note(session, escalation, "topic_forbidden", now=now, rule=moment.rule, moment=str(moment.id))
    return allowed


async def _allowed(
    session: AsyncSession, customer: CustomerRow, moments: Sequence[MomentRow], *, now: datetime
) -> list[MomentRow]:
    words = await do_not_call_of(session, customer.id, None)
    said = tuple(statement_of(row) for row in await consents_of(session, customer.id))
    told = Wishes.of(customer.attributes)
    found = []
    for moment in moments:
        wishes = replace(told, topic_forbidden_since=forbidden_since(words, moment.moment))
        if may_be_led_by(Purpose(moment.purpose), moment.moment, wishes, said, asked_at=moment.at, now=now):
            found.append(moment)
    return found
