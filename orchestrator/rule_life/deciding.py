"""What supervisors decide about a rule: each with the tag of what they saw, and with the lint in between."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.errors import BadInput, Conflict
from orchestrator.identity.changes import Who, note_change
from orchestrator.rule_life.checking import check, demand
from orchestrator.rule_life.publishing import Published, put_in_force, try_beside
from orchestrator.rule_life.tags import hold
from orchestrator.rule_life.versions import latest_number, read_version, version_of
from orchestrator.settings import Settings


class NotApproved(Conflict):
    """A version that nobody but its author has agreed to, where two have to."""

    code = "not_approved"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was seen, and by whom it is decided: `seen` the tag, `version` None for the newest."""

    seen: str | None
    version: int | None = None
    confirmed: bool = False


async def run_version(
    session: AsyncSession, name: str, state: RuleState, decision: Decision, *, who: Who, settings: Settings, now: datetime
) -> Published:
    """Let a version run: published, so that people are called, or in shadow. The newest one, or an earlier one to go back to.

    Where another version is in force, a shadow runs beside it. Raises `NoSuch`, `TagMissing`, `TagStale`, `LintErrors`,
    `LintUnconfirmed` and, for publishing, `NotApproved`; nothing is changed then.
    """
    version = await _chosen(session, name, decision)
    file = await read_version(version)
    demand(await check(session, [file], settings=settings, now=now), confirmed=decision.confirmed)
    if state is RuleState.PUBLISHED:
        demand_approval(version, settings)
    elif await _goes_beside(session, version):
        return await try_beside(session, version, who=who, now=now)
    return await put_in_force(session, version, state, who=who, now=now)


async def approve_version(
    session: AsyncSession, name: str, decision: Decision, *, approver: str, who: Who, now: datetime
) -> RuleVersionRow:
    """Note that a second person agrees to a version. Raises `NotApproved` for its own author, and as `run_version`."""
    version = await _chosen(session, name, decision)
    if approver == version.author:
        raise NotApproved(f"{approver} wrote version {version.version}", fix="ask somebody else to approve it")
    version.approved_by, version.approved_at = approver, now
    session.add(version)
    after = {"version": version.version, "approved_by": approver}
    await note_change(session, who=who, what="rule.approved", subject=name, before=None, after=after, now=now)
    return version


async def _goes_beside(session: AsyncSession, version: RuleVersionRow) -> bool:
    row = await session.get_one(RuleRow, version.rule)
    return row.state in (RuleState.PUBLISHED, RuleState.PAUSED) and row.version != version.version


def demand_approval(version: RuleVersionRow, settings: Settings) -> None:
    """Raise `NotApproved` where rules need a second person and this version had none."""
    if settings.rules_need_approval and version.approved_by is None:
        detail = f"version {version.version} of {version.rule} was approved by nobody"
        raise NotApproved(detail, fix=f"ask somebody other than {version.author} to approve it")


async def _chosen(session: AsyncSession, name: str, decision: Decision) -> RuleVersionRow:
    row = await hold(session, name, seen=decision.seen)
    if row.state == RuleState.RETIRED and decision.version is None:
        fix = "save a new version, or name the version to go back to"
        if await latest_number(session, name) == row.version:
            raise BadInput(f"the rule {name} is retired", field="rule", fix=fix)
    return await version_of(session, name, decision.version or await latest_number(session, name))
