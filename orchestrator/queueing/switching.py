"""Kill switches: one stops new dials at once, for everything, a queue or a rule; calls under way finish."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import SwitchRow
from orchestrator.errors import BadInput, NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.waking import wake
from orchestrator.settings import Settings
from orchestrator.storage.columns import Json


class NoSuchSwitch(NoSuch):
    code = "no_such_switch"


async def thrown(session: AsyncSession) -> Sequence[SwitchRow]:
    """Return the switches that are thrown now, the oldest first."""
    query = select(SwitchRow).where(col(SwitchRow.lifted_at).is_(None)).order_by(col(SwitchRow.thrown_at))
    return (await session.exec(query)).all()


async def throw(
    session: AsyncSession,
    *,
    scope: SwitchScope,
    target: str | None,
    reason: str,
    author: str,
    who: Who,
    now: datetime,
    settings: Settings,
) -> SwitchRow:
    """Stop new dials. Raises `BadInput` where scope and target do not go together."""
    if (target is None) != (scope is SwitchScope.EVERYTHING):
        fix = "leave it out" if scope is SwitchScope.EVERYTHING else f"name the {scope}"
        raise BadInput(f"a switch for {scope} with this target", field="target", fix=fix)
    row = SwitchRow(scope=scope.value, target=target, reason=reason, author=author, thrown_at=now)
    session.add(row)
    await session.flush()
    await note_change(session, who=who, what="switch.thrown", subject=str(row.id), before=None, after=_told(row), now=now)
    await _wake(session, row, now=now, settings=settings)
    return row


async def lift(session: AsyncSession, switch_id: UUID, *, who: Who, now: datetime, settings: Settings) -> SwitchRow:
    """Let dials go on. Done twice, it changes nothing. Raises `NoSuchSwitch`."""
    row = await session.get(SwitchRow, switch_id)
    if row is None:
        raise NoSuchSwitch(f"no switch {switch_id}")
    if row.lifted_at is None:
        row.lifted_at = now
        session.add(row)
        await session.flush()
        await note_change(session, who=who, what="switch.lifted", subject=str(row.id), before=_told(row), after=None, now=now)
        await _wake(session, row, now=now, settings=settings)
    return row


def _told(row: SwitchRow) -> Json:
    return {"scope": row.scope, "target": row.target, "reason": row.reason}


async def _wake(session: AsyncSession, row: SwitchRow, *, now: datetime, settings: Settings) -> None:
    queues = [row.target] if row.scope == SwitchScope.QUEUE and row.target is not None else None
    rule = row.target if row.scope == SwitchScope.RULE else None
    await wake(session, queues=queues, rule=rule, now=now, settings=settings)
