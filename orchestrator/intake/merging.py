"""Two customers turn out to be one: what was the other's is the kept one's from now on."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.escalations.lifecycle import close
from orchestrator.escalations.records import note, nudge, under_way, unsettled_attempts
from orchestrator.escalations.replan import follow_lead
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.locks import open_escalation

Keyless = tuple[str, Mode]  # a rule whose key is the customer's id, in a mode

# Watches and windows are written by the turn that merged their states; what is left of the other's belongs to no rule.
_NOT_REOWNED = frozenset({"watches", "windows"})
_MARK_MERGED = text("UPDATE moments SET merged_at = :now WHERE customer_id = :other AND merged_at IS NULL")
_DROP_WATCHES = text("UPDATE watches SET status = 'dropped', closed_at = :now WHERE customer_id = :other AND status = 'open'")
_DROP_WINDOWS = text("DELETE FROM windows WHERE customer_id = :other")
_REKEY = text(
    """
    UPDATE moments SET key = :kept WHERE customer_id = :customer AND key = :known
    AND (rule, mode) IN (SELECT * FROM unnest(CAST(:rules AS text[]), CAST(:modes AS text[])))
    """
)


async def merge_customers(
    session: AsyncSession, kept: CustomerRow, other: CustomerRow, *, keyless: Collection[Keyless], now: datetime
) -> None:
    """Give the kept customer everything that was the other's. Both rows are locked.

    `keyless` name the rules whose key is the customer's id; moments that the session holds already keep their old owner in
    memory. Where both have an open escalation, one joins the other: the
    one in a call stays, else the older.
    """
    await session.flush()
    await _join_escalations(session, kept, other, now=now)
    await session.flush()
    connection = await session.connection()
    await _rekey(session, other, kept.subject, keyless)
    await connection.execute(_MARK_MERGED, {"other": other.id, "now": now})
    await connection.execute(_DROP_WATCHES, {"other": other.id, "now": now})
    await connection.execute(_DROP_WINDOWS, {"other": other.id})
    await _reown(session, kept.id, other.id)
    _carry_over(kept, other)
    session.add_all([kept, other])
    await session.flush()


async def rename_customer(session: AsyncSession, customer: CustomerRow, subject: str, *, keyless: Collection[Keyless]) -> None:
    """Let another of the customer's ids be the one that is kept: an earlier identification, arriving late, named it."""
    if customer.subject != subject:
        await session.flush()
        await _rekey(session, customer, subject, keyless)
        customer.subject = subject
        session.add(customer)


async def _rekey(session: AsyncSession, customer: CustomerRow, subject: str, keyless: Collection[Keyless]) -> None:
    values = {"kept": subject, "customer": customer.id, "known": customer.subject}
    of_rules = {"rules": [rule for rule, _ in keyless], "modes": [mode.value for _, mode in keyless]}
    await (await session.connection()).execute(_REKEY, values | of_rules)


def _carry_over(kept: CustomerRow, other: CustomerRow) -> None:
    other.merged_into = kept.id
    kept.opted_out_at = kept.opted_out_at or other.opted_out_at
    contacts = [at for at in (kept.last_contact_at, other.last_contact_at) if at is not None]
    kept.last_contact_at = max(contacts, default=None)


async def _reown(session: AsyncSession, kept: UUID, other: UUID) -> None:
    """Repoint every row of every table that names a customer, whatever part it belongs to."""
    connection = await session.connection()
    for table in SQLModel.metadata.sorted_tables:
        if "customer_id" in table.c and table.name not in _NOT_REOWNED:
            await connection.execute(update(table).where(table.c.customer_id == other).values(customer_id=kept))
    await connection.execute(update(CustomerRow).where(col(CustomerRow.merged_into) == other).values(merged_into=kept))


async def _join_escalations(session: AsyncSession, kept: CustomerRow, other: CustomerRow, *, now: datetime) -> None:
    ours, theirs = await open_escalation(session, kept.id), await open_escalation(session, other.id)
    if ours is None or theirs is None:
        return
    stays, goes = (ours, theirs) if await _stays(session, ours, theirs) else (theirs, ours)
    query = select(MomentRow).where(MomentRow.escalation_id == goes.id, MomentRow.status == MomentStatus.LIVE)
    for moment in (await session.exec(query)).all():
        moment.escalation_id = stays.id
        session.add(moment)
    note(session, stays, "joined_by_escalation", now=now, joined=str(goes.id))
    await session.flush()
    goes.canceled_reason = "merged"
    owner = kept if goes is ours else other
    await close(session, owner, goes, Outcome.CANCELED, now=now, reasons=["merged"])
    await follow_lead(session, stays, now=now)
    await nudge(session, stays, now=now)


async def _stays(session: AsyncSession, ours: EscalationRow, theirs: EscalationRow) -> bool:
    """Say whether the kept customer's escalation is the one that stays."""
    speaking = [under_way(await unsettled_attempts(session, row.id)) for row in (ours, theirs)]
    if speaking[0] != speaking[1]:
        return speaking[0]
    return ours.opened_at <= theirs.opened_at
