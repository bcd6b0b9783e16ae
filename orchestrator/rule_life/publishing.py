"""The life of rules: versions that never change, and what begins, stops and goes on when one is published."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

import orchestrator.detection
from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.library import raise_revision
from orchestrator.detection.rule_files import RuleFile, read_rule, read_rule_files
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import (
    ExpressionErrorRow,
    Mode,
    RuleRow,
    RuleState,
    RuleVersionRow,
    WatchRow,
    WatchStatus,
    WindowRow,
)
from orchestrator.errors import BadInput, NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.storage.columns import Json

SHIPPED = Path(next(iter(orchestrator.detection.__path__))) / "shipped"


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing one rule did. `before` is the state it was in, None for a new one; `dropped` counts open watches that
    the new version cannot take over.
    """

    rule: CompiledRule
    version: int
    before: RuleState | None
    is_new_version: bool
    dropped: int = 0

    @property
    def begins_to_dial(self) -> bool:
        """Whether moments of this rule did not reach anybody before."""
        return self.before is not RuleState.PUBLISHED and any(step.message is None for step in self.rule.document.steps)


async def publish(session: AsyncSession, files: Sequence[RuleFile], *, author: str, who: Who, now: datetime) -> list[Published]:
    """Let these rules run and dial, each in a new version where its content is new.

    A first version sees the events that arrive from now on. A new one takes over open watches and windows of the same kind
    of detector; others are dropped and counted.
    """
    await raise_revision(session)  # first: two who publish at once take turns
    return [await _published(session, file, author=author, who=who, now=now) for file in files]


async def load_shipped(session: AsyncSession, *, now: datetime) -> list[str]:
    """Write the shipped rules that this database has never had, in shadow: a fresh install dials nobody. Return their names."""
    return await load_in_shadow(session, read_rule_files(SHIPPED), now=now)


async def load_in_shadow(session: AsyncSession, files: Sequence[RuleFile], *, now: datetime) -> list[str]:
    """Write those rules that this database has never had, in shadow; return their names."""
    await raise_revision(session)
    known = set((await session.exec(select(RuleRow.name))).all())
    new = [file for file in files if file.rule.name not in known]
    for file in new:
        version = await _new_version(session, file, author="shipped", now=now)
        session.add(RuleRow(name=file.rule.name, state=RuleState.SHADOW, version=version.version, changed_at=now, since=now))
    await session.flush()
    return [file.rule.name for file in new]


async def list_rules(session: AsyncSession) -> list[tuple[RuleRow, RuleVersionRow]]:
    """Return every rule with its version in force, by name."""
    query = select(RuleRow, RuleVersionRow).where(
        RuleVersionRow.rule == RuleRow.name, RuleVersionRow.version == RuleRow.version
    )
    return [(rule, version) for rule, version in (await session.exec(query.order_by(RuleRow.name))).all()]


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """A rule with its versions, newest first, and what failed in them."""

    rule: RuleRow
    versions: Sequence[RuleVersionRow]
    errors: Sequence[ExpressionErrorRow]


async def rule_record(session: AsyncSession, name: str) -> RuleRecord:
    """Return all there is of a rule. Raises `NoSuch`."""
    rule = await session.get(RuleRow, name)
    if rule is None:
        raise NoSuch(f"there is no rule {name}")
    versions = select(RuleVersionRow).where(RuleVersionRow.rule == name).order_by(col(RuleVersionRow.version).desc())
    errors = select(ExpressionErrorRow).where(ExpressionErrorRow.rule == name)
    return RuleRecord(
        rule=rule,
        versions=(await session.exec(versions)).all(),
        errors=(await session.exec(errors.order_by(col(ExpressionErrorRow.last_at).desc()))).all(),
    )


async def pause(session: AsyncSession, name: str, *, who: Who, now: datetime) -> RuleRow:
    """Let a published rule detect nothing; its open moments still resolve. Raises `NoSuch` or `BadInput`."""
    row = await _rule(session, name, allowed=(RuleState.PUBLISHED,), verb="paused")
    before = _told(row)
    row.state, row.changed_at = RuleState.PAUSED, now
    row.pauses = [*row.pauses, [now.isoformat(), None]]
    session.add(row)
    await _note(session, "rule.paused", row, before=before, who=who, now=now)
    return row


async def resume(session: AsyncSession, name: str, *, who: Who, now: datetime) -> RuleRow:
    """Let a paused rule detect again what arrives from now on. Raises `NoSuch` or `BadInput`."""
    row = await _rule(session, name, allowed=(RuleState.PAUSED,), verb="resumed")
    before = _told(row)
    row.state, row.changed_at = RuleState.PUBLISHED, now
    row.pauses = _closed(row, now)
    session.add(row)
    await _note(session, "rule.resumed", row, before=before, who=who, now=now)
    return row


async def retire(session: AsyncSession, name: str, *, who: Who, now: datetime) -> int:
    """End a rule and drop its open watches, whose number is returned; its escalations go on. Raises `NoSuch`, `BadInput`."""
    row = await _rule(session, name, allowed=(*_RUNNING, RuleState.DRAFT), verb="retired")
    before = _told(row)
    row.state, row.changed_at = RuleState.RETIRED, now
    session.add(row)
    await _note(session, "rule.retired", row, before=before, who=who, now=now)
    return sum([await _drop(session, name, mode, now=now) for mode in Mode])


_RUNNING = (RuleState.SHADOW, RuleState.PUBLISHED, RuleState.PAUSED)


async def _rule(session: AsyncSession, name: str, *, allowed: Iterable[RuleState], verb: str) -> RuleRow:
    await raise_revision(session)
    row = await session.get(RuleRow, name)
    if row is None:
        raise NoSuch(f"there is no rule {name}")
    if row.state not in allowed:
        raise BadInput(f"rule {name} is {row.state} and cannot be {verb}", field="rule", fix="see `ringback rules list`")
    return row


def _told(row: RuleRow) -> Json:
    return {"state": RuleState(row.state).value, "version": row.version}


async def _note(session: AsyncSession, what: str, row: RuleRow, *, before: Json | None, who: Who, now: datetime) -> None:
    await note_change(session, who=who, what=what, subject=row.name, before=before, after=_told(row), now=now)


async def _published(session: AsyncSession, file: RuleFile, *, author: str, who: Who, now: datetime) -> Published:
    known = await session.get(RuleRow, file.rule.name)
    before = None if known is None else _told(known)
    published = await _publish(session, file, author=author, now=now)
    row = await session.get_one(RuleRow, file.rule.name)
    if before != _told(row):
        await _note(session, "rule.published", row, before=before, who=who, now=now)
    return published


async def _publish(session: AsyncSession, file: RuleFile, *, author: str, now: datetime) -> Published:
    name = file.rule.name
    row = await session.get(RuleRow, name)
    latest = await _same_version(session, file)
    version = latest or await _new_version(session, file, author=author, now=now)
    version.published_at = version.published_at or now
    session.add(version)
    if row is None:
        session.add(RuleRow(name=name, state=RuleState.PUBLISHED, version=version.version, changed_at=now, since=now))
        return Published(file.rule, version.version, None, is_new_version=True)
    before = RuleState(row.state)
    dropped = await _hand_over(session, row, before, file.rule, now=now)
    row.state, row.version, row.changed_at = RuleState.PUBLISHED, version.version, now
    session.add(row)
    return Published(file.rule, version.version, before, is_new_version=latest is None, dropped=dropped)


async def _hand_over(session: AsyncSession, row: RuleRow, before: RuleState, rule: CompiledRule, *, now: datetime) -> int:
    """Let the new version take over what it can; return how many open watches were dropped."""
    if before not in (RuleState.PUBLISHED, RuleState.PAUSED):
        row.since, row.pauses = now, []
        return sum([await _drop(session, row.name, mode, now=now) for mode in Mode])
    if before is RuleState.PAUSED:
        row.pauses = _closed(row, now)
    if await _kind(session, row) == rule.detector.kind:
        return 0
    return await _drop(session, row.name, Mode.LIVE, now=now)


async def _kind(session: AsyncSession, row: RuleRow) -> str:
    version = await session.get_one(RuleVersionRow, (row.name, row.version))
    return read_rule(version.document.encode(), name=row.name).detector.kind


async def _drop(session: AsyncSession, name: str, mode: Mode, *, now: datetime) -> int:
    connection = await session.connection()
    watches = update(WatchRow).where(
        col(WatchRow.rule) == name, col(WatchRow.mode) == mode, col(WatchRow.status) == WatchStatus.OPEN
    )
    done = await connection.execute(watches.values(status=WatchStatus.DROPPED, closed_at=now))
    await connection.execute(delete(WindowRow).where(col(WindowRow.rule) == name, col(WindowRow.mode) == mode))
    return done.rowcount


async def _same_version(session: AsyncSession, file: RuleFile) -> RuleVersionRow | None:
    """Return the version that has this content already, the newest where several have."""
    query = select(RuleVersionRow).where(
        RuleVersionRow.rule == file.rule.name, RuleVersionRow.digest == digest_of(file.rule.document)
    )
    return (await session.exec(query.order_by(col(RuleVersionRow.version).desc()))).first()


async def _new_version(session: AsyncSession, file: RuleFile, *, author: str, now: datetime) -> RuleVersionRow:
    highest = select(func.max(RuleVersionRow.version)).where(RuleVersionRow.rule == file.rule.name)
    version = RuleVersionRow(
        rule=file.rule.name,
        version=((await session.exec(highest)).one() or 0) + 1,
        document=file.text,
        digest=digest_of(file.rule.document),
        author=author,
        created_at=now,
    )
    session.add(version)
    await session.flush()
    return version


def digest_of(document: RuleDocument) -> str:
    """Return the digest of what a rule says, however its file is laid out."""
    return hashlib.sha256(document.model_dump_json().encode()).hexdigest()


def _closed(row: RuleRow, now: datetime) -> list[list[str | None]]:
    return [[begin, end or now.isoformat()] for begin, end in row.pauses]
