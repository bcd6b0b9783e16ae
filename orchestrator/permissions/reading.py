"""What is on record about a customer and a number, as the gates are asked with it and as people read it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import Phone
from orchestrator.availability.statements import Scope, Statement
from orchestrator.permissions.tables import ConsentRow, DoNotCallRow


def digits_of(phone: Phone) -> int:
    """Return a number as it is stored and looked up: E.164 without its plus, at most fifteen digits."""
    return int(phone.removeprefix("+"))


async def consents_of(session: AsyncSession, customer_id: UUID) -> Sequence[ConsentRow]:
    """Return every statement of the customer, oldest first."""
    query = select(ConsentRow).where(ConsentRow.customer_id == customer_id)
    return (await session.exec(query.order_by(col(ConsentRow.given_at), col(ConsentRow.seq)))).all()


async def do_not_call_of(session: AsyncSession, customer_id: UUID, phone: Phone | None) -> Sequence[DoNotCallRow]:
    """Return every word of do-not-call of the customer, and of the number whoever said it, oldest first."""
    own = and_(DoNotCallRow.customer_id == customer_id, col(DoNotCallRow.number).is_(None))
    of_number = col(DoNotCallRow.number) == (None if phone is None else digits_of(phone))
    query = select(DoNotCallRow).where(own if phone is None else or_(own, of_number))
    return (await session.exec(query.order_by(col(DoNotCallRow.said_at), col(DoNotCallRow.seq)))).all()


def statement_of(row: ConsentRow) -> Statement:
    return Statement(
        scope=Scope(row.purpose, row.topic, row.medium),
        given=row.given,
        at=row.given_at,
        expires_at=row.expires_at,
        basis=row.basis,
    )


def forbidden_since(rows: Sequence[DoNotCallRow], topic: str | None) -> datetime | None:
    """Return since when the customer forbids calls about a topic, by the newest word on it; None where that is not so."""
    said = [row for row in rows if row.number is None and row.topic is not None and row.topic == topic]
    return said[-1].said_at if said and said[-1].forbidden else None


def number_forbidden(rows: Sequence[DoNotCallRow]) -> bool:
    """Say whether the newest word on the number itself forbids calls to it."""
    said = [row for row in rows if row.number is not None]
    return bool(said) and said[-1].forbidden
