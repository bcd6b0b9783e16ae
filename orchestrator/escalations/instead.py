"""Messages that go where no call is worth it: taken back while they have not gone out, once what they are about is over."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.records import note, nudge
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.telephony.tables import MessageRow, MessageState


async def spare(session: AsyncSession, moments: Iterable[MomentRow], status: MomentStatus, *, now: datetime) -> None:
    """End those whose message is due, with `status`; a message that was not submitted yet never goes out.

    The customer's lock is held. Done twice, it changes nothing more.
    """
    for moment in moments:
        if moment.status is not MomentStatus.MESSAGE_DUE or moment.escalation_id is None:
            continue
        moment.status, moment.ended_at = status, now
        escalation = await session.get_one(EscalationRow, moment.escalation_id, with_for_update=True)
        session.add(moment)
        note(session, escalation, "message_not_sent", now=now, reasons=[status.value])
        await withdraw_messages(session, escalation, now=now)
        await nudge(session, escalation, now=now)


async def spare_all(session: AsyncSession, customer: CustomerRow, *, now: datetime) -> None:
    """Take back every message that is due to the customer, whose lock is held."""
    query = select(MomentRow).where(MomentRow.customer_id == customer.id, MomentRow.status == MomentStatus.MESSAGE_DUE)
    await spare(session, (await session.exec(query)).all(), MomentStatus.ENDED, now=now)


async def withdraw_messages(session: AsyncSession, escalation: EscalationRow, *, now: datetime) -> None:
    """Take back the messages of an escalation that were not submitted yet; its lock is held."""
    if not escalation.has_words:
        return
    query = select(MessageRow).where(MessageRow.escalation_id == escalation.id, MessageRow.state == MessageState.PREPARED)
    for message in (await session.exec(query.with_for_update())).all():
        message.state, message.ended_at = MessageState.CANCELED, now
        session.add(message)
