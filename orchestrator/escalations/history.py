"""What already went out to a customer and to a number, and who has forbidden calls to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import Cap, Contact, ContactKind
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

# `submitted_at` is taken away again from a dial or a message that surely never went out.
_CONTACTS = text("""
SELECT submitted_at AS at, rule, customer_id, to_number, 'dial' AS kind FROM attempts
WHERE (customer_id = :self OR to_number = :phone) AND leg = 'customer' AND submitted_at >= :since
UNION ALL
SELECT submitted_at, rule, customer_id, to_number, 'message' FROM messages
WHERE (customer_id = :self OR to_number = :phone) AND submitted_at >= :since
""")


@dataclass(frozen=True, slots=True)
class Past:
    """What went out before: to the customer, and to the number whoever it belonged to."""

    of_customer: tuple[Contact, ...] = ()
    of_number: tuple[Contact, ...] = ()


async def contacts(
    session: AsyncSession, customer: CustomerRow, phone: str | None, *, caps: Sequence[Cap], now: datetime
) -> Past:
    """Return the dials and messages that may count toward `caps`, and the customer's own last contact."""
    if not caps:
        return Past()
    since = now - max(cap.within for cap in caps)
    connection = await session.connection()
    rows = (await connection.execute(_CONTACTS, {"self": customer.id, "phone": phone or "", "since": since})).all()
    counted = [(Contact(row.at, ContactKind(row.kind), row.rule), row) for row in rows]
    own = customer.last_contact_at
    inbound = (Contact(own, ContactKind.INBOUND),) if own is not None and own >= since else ()
    return Past(
        of_customer=(*(contact for contact, row in counted if row.customer_id == customer.id), *inbound),
        of_number=tuple(contact for contact, row in counted if row.to_number == phone),
    )


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
