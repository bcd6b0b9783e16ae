"""What already went out to a customer and to a number, and who has forbidden calls to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Medium
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

# `submitted_at` is taken away again from a dial or a message that surely never went out. What a contact was about are all the
# moments of its case. The customer's own contacts are events; each part finds its rows by an index of its own.
_CONTACTS = text("""
SELECT submitted_at AS at, 'dial' AS kind, rule, medium, customer_id = :self AS own, to_number = :phone AS there,
    (SELECT array_agg(DISTINCT moment) FROM moments WHERE moments.escalation_id = attempts.escalation_id) AS subjects
FROM attempts WHERE (customer_id = :self OR to_number = :phone) AND leg = 'customer' AND submitted_at >= :since
UNION ALL
SELECT submitted_at, 'message', rule, 'sms', customer_id = :self, to_number = :phone,
    (SELECT array_agg(DISTINCT moment) FROM moments WHERE moments.escalation_id = messages.escalation_id)
FROM messages WHERE (customer_id = :self OR to_number = :phone) AND submitted_at >= :since
UNION ALL
SELECT time, 'inbound', NULL, NULL, true, false, NULL
FROM events WHERE customer_id = :self AND type = 'contact.inbound' AND time >= :since
""")


@dataclass(frozen=True, slots=True)
class Past:
    """What went out before: to the customer, and to the number whoever it belonged to."""

    of_customer: tuple[Contact, ...] = ()
    of_number: tuple[Contact, ...] = ()


async def contacts(
    session: AsyncSession, customer: CustomerRow, phone: str | None, *, caps: Sequence[Cap], now: datetime
) -> Past:
    """Return the dials, the messages and the customer's own contacts that may count toward `caps`, by one statement."""
    if not caps:
        return Past()
    since = now - max(cap.within for cap in caps)
    connection = await session.connection()
    rows = (await connection.execute(_CONTACTS, {"self": customer.id, "phone": phone or "", "since": since})).all()
    return Past(
        of_customer=tuple(_contact(row) for row in rows if row.own),
        of_number=tuple(_contact(row) for row in rows if row.there),
    )


def _contact(row: Row[Any]) -> Contact:
    medium = None if row.medium is None else Medium(row.medium)
    return Contact(row.at, ContactKind(row.kind), row.rule, medium, frozenset(row.subjects or ()))


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
