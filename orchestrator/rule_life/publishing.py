"""A version put in force: what begins, stops and goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.library import raise_revision
from orchestrator.detection.rule_files import RuleFile
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.identity.changes import Who
from orchestrator.rule_life.handover import begin_trial, end_trial, hand_over
from orchestrator.rule_life.states import note, told
from orchestrator.rule_life.versions import new_version, read_version, same_version


@dataclass(frozen=True, slots=True)
class Published:
    """What putting one rule in force did. `before` is the state it was in, None for a new one; `dropped` counts open watches
    that the new version cannot take over.
    """

    rule: CompiledRule
    version: int
    before: RuleState | None
    is_new_version: bool
    dropped: int = 0
    is_trial: bool = False  # in shadow, beside another version that goes on as it was

    @property
    def begins_to_dial(self) -> bool:
        """Whether moments of this rule did not reach anybody before."""
        calls = any(step.message is None for _, step in self.rule.document.every_step())
        return calls and not self.is_trial and self.before is not RuleState.PUBLISHED


async def publish(session: AsyncSession, files: Sequence[RuleFile], *, author: str, who: Who, now: datetime) -> list[Published]:
    """Let these rules run and dial, each in a new version where its content is new.

    A first version sees the events that arrive from now on. A new one takes over open watches and windows of the same kind
    of detector; others are dropped and counted.
    """
    await raise_revision(session)  # first: two who publish at once take turns
    return [await _publish(session, file, author=author, who=who, now=now) for file in files]


async def try_beside(session: AsyncSession, version: RuleVersionRow, *, who: Who, now: datetime) -> Published:
    """Let a version run in shadow beside the one in force, which goes on dialing. The caller holds the rulebook."""
    row = await session.get_one(RuleRow, version.rule)
    before = told(row)
    if row.shadow_version != version.version:
        await begin_trial(session, row, version.version, now=now)
        session.add(row)
        await note(session, "rule.tried", row, before=before, who=who, now=now)
    rule = (await read_version(version)).rule
    return Published(rule, version.version, RuleState(row.state), is_new_version=False, is_trial=True)


async def put_in_force(
    session: AsyncSession, version: RuleVersionRow, state: RuleState, *, who: Who, now: datetime
) -> Published:
    """Let a version run, in shadow or published. The caller holds the rulebook (`raise_revision`)."""
    row = await session.get_one(RuleRow, version.rule)
    rule, before, told_before = (await read_version(version)).rule, RuleState(row.state), told(row)
    dropped = await hand_over(session, row, rule, to=state, now=now)
    if state is RuleState.SHADOW or row.shadow_version == version.version:
        await end_trial(session, row, now=now)
    row.state, row.version, row.changed_at = state, version.version, now
    session.add(row)
    if state is RuleState.PUBLISHED:
        version.published_at = version.published_at or now
        session.add(version)
    if told_before != told(row):
        await note(session, f"rule.{_DONE[state]}", row, before=told_before, who=who, now=now)
    return Published(rule, version.version, before, is_new_version=False, dropped=dropped)


_DONE = {RuleState.PUBLISHED: "published", RuleState.SHADOW: "shadowed"}


async def _publish(session: AsyncSession, file: RuleFile, *, author: str, who: Who, now: datetime) -> Published:
    known = await same_version(session, file)
    version = known or await new_version(session, file, author=author, now=now)
    row = await session.get(RuleRow, file.rule.name)
    if row is not None:
        done = await put_in_force(session, version, RuleState.PUBLISHED, who=who, now=now)
        return Published(done.rule, done.version, done.before, is_new_version=known is None, dropped=done.dropped)
    row = RuleRow(name=file.rule.name, state=RuleState.PUBLISHED, version=version.version, changed_at=now, since=now)
    version.published_at = now
    session.add_all([row, version])
    await note(session, "rule.published", row, before=None, who=who, now=now)
    return Published(file.rule, version.version, None, is_new_version=True)
