"""What customers are told, and what becomes of it: written before the words go out, ended in exactly one named state."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.availability.zones import zone
from orchestrator.escalations.pledges import Ended, end_at_close, end_at_connection
from orchestrator.escalations.records import note
from orchestrator.escalations.states import Outcome, PromiseState
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.escalations.words import Text, When, language_of
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.telephony.messages import write_message
from orchestrator.telephony.tables import MessageRow, MessageState
from orchestrator.wording.reading import promise_of

SMS = "sms"
VOICE = "voice"
_PENDING = (PromiseState.WRITTEN, PromiseState.OPEN)
# The carrier took it, or nobody can say: the customer may have read it, so it is kept as a promise.
_OUT = (MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.UNKNOWN)
_NEVER_OUT = (MessageState.REFUSED, MessageState.CANCELED)


async def pending(session: AsyncSession, escalation: EscalationRow) -> Sequence[PromiseRow]:
    """Return the escalation's promises that have not ended, oldest first: at most an open one and its renewal."""
    if not escalation.has_words:
        return ()
    query = select(PromiseRow).where(PromiseRow.escalation_id == escalation.id, col(PromiseRow.state).in_(_PENDING))
    return (await session.exec(query.order_by(col(PromiseRow.written_at), col(PromiseRow.id)))).all()


async def standing(session: AsyncSession, escalation: EscalationRow) -> PromiseRow | None:
    """Return the promise that was last said and that no call has kept: open still, or broken already."""
    if not escalation.has_words:
        return None
    said = (PromiseState.OPEN, PromiseState.BROKEN)
    query = select(PromiseRow).where(PromiseRow.escalation_id == escalation.id, col(PromiseRow.state).in_(said))
    return (await session.exec(query.order_by(col(PromiseRow.written_at).desc()).limit(1))).first()


async def promise_by_message(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    due_at: datetime,
    now: datetime,
    settings: Settings,
    renews: PromiseRow | None = None,
    cause: str | None = None,
) -> PromiseRow | None:
    """Write a promise and the SMS that will say it; None where the customer has no number a message can go to.

    It is a promise once the message is out. `renews` is the open promise it apologises for, `cause` why that is needed.
    """
    text = Text.PROMISE if renews is None else Text.APOLOGY
    row = await _write(
        session,
        customer,
        escalation,
        text=text,
        medium=SMS,
        due_at=due_at,
        now=now,
        settings=settings,
        renews=renews,
        cause=cause,
    )
    await session.flush()
    message = await write_message(
        session, customer, escalation, template=text.value, body=row.words, promise_id=row.id, now=now, settings=settings
    )
    if message is None:
        await session.delete(row)
        return None
    note(session, escalation, "promise_written", now=now, promise=str(row.id), due_at=due_at.isoformat())
    return row


async def promise_spoken(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    text: Text,
    due_at: datetime,
    now: datetime,
    settings: Settings,
) -> PromiseRow:
    """Write a promise that the call under way says next, and count it as said: the customer hears it now."""
    row = await _write(session, customer, escalation, text=text, medium=VOICE, due_at=due_at, now=now, settings=settings)
    _said(session, escalation, row, now=now)
    return row


async def catch_up(session: AsyncSession, escalation: EscalationRow, *, now: datetime, closing: bool = False) -> None:
    """Let written promises follow their messages: said, or never said. Done twice, it changes nothing more.

    `closing`: nobody waits any longer for the answer to a message on its way, and its words are perhaps out.
    """
    for row in await pending(session, escalation):
        if row.state is not PromiseState.WRITTEN or row.medium != SMS:
            continue
        message = (await session.exec(select(MessageRow).where(MessageRow.promise_id == row.id))).first()
        if message is None or message.state in _NEVER_OUT:
            _end(session, escalation, row, Ended(PromiseState.UNSAID, "not_sent"), now=now)
        elif message.state in _OUT or (closing and message.state is MessageState.SUBMITTING):
            await _renew_old(session, escalation, row, now=now)
            _said(session, escalation, row, now=now)


async def connected(session: AsyncSession, escalation: EscalationRow, *, at: datetime) -> None:
    """Keep what was promised, or find that it was too late: the customer and an agent are connected since `at`."""
    for row in await pending(session, escalation):
        if row.state is PromiseState.OPEN:
            _end(session, escalation, row, end_at_connection(connected_at=at, due_at=row.due_at), now=at)


async def end_all(session: AsyncSession, escalation: EscalationRow, outcome: Outcome, *, now: datetime) -> None:
    """End every promise of an escalation that closes with `outcome`."""
    for row in await pending(session, escalation):
        _end(session, escalation, row, end_at_close(row.state, outcome, at=now, due_at=row.due_at), now=now)


async def release(session: AsyncSession, escalation: EscalationRow, *, cause: str, now: datetime) -> None:
    """Release what was promised: the customer asked for something else."""
    for row in await pending(session, escalation):
        said = row.state is PromiseState.OPEN
        _end(session, escalation, row, Ended(PromiseState.RELEASED if said else PromiseState.UNSAID, cause), now=now)


async def break_overdue(session: AsyncSession, escalation: EscalationRow, *, cause: str, now: datetime) -> None:
    """Break the promises whose due time has passed without a connection."""
    for row in await pending(session, escalation):
        if row.state is PromiseState.OPEN and row.due_at < now:
            _end(session, escalation, row, Ended(PromiseState.BROKEN, cause), now=now)


async def break_open(session: AsyncSession, escalation: EscalationRow, *, cause: str, now: datetime) -> None:
    """Break what was said and not kept: we take it back ourselves."""
    for row in await pending(session, escalation):
        if row.state is PromiseState.OPEN:
            _end(session, escalation, row, Ended(PromiseState.BROKEN, cause), now=now)


def customer_zone(customer: CustomerRow) -> ZoneInfo | None:
    """Return the customer's zone where exactly one is known."""
    place = whereabouts(customer.attributes).place
    return None if isinstance(place, Unplaced) or len(place.zones) != 1 else zone(place.zones[0])


async def _write(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    text: Text,
    medium: str,
    due_at: datetime,
    now: datetime,
    settings: Settings,
    renews: PromiseRow | None = None,
    cause: str | None = None,
) -> PromiseRow:
    when = When(due_at=due_at, now=now, zone=customer_zone(customer))
    language = language_of(customer.attributes.get("language"))
    row = PromiseRow(
        escalation_id=escalation.id,
        customer_id=customer.id,
        words=await promise_of(session, text, language, when, organisation=settings.organisation),
        medium=medium,
        due_at=due_at,
        written_at=now,
        renews=None if renews is None else renews.id,
        cause=cause,
    )
    escalation.has_words = True
    session.add_all([row, escalation])
    return row


def _said(session: AsyncSession, escalation: EscalationRow, row: PromiseRow, *, now: datetime) -> None:
    row.state, row.said_at = PromiseState.OPEN, now
    session.add(row)
    note(session, escalation, "promised", now=now, promise=str(row.id), due_at=row.due_at.isoformat())


async def _renew_old(session: AsyncSession, escalation: EscalationRow, row: PromiseRow, *, now: datetime) -> None:
    """Call the promise renewed that `row` apologises for, unless it broke before the apology was out."""
    old = None if row.renews is None else await session.get(PromiseRow, row.renews)
    if old is not None and old.state is PromiseState.OPEN:
        broken = old.due_at < now
        ended = Ended(PromiseState.BROKEN, "late_apology") if broken else Ended(PromiseState.RENEWED, row.cause or "late")
        _end(session, escalation, old, ended, now=now)


def _end(session: AsyncSession, escalation: EscalationRow, row: PromiseRow, ended: Ended, *, now: datetime) -> None:
    row.state, row.cause, row.ended_at = ended.state, ended.cause, now
    session.add(row)
    note(session, escalation, f"promise_{ended.state.value}", now=now, promise=str(row.id), cause=ended.cause)
