"""Text messages on their way: posted once, whatever the answer was, and moved by what the carrier says of them."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations import promises
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_escalation
from orchestrator.telephony.ports import (
    Carrier,
    CarrierMessage,
    CarrierRefused,
    CarrierUnavailable,
    CarrierUnclear,
    MessageOrder,
    Refusal,
)
from orchestrator.telephony.repository import lock_message
from orchestrator.telephony.tables import MessageRow, MessageState
from orchestrator.telephony.urls import Webhooks

log = structlog.get_logger(__name__)

OPTED_OUT = 21610
SKEW = timedelta(seconds=5)  # how far the carrier's clock may be behind ours; its times have whole seconds besides
_SENT = frozenset({"accepted", "scheduled", "queued", "sending", "sent"})
_STATES = {
    "delivered": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.UNDELIVERED,
}
_BEFORE = (MessageState.PREPARED, MessageState.SUBMITTING, MessageState.UNKNOWN)
_OPEN = (*_BEFORE, MessageState.SENT)


async def message_moved(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    message: MessageRow,
    *,
    status: str,
    now: datetime,
    error: int | None = None,
) -> None:
    """Take the carrier's word about a message, in any order; the locks down to the message are held."""
    before = message.state
    if status in _SENT and before in _BEFORE:
        message.state = MessageState.SENT
    elif status in _STATES and before in _OPEN:
        message.state, message.ended_at, message.error_code = _STATES[status], now, error
    if error == OPTED_OUT:
        _refuse_messages(session, customer)
    await _follow(session, escalation, message, before, now=now)


def _refuse_messages(session: AsyncSession, customer: CustomerRow) -> None:
    """Record that the person has stopped messages from us; calls are another matter, and their own."""
    consent = customer.attributes.get("consent")
    said = dict(consent) if isinstance(consent, dict) else {}
    customer.attributes = {**customer.attributes, "consent": {**said, "sms": False}}
    session.add(customer)


async def _follow(
    session: AsyncSession, escalation: EscalationRow, message: MessageRow, before: MessageState, *, now: datetime
) -> None:
    session.add(message)
    if message.state is before:
        return
    await session.flush()
    await promises.catch_up(session, escalation, now=now)


class Posting:
    """Sends messages through the carrier and finds out about those whose answer was lost."""

    def __init__(self, database: Database, carrier: Carrier, settings: Settings) -> None:
        self._database, self._carrier, self._settings = database, carrier, settings
        self._webhooks = Webhooks(settings.public_url)

    async def send(self, message_id: UUID) -> None:
        """Post the message. Run twice, it does nothing: the row is no longer `prepared`, and nobody posts it again."""
        order = await self._database.run(lambda session: self._submitting(session, message_id))
        if order is None:
            return
        try:
            sent = await self._carrier.send(order)
        except CarrierRefused as refused:
            await self._end(message_id, refused.number, opted_out=refused.refusal is Refusal.OPTED_OUT)
        except CarrierUnavailable as unavailable:
            await self._end(message_id, unavailable.number)
        except CarrierUnclear as unclear:
            log.warning("message unclear", message_id=str(message_id), reason=str(unclear))
            await self._doubt(message_id)
        else:
            await self._take(message_id, sent)

    async def settle(self, message_id: UUID) -> None:
        """Look for a message whose answer was lost. Run twice, it looks twice; it never posts anything."""
        message = await self._database.run(lambda session: self._unclear(session, message_id))
        if message is None or message.submitted_at is None:
            return
        since = message.submitted_at - SKEW
        listed = await self._carrier.find_messages(to=message.to_number, from_=message.from_number, since=since)
        for found in listed:
            if found.body == message.body and await self._take(message_id, found):
                return
        await self._database.run(lambda session: self._give_up(session, message_id))

    async def _submitting(self, session: AsyncSession, message_id: UUID) -> MessageOrder | None:
        message = await lock_message(session, message_id)
        if message.state is not MessageState.PREPARED:
            return None
        message.state = MessageState.SUBMITTING
        message.submitted_at = await self._database.clock.now(session)
        session.add(message)
        return MessageOrder(
            to=message.to_number,
            from_=message.from_number,
            body=message.body,
            status_url=self._webhooks.message_status(message.token),
        )

    async def _end(self, message_id: UUID, error: int | None, *, opted_out: bool = False) -> None:
        """The carrier surely did not take it: it counts as no message, and what it promised was never said."""
        log.info("message refused", message_id=str(message_id), code=error)

        async def work(session: AsyncSession) -> None:
            customer, escalation, message, now = await self._locked(session, message_id)
            before = message.state
            if before is not MessageState.SUBMITTING:
                return
            message.state, message.error_code = MessageState.REFUSED, error
            message.submitted_at, message.ended_at = None, now
            if opted_out:
                _refuse_messages(session, customer)
            await _follow(session, escalation, message, before, now=now)

        await self._database.run(work)

    async def _doubt(self, message_id: UUID) -> None:
        async def work(session: AsyncSession) -> None:
            _, escalation, message, now = await self._locked(session, message_id)
            before = message.state
            if before is MessageState.SUBMITTING:
                message.state = MessageState.UNKNOWN
                await _follow(session, escalation, message, before, now=now)

        await self._database.run(work)

    async def _take(self, message_id: UUID, sent: CarrierMessage) -> bool:
        """Take what the carrier says about our message; False when the message it speaks of is another row's."""

        async def work(session: AsyncSession) -> bool:
            customer, escalation, message, now = await self._locked(session, message_id)
            owner = (await session.exec(select(MessageRow.id).where(MessageRow.message_sid == sent.sid))).first()
            if owner not in (None, message.id):
                return False
            message.message_sid = message.message_sid or sent.sid
            await message_moved(session, customer, escalation, message, status=sent.status, error=sent.error, now=now)
            return True

        return await self._database.run(work)

    async def _unclear(self, session: AsyncSession, message_id: UUID) -> MessageRow | None:
        """Return the message if nobody knows whether it was sent. One whose worker was lost has become unclear by now."""
        _, escalation, message, now = await self._locked(session, message_id)
        before = message.state
        lost = message.submitted_at is not None and message.submitted_at + timedelta(seconds=30) <= now
        if before is MessageState.SUBMITTING and lost:
            message.state = MessageState.UNKNOWN
            await _follow(session, escalation, message, before, now=now)
        message.looked_at = now
        session.add(message)
        return message if message.state is MessageState.UNKNOWN and message.ended_at is None else None

    async def _give_up(self, session: AsyncSession, message_id: UUID) -> None:
        """After the quiet period nobody looks any more; the row stays `unknown`, and counts as a message."""
        message = await lock_message(session, message_id)
        now = await self._database.clock.now(session)
        over = message.submitted_at is not None and message.submitted_at + self._settings.quiet_period <= now
        if message.state is MessageState.UNKNOWN and over:
            message.ended_at = now
            session.add(message)

    async def _locked(self, session: AsyncSession, message_id: UUID) -> tuple[CustomerRow, EscalationRow, MessageRow, datetime]:
        owner = (await session.exec(select(MessageRow.escalation_id).where(MessageRow.id == message_id))).one()
        locked = await lock_escalation(session, owner)
        assert locked is not None, "a message belongs to an escalation"
        message = await lock_message(session, message_id)
        return *locked, message, await self._database.clock.now(session)
