"""The alarms of rules: those that are open, those of one rule, and how a supervisor takes one into their hands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.people import Viewer
from orchestrator.insights.tables import RuleAlarmRow
from orchestrator.storage.columns import Json

_LATEST = 20


class Quiet(StrEnum):
    """For how long an alarm says nothing more. `USUAL`: what the rule does now is meant, and its past no measure any more."""

    HOUR = "hour"
    SHIFT = "shift"
    DAY = "day"
    USUAL = "usual"


_LENGTHS = {Quiet.HOUR: timedelta(hours=1), Quiet.SHIFT: timedelta(hours=8), Quiet.DAY: timedelta(days=1)}


class NoSuchAlarm(NoSuch):
    code = "no_such_alarm"


async def loud_alarms(session: AsyncSession, *, now: datetime) -> Sequence[RuleAlarmRow]:
    """Return the open alarms that nobody has taken into their hands, or not until now; the latest first."""
    open_ones = select(RuleAlarmRow).where(col(RuleAlarmRow.over_at).is_(None))
    loud = or_(col(RuleAlarmRow.quiet_until).is_(None), col(RuleAlarmRow.quiet_until) <= now)
    return (await session.exec(open_ones.where(loud).order_by(col(RuleAlarmRow.raised_at).desc()))).all()


async def open_alarms(session: AsyncSession) -> Sequence[RuleAlarmRow]:
    """Return every open alarm, loud or not."""
    query = select(RuleAlarmRow).where(col(RuleAlarmRow.over_at).is_(None))
    return (await session.exec(query.order_by(col(RuleAlarmRow.raised_at).desc()))).all()


async def alarms_of(session: AsyncSession, rule: str) -> Sequence[RuleAlarmRow]:
    """Return a rule's alarms, open and over, the latest first."""
    query = select(RuleAlarmRow).where(RuleAlarmRow.rule == rule).order_by(col(RuleAlarmRow.raised_at).desc())
    return (await session.exec(query.limit(_LATEST))).all()


async def quiet(session: AsyncSession, rule: str, alarm_id: UUID, how_long: str, *, who: Who, now: datetime) -> None:
    """Take an alarm into one's hands. One that is over stays as it is. Raises `NoSuchAlarm`, `BadInput`."""
    query = select(RuleAlarmRow).where(RuleAlarmRow.id == alarm_id, RuleAlarmRow.rule == rule).with_for_update()
    row = (await session.exec(query)).first()
    if row is None:
        raise NoSuchAlarm(f"no alarm {alarm_id} of the rule {rule}")
    if how_long not in set(Quiet):
        raise BadInput("this is no length of time", field="quiet", fix=f"choose one of {', '.join(Quiet)}")
    if row.over_at is not None:
        return
    before, chosen = _told(row), Quiet(how_long)
    row.quiet_by, row.quiet_at = who.login if isinstance(who, Viewer) else who, now
    if chosen is Quiet.USUAL:
        row.is_new_usual, row.over_at = True, now
    else:
        row.quiet_until = now + _LENGTHS[chosen]
    session.add(row)
    await note_change(session, who=who, what="rule.alarm_seen", subject=rule, before=before, after=_told(row), now=now)


def _told(row: RuleAlarmRow) -> Json:
    until = row.quiet_until.isoformat() if row.quiet_until else None
    return {"trouble": row.trouble, "quiet_until": until, "is_new_usual": row.is_new_usual, "is_over": row.over_at is not None}
