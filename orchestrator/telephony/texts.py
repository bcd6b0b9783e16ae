"""What the carrier tells us about text messages: delivery, and what phones write back."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from twilio.twiml.messaging_response import MessagingResponse

from orchestrator.escalations.lifecycle import opt_out
from orchestrator.escalations.words import Language
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer, lock_escalation
from orchestrator.telephony.callbacks import kept, key_of
from orchestrator.telephony.posting import message_moved
from orchestrator.telephony.repository import keep_callback, lock_message
from orchestrator.telephony.signatures import Form, NotFromCarrier
from orchestrator.telephony.tables import AttemptRow, Leg, MessageRow
from orchestrator.telephony.words import Phrase, phrase

# The carrier answers these itself and blocks the sender's messages (twilio-notes, 10); calls are for us to stop.
_CARRIERS_OWN = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_OURS = frozenset({"9", "הסר", "הסרה", "הסירו", "עצור", "עצרו", "די", "להסיר"})


def wants_out(body: str) -> bool:
    """Tell whether a message asks not to be contacted again: it holds one of the words and nothing else."""
    return _word(body) in _CARRIERS_OWN | _OURS


def _word(body: str) -> str:
    letters = "".join(char for char in body if unicodedata.category(char)[0] in "LN" or char.isspace())
    return letters.strip().upper()


class TextCallbacks:
    """Takes verified webhooks about messages. `repeat` is the carrier's own token of a webhook, where it sent one."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    async def status(self, token: str, form: Form, *, repeat: str | None = None) -> bool:
        """Take the delivery of a message; False for a token that is none of ours."""

        async def work(session: AsyncSession) -> bool:
            found = (await session.exec(select(MessageRow).where(MessageRow.token == token))).first()
            locked = None if found is None else await lock_escalation(session, found.escalation_id)
            if found is None or locked is None:
                return False
            message = await lock_message(session, found.id)
            _bind(message, form.text("MessageSid"))
            now = await self._database.clock.now(session)
            key = key_of("sms-status", form, repeat)
            if await keep_callback(session, key, kind="sms-status", attempt_id=None, fields=kept(form), at=now):
                status, error = form.text("MessageStatus") or "", form.number("ErrorCode")
                await message_moved(session, *locked, message, status=status, error=error, now=now)
            return True

        return await self._database.run(work)

    async def received(self, form: Form, *, repeat: str | None = None) -> str:
        """Take a message from a phone and return the answer, as TwiML: whoever asks not to be called is opted out."""

        async def work(session: AsyncSession) -> str:
            now = await self._database.clock.now(session)
            key = key_of("sms", form, repeat)
            body, sender = form.text("Body") or "", form.text("From")
            new = await keep_callback(session, key, kind="sms", attempt_id=None, fields=kept(form), at=now)
            if new and sender is not None and wants_out(body):
                await self._opt_out(session, sender, now=now)
            return _answer(body)

        return await self._database.run(work)

    async def _opt_out(self, session: AsyncSession, number: str, *, now: datetime) -> None:
        """Opt out everyone we have contacted at the number, or who gave it as theirs: a phone speaks for all who share it."""
        owners = [await lock_customer(session, owner) for owner in await _owners(session, number)]
        for customer in {owner.id: owner for owner in owners}.values():
            await opt_out(session, customer, now=now)


async def _owners(session: AsyncSession, number: str) -> Sequence[UUID]:
    messages = select(MessageRow.customer_id).where(MessageRow.to_number == number)
    dials = select(AttemptRow.customer_id).where(AttemptRow.to_number == number, AttemptRow.leg == Leg.CUSTOMER)
    query = select(CustomerRow.id).where(
        or_(
            col(CustomerRow.id).in_(messages),
            col(CustomerRow.id).in_(dials),
            col(CustomerRow.attributes)["phone"].astext == number,
        )
    )
    return (await session.exec(query.order_by(col(CustomerRow.id)))).all()


def _bind(message: MessageRow, sid: str | None) -> None:
    if sid is None or message.message_sid not in (None, sid):
        raise NotFromCarrier("the message and the token do not belong together")
    message.message_sid = sid


def _answer(body: str) -> str:
    response = MessagingResponse()
    if _word(body) in _OURS:
        language = Language.ENGLISH if body.strip().isascii() else Language.HEBREW
        response.message(phrase(Phrase.NEVER, language))
    return str(response)
