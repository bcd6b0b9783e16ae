"""What already went out to a customer and to a number, and who has forbidden calls to it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import Contact, ContactKind
from orchestrator.intake.tables import CustomerRow
from orchestrator.telephony.tables import AttemptRow, Leg, MessageRow

# Those who gave the number as theirs, and those who were called at it. Written out, so that the partial index is seen to fit.
_BLOCKED = text("""
SELECT EXISTS (
  SELECT 1 FROM customers
  WHERE attributes ->> 'do_not_call' = 'true' AND attributes ->> 'phone' = ANY (:spelt)
    AND merged_into IS NULL AND id <> :self
) OR EXISTS (
  SELECT 1 FROM attempts JOIN customers ON customers.id = attempts.customer_id
  WHERE attempts.to_number = :phone AND attempts.leg = 'customer'
    AND attributes ->> 'do_not_call' = 'true' AND merged_into IS NULL AND customers.id <> :self
)
""")


async def contacts_of_customer(session: AsyncSession, customer: CustomerRow, *, since: datetime) -> tuple[Contact, ...]:
    """Return dials and messages to the customer since `since`, and the customer's own last contact."""
    dials = await _dials(session, col(AttemptRow.customer_id) == customer.id, since)
    messages = await _messages(session, col(MessageRow.customer_id) == customer.id, since)
    own = customer.last_contact_at
    inbound = (Contact(own, ContactKind.INBOUND),) if own is not None and own >= since else ()
    return (*dials, *messages, *inbound)


async def contacts_of_number(session: AsyncSession, phone: str, *, since: datetime) -> tuple[Contact, ...]:
    """Return dials and messages to the number since `since`, whoever it belonged to."""
    dials = await _dials(session, col(AttemptRow.to_number) == phone, since)
    return (*dials, *await _messages(session, col(MessageRow.to_number) == phone, since))


async def number_is_blocked(session: AsyncSession, customer: CustomerRow, phone: str) -> bool:
    """Tell whether another customer who has the number wants no calls: families share phones."""
    spelt = [way for way in {phone, customer.attributes.get("phone")} if isinstance(way, str)]
    connection = await session.connection()
    values = {"spelt": spelt, "phone": phone, "self": customer.id}
    return bool((await connection.execute(_BLOCKED, values)).scalar_one())


async def tried(session: AsyncSession, escalation_id: UUID) -> bool:
    """Tell whether reaching the customer was ever tried for this escalation, whatever the carrier made of it."""
    dial = select(AttemptRow.id).where(AttemptRow.escalation_id == escalation_id, AttemptRow.leg == Leg.CUSTOMER)
    message = select(MessageRow.id).where(MessageRow.escalation_id == escalation_id)
    return any([(await session.exec(query.limit(1))).first() is not None for query in (dial, message)])


async def _dials(session: AsyncSession, whose: ColumnElement[bool], since: datetime) -> Sequence[Contact]:
    # `submitted_at` is taken away again from a dial that surely never rang.
    query = select(AttemptRow.submitted_at, AttemptRow.rule).where(
        whose, AttemptRow.leg == Leg.CUSTOMER, col(AttemptRow.submitted_at) >= since
    )
    return [Contact(at, ContactKind.DIAL, rule) for at, rule in (await session.exec(query)).all() if at is not None]


async def _messages(session: AsyncSession, whose: ColumnElement[bool], since: datetime) -> Sequence[Contact]:
    query = select(MessageRow.submitted_at, MessageRow.rule).where(whose, col(MessageRow.submitted_at) >= since)
    return [Contact(at, ContactKind.MESSAGE, rule) for at, rule in (await session.exec(query)).all() if at is not None]
