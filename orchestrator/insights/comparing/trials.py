"""Which version of a rule runs, or ran last, in shadow, and since when."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.identity.tables import ChangeRow


@dataclass(frozen=True, slots=True)
class Trial:
    """A version in shadow, from `since` (aware UTC) on; `until` is None while it runs. Without `beside`, nothing dials."""

    version: int
    since: datetime
    until: datetime | None = None
    beside: int | None = None

    @property
    def runs(self) -> bool:
        return self.until is None


async def trial_of(session: AsyncSession, row: RuleRow) -> Trial | None:
    """Return the trial that runs, else the last one beside a version that dials, else None."""
    if row.state == RuleState.SHADOW:
        return Trial(row.version, row.since)
    if row.shadow_version is not None and row.shadow_since is not None:
        return Trial(row.shadow_version, row.shadow_since, beside=row.version)
    return await _last(session, row)


async def _last(session: AsyncSession, row: RuleRow) -> Trial | None:
    """Read it from the audit: it began as the rule was changed to be `tried`, and ended with the next change without."""
    query = (
        select(ChangeRow)
        .where(ChangeRow.subject == row.name, col(ChangeRow.what).startswith("rule."))
        .where(col(ChangeRow.what).not_in(("rule.drafted", "rule.approved")))
    )
    begun = (
        await session.exec(query.where(ChangeRow.what == "rule.tried").order_by(col(ChangeRow.id).desc()).limit(1))
    ).first()
    if begun is None or begun.after is None:
        return None
    later = (await session.exec(query.where(col(ChangeRow.id) > (begun.id or 0)).order_by(col(ChangeRow.id)))).all()
    ended = next(
        (each for each in later if each.after is not None and "state" in each.after and "tried" not in each.after), None
    )
    return Trial(begun.after["tried"], begun.at, ended.at if ended is not None else None, begun.after["version"])
