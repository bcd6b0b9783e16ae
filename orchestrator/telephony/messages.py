"""Writing a text message: the row that `sending` posts once, after this transaction."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.consent import Wishes
from orchestrator.availability.phones import BadPhone
from orchestrator.availability.purposes import Medium
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.words import language_of
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.telephony.numbers import customer_number, sender_number
from orchestrator.telephony.tables import MessageRow

LONGEST = 1600  # characters: the carrier takes no more (twilio-notes, 10)


async def write_message(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    template: str,
    body: str,
    now: datetime,
    settings: Settings,
    promise_id: UUID | None = None,
) -> MessageRow | None:
    """Write an SMS to the customer, to be sent after the commit; None where no message can or may go.

    That is: there is no valid number, or the customer refused messages. Customer's and escalation's locks are held.
    """
    number = customer_number(customer.attributes, settings)
    if isinstance(number, BadPhone) or not Wishes.of(customer.attributes).permit_medium(Medium.SMS):
        return None
    message = MessageRow(
        token=secrets.token_urlsafe(24),
        escalation_id=escalation.id,
        customer_id=customer.id,
        promise_id=promise_id,
        rule=escalation.rule,
        queue=escalation.queue,
        template=template,
        language=language_of(customer.attributes.get("language")).value,
        to_number=number,
        from_number=await sender_number(session, escalation.queue, settings),
        body=body[:LONGEST],
        prepared_at=now,
    )
    session.add(message)
    await session.flush()
    return message
