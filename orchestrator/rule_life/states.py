"""A rule held still, set going again, ended."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import raise_revision
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.errors import BadInput, NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.rule_life.handover import closed_pauses, drop_watches, end_trial
from orchestrator.storage.columns import Json


async def pause(session: AsyncSession, name: str, *, who: Who, now: datetime) -> RuleRow:
    """Let a published rule detect nothing; its open moments still resolve. Raises `NoSuch` or `BadInput`."""
    row = await _rule(session, name, allowed=(RuleState.PUBLISHED,), verb="paused")
    before = told(row)
    row.state, row.changed_at = RuleState.PAUSED, now
    row.pauses = [*row.pauses, [now.isoformat(), None]]
    session.add(row)
    await note(session, "rule.paused", row, before=before, who=who, now=now)
    return row


async def resume(session: AsyncSession, name: str, *, who: Who, now: datetime) -> RuleRow:
    """Let a paused rule detect again what arrives from now on. Raises `NoSuch` or `BadInput`."""
    row = await _rule(session, name, allowed=(RuleState.PAUSED,), verb="resumed")
    before = told(row)
    row.state, row.changed_at = RuleState.PUBLISHED, now
    row.pauses = closed_pauses(row, now)
    session.add(row)
    await note(session, "rule.resumed", row, before=before, who=who, now=now)
    return row


async def retire(session: AsyncSession, name: str, *, who: Who, now: datetime) -> int:
    """End a rule and drop its open watches, whose number is returned; its escalations go on. Raises `NoSuch`, `BadInput`."""
    row = await _rule(session, name, allowed=tuple(set(RuleState) - {RuleState.RETIRED}), verb="retired")
    before = told(row)
    row.state, row.changed_at = RuleState.RETIRED, now
    await end_trial(session, row, now=now)
    session.add(row)
    await note(session, "rule.retired", row, before=before, who=who, now=now)
    return await drop_watches(session, name, now=now)


async def stop_trial(session: AsyncSession, name: str, *, who: Who, now: datetime) -> RuleRow:
    """Let the version that is tried in shadow beside the one in force detect no more. Raises `NoSuch` or `BadInput`."""
    row = await _rule(session, name, allowed=RuleState, verb="stopped")
    if row.shadow_version is None:
        raise BadInput(f"no version of the rule {name} is tried beside another", field="rule", fix="see `ringback rules list`")
    before = told(row)
    await end_trial(session, row, now=now)
    session.add(row)
    await note(session, "rule.trial_stopped", row, before=before, who=who, now=now)
    return row


async def _rule(session: AsyncSession, name: str, *, allowed: Iterable[RuleState], verb: str) -> RuleRow:
    await raise_revision(session)
    row = await session.get(RuleRow, name)
    if row is None:
        raise NoSuch(f"there is no rule {name}")
    if row.state not in allowed:
        raise BadInput(f"rule {name} is {row.state} and cannot be {verb}", field="rule", fix="see `ringback rules list`")
    return row


def told(row: RuleRow) -> Json:
    """Return what the audit keeps of a rule. What is tried beside the version in force stands only where there is one."""
    known: Json = {"state": RuleState(row.state).value, "version": row.version}
    return known if row.shadow_version is None else known | {"tried": row.shadow_version}


async def note(session: AsyncSession, what: str, row: RuleRow, *, before: Json | None, who: Who, now: datetime) -> None:
    await note_change(session, who=who, what=what, subject=row.name, before=before, after=told(row), now=now)
