"""Every change of an escalation: checked against the table of transitions and written down as a line of its story."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import bindparam, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import State, check_transition
from orchestrator.escalations.tables import EscalationEventRow, EscalationRow
from orchestrator.storage.outbox import hint_escalation
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg

_UNSETTLED = (
    select(AttemptRow)
    .where(AttemptRow.escalation_id == bindparam("escalation_id"), AttemptRow.state != AttemptState.ENDED)
    .order_by(col(AttemptRow.prepared_at), col(AttemptRow.id))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def note(session: AsyncSession, escalation: EscalationRow, what: str, *, now: datetime, **detail: Any) -> None:
    """Add a line to the escalation's story: codes and ids only."""
    session.add(EscalationEventRow(escalation_id=escalation.id, at=now, what=what, detail=detail or None))


def move(session: AsyncSession, escalation: EscalationRow, after: State, *, now: datetime, **detail: Any) -> None:
    """Change the state and write it down; nothing happens where it is that state already. Raises `IllegalTransition`.

    The escalation's lock is held.
    """
    before = escalation.state
    check_transition(before, after)
    if before is after:
        return
    escalation.state = after
    if after is not State.WAITING:
        escalation.wait_until = None
    session.add(escalation)
    note(session, escalation, after.value, now=now, before=before.value, **detail)


async def nudge(session: AsyncSession, escalation: EscalationRow, *, now: datetime) -> None:
    """Tell the escalation's process to look at its row again."""
    escalation.revision += 1
    session.add(escalation)
    await hint_escalation(session, escalation.id, at=now)


async def unsettled_attempts(session: AsyncSession, escalation_id: UUID) -> Sequence[AttemptRow]:
    """Return the escalation's attempts that have no ending yet, oldest first, locked: always the last locks taken."""
    return (await session.exec(_UNSETTLED, params={"escalation_id": escalation_id})).all()


def under_way(attempts: Sequence[AttemptRow]) -> bool:
    """Tell whether the customer is in a call with us that an agent is part of, or is being joined to.

    A customer who only hears the greeting is not: what it was about may have settled itself, and the call then ends.
    """
    answered = any(each.leg is Leg.CUSTOMER and each.state is AttemptState.CONNECTED for each in attempts)
    return answered and any(each.leg is Leg.AGENT for each in attempts)
