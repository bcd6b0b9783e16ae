"""Kill switches: one stops new dials at once, for everything, a queue or a rule; calls under way finish."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import SwitchRow
from orchestrator.detection.tables import RuleRow
from orchestrator.errors import BadInput, NoSuch
from orchestrator.escalations.switched_off import not_ringing
from orchestrator.identity.changes import Who, note_change
from orchestrator.queueing.tables import QueueRow
from orchestrator.queueing.waking import wake
from orchestrator.settings import Settings
from orchestrator.storage.columns import Json
from orchestrator.storage.outbox import Topic, escalation_row, post


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
    """Stop new dials. Raises `BadInput` where scope and target do not go together, or there is no such queue or rule."""
    if (target is None) != (scope is SwitchScope.EVERYTHING):
        fix = "leave it out" if scope is SwitchScope.EVERYTHING else f"name the {scope}"
        raise BadInput(f"a switch for {scope} with this target", field="target", fix=fix)
    await _check_target(session, scope, target)
    row = SwitchRow(scope=scope.value, target=target, reason=reason, author=author, thrown_at=now)
    session.add(row)
    await session.flush()
    await note_change(session, who=who, what="switch.thrown", subject=str(row.id), before=None, after=_told(row), now=now)
    await _wake(session, row, now=now, settings=settings)
    await _take_back(session, row, now=now)
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


async def _check_target(session: AsyncSession, scope: SwitchScope, target: str | None) -> None:
    """A name that was mistyped would stop nothing, and nobody would see it."""
    table: type[QueueRow] | type[RuleRow] = QueueRow if scope is SwitchScope.QUEUE else RuleRow
    if target is not None and await session.get(table, target) is None:
        raise BadInput(f"there is no {scope} of this name", field="target", fix=f"name one of the {scope}s there are")


def _told(row: SwitchRow) -> Json:
    return {"scope": row.scope, "target": row.target, "reason": row.reason}


def _covered(row: SwitchRow) -> tuple[list[str] | None, str | None]:
    """Return the queues (None: all) and the rule (None: any) that the switch stops."""
    queues = [row.target] if row.scope == SwitchScope.QUEUE and row.target is not None else None
    return queues, row.target if row.scope == SwitchScope.RULE else None


async def _take_back(session: AsyncSession, row: SwitchRow, *, now: datetime) -> None:
    """Let the processes of calls that do not ring yet look at them."""
    queues, rule = _covered(row)
    cases = await not_ringing(session, queues=queues, rule=rule)
    await post(session, [escalation_row(Topic.HINT_ESCALATION, each, at=now) for each in cases])


async def _wake(session: AsyncSession, row: SwitchRow, *, now: datetime, settings: Settings) -> None:
    queues, rule = _covered(row)
    await wake(session, queues=queues, rule=rule, now=now, settings=settings)
