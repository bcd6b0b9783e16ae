"""Do-not-call: of a customer, of one topic, or of a number whoever holds it; said, and taken back, in effect at once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import BadPhone, Phone, normalise
from orchestrator.availability.purposes import Purpose
from orchestrator.detection.tables import MomentRow
from orchestrator.errors import BadInput, Faults
from orchestrator.escalations.lifecycle import opt_out
from orchestrator.identity.changes import Who, note_change
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.checking import check_proof, check_said_at, check_source, check_topic
from orchestrator.permissions.reading import digits_of
from orchestrator.permissions.tables import DoNotCallRow
from orchestrator.permissions.withdrawing import take_back
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.columns import Json
from orchestrator.storage.locks import lock_customer
from orchestrator.telephony.numbers import customer_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """What is to be recorded: `forbidden`, or allowed again. `topic` None: all; `number`, as it was written: that number."""

    forbidden: bool
    topic: str | None = None
    number: str | None = None
    proof: str | None = None
    source: str
    said_at: datetime | None = None


async def record_do_not_call(
    session: AsyncSession, customer_id: UUID, ban: Ban, *, who: Who, clock: Clock, settings: Settings
) -> DoNotCallRow:
    """Write it down and end what it forbids, in the same transaction. Raises `BadInput`, `NoSuchCustomer`."""
    customer = await lock_customer(session, customer_id)
    now = await clock.now(session)
    number = check_ban(ban, now=now, settings=settings)
    row = DoNotCallRow(
        customer_id=customer.id,
        number=None if number is None else digits_of(number),
        topic=ban.topic,
        forbidden=ban.forbidden,
        proof=(ban.proof or "").strip() or None,
        source=ban.source,
        said_at=ban.said_at or now,
        recorded_at=now,
        recorded_by=who if isinstance(who, str) else who.login,
    )
    await _follow(session, customer, row, number, now=now, settings=settings)
    await session.flush()
    what = "do_not_call.recorded"
    await note_change(session, who=who, what=what, subject=str(customer.id), before=None, after=_told(row), now=now)
    return row


def check_ban(ban: Ban, *, now: datetime, settings: Settings) -> Phone | None:
    """Return the number that is meant, None where the customer is. Raises `BadInput` with each field at fault."""
    faults, number = Faults(), None
    with faults:
        check_topic(ban.topic)
    with faults:
        number = _number(ban, settings)
    with faults:
        check_proof(ban.proof, needed=not ban.forbidden)
    with faults:
        check_source(ban.source)
    with faults:
        check_said_at(ban.said_at, now, field="said_at")
    faults.settle()
    return number


def _number(ban: Ban, settings: Settings) -> Phone | None:
    if ban.number is None:
        return None
    if ban.topic is not None:
        raise BadInput("a number is forbidden for all topics", field="topic", fix="leave out the topic or the number")
    found = normalise(ban.number, region=settings.default_country)
    if isinstance(found, BadPhone):
        raise BadInput("this is no phone number", field="number", fix="write it with its country code, such as +972…")
    return found


async def _follow(
    session: AsyncSession, customer: CustomerRow, row: DoNotCallRow, number: Phone | None, *, now: datetime, settings: Settings
) -> None:
    if row.topic is None and number is None:
        await _of_customer(session, customer, row, now=now)
        return
    session.add(row)
    if not row.forbidden:
        return
    if number is not None:
        own = customer_number(customer.attributes, settings) == number
        await take_back(session, customer, lambda _: own, now=now)
    else:
        await take_back(session, customer, lambda moment: _forbids(row, moment), now=now)


async def _of_customer(session: AsyncSession, customer: CustomerRow, row: DoNotCallRow, *, now: datetime) -> None:
    if row.forbidden:
        await opt_out(session, customer, now=now, word=row)
        return
    customer.attributes = {**customer.attributes, "do_not_call": False}
    customer.opted_out_at = None
    session.add_all([customer, row])


def _forbids(row: DoNotCallRow, moment: MomentRow) -> bool:
    """Who asks to be called about it after that means this one call."""
    asked_since = Purpose(moment.purpose) is Purpose.REQUESTED_CALLBACK and moment.at >= row.said_at
    return moment.moment == row.topic and not asked_since


def _told(row: DoNotCallRow) -> Json:
    """Return it as the audit keeps it: neither the proof nor the number, which are personal."""
    about = "number" if row.number is not None else "customer"
    return {"of": about, "topic": row.topic, "forbidden": row.forbidden, "said_at": row.said_at.isoformat()}
