"""Attempts and messages, found and locked in the one order there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import bindparam, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskRow
from orchestrator.storage.locks import lock_active_task, lock_escalation
from orchestrator.telephony.tables import AttemptRow, AttemptState, CarrierCallbackRow, MessageRow

# Built once: every webhook asks them.
_OF_TOKEN = select(AttemptRow).where(AttemptRow.token == bindparam("token"))
_LOCKED = (
    select(AttemptRow)
    .where(AttemptRow.id == bindparam("attempt_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Case:
    """An attempt and all it belongs to, locked: customer → escalation → agent → task → attempt."""

    customer: CustomerRow
    escalation: EscalationRow
    task: TaskRow | None
    attempt: AttemptRow


async def attempt_of_token(session: AsyncSession, token: str) -> AttemptRow | None:
    """Return the attempt as it is now, without a lock."""
    return (await session.exec(_OF_TOKEN, params={"token": token})).first()


async def lock_case(session: AsyncSession, attempt_id: UUID, *, of: UUID | None = None) -> Case | None:
    """Lock the attempt and all it belongs to; None when there is no such attempt. `of` is its escalation, where known."""
    owner = of or (await session.exec(select(AttemptRow.escalation_id).where(AttemptRow.id == attempt_id))).first()
    locked = None if owner is None else await lock_escalation(session, owner)
    if locked is None or owner is None:
        return None
    task = await lock_active_task(session, owner)
    return Case(*locked, task, await lock_attempt(session, attempt_id))


async def lock_attempt(session: AsyncSession, attempt_id: UUID) -> AttemptRow:
    return (await session.exec(_LOCKED, params={"attempt_id": attempt_id})).one()


async def lock_room(session: AsyncSession, case: Case) -> Sequence[AttemptRow]:
    """Return the legs of the attempt's room, locked, the attempt's own among them."""
    query = select(AttemptRow).where(
        AttemptRow.escalation_id == case.escalation.id, AttemptRow.conference == case.attempt.conference
    )
    locking = query.order_by(col(AttemptRow.prepared_at), col(AttemptRow.id)).with_for_update()
    return (await session.exec(locking.execution_options(populate_existing=True))).all()


async def attempt_of_sid(session: AsyncSession, sid: str) -> UUID | None:
    return (await session.exec(select(AttemptRow.id).where(AttemptRow.call_sid == sid))).first()


async def unsettled_to(session: AsyncSession, number: str) -> AttemptRow | None:
    """Return an attempt to this number that has no ending yet, whoever it is for and whichever of our numbers calls."""
    query = select(AttemptRow).where(AttemptRow.to_number == number, AttemptRow.state != AttemptState.ENDED)
    return (await session.exec(query.limit(1))).first()


async def lock_message(session: AsyncSession, message_id: UUID) -> MessageRow:
    query = select(MessageRow).where(MessageRow.id == message_id).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).one()


async def keep_callback(
    session: AsyncSession, key: str, *, kind: str, attempt_id: UUID | None, fields: dict[str, Any], at: datetime
) -> bool:
    """Store a webhook; False when this very one was stored before."""
    values = {"key": key, "kind": kind, "attempt_id": attempt_id, "fields": fields, "received_at": at}
    connection = await session.connection()
    command = insert(CarrierCallbackRow).values(values).on_conflict_do_nothing().returning(col(CarrierCallbackRow.key))
    return (await connection.execute(command)).first() is not None
