"""What becomes of the open watches and windows of a rule whose version or state changes."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.tables import (
    Mode,
    MomentRow,
    MomentStatus,
    RuleRow,
    RuleState,
    WatchRow,
    WatchStatus,
    WindowRow,
)
from orchestrator.rule_life.versions import read_version, version_of


async def hand_over(session: AsyncSession, row: RuleRow, rule: CompiledRule, *, to: RuleState, now: datetime) -> int:
    """Let a version that goes into the state `to` take over what it can; return how many open watches were dropped.

    Live detection goes on over a change of version and over a pause; what ran in shadow, or not at all, begins anew.
    """
    before = RuleState(row.state)
    if before not in (RuleState.PUBLISHED, RuleState.PAUSED) or to is RuleState.SHADOW:
        row.since, row.pauses = now, []
        return await drop_watches(session, row.name, now=now)
    row.pauses = closed_pauses(row, now)
    in_force = (await read_version(await version_of(session, row.name, row.version))).rule
    return 0 if in_force.detector.kind == rule.detector.kind else await _drop(session, row.name, Mode.LIVE, now=now)


async def drop_watches(session: AsyncSession, name: str, *, now: datetime) -> int:
    """Drop every open watch and window of a rule, live and in shadow; return how many watches there were."""
    return sum([await _drop(session, name, mode, now=now) for mode in Mode])


async def begin_trial(session: AsyncSession, row: RuleRow, version: int, *, now: datetime) -> None:
    """Let a version run in shadow beside the one in force. It begins with nothing, whatever ran in shadow before."""
    await end_trial(session, row, now=now)
    await _drop(session, row.name, Mode.SHADOW, now=now)
    row.shadow_version, row.shadow_since = version, now


async def end_trial(session: AsyncSession, row: RuleRow, *, now: datetime) -> None:
    """Drop what the version tried beside another was waiting for, and end the moments it found; those stay to be read."""
    if row.shadow_version is None:
        return
    row.shadow_version = row.shadow_since = None
    await _drop(session, row.name, Mode.SHADOW, now=now)
    found = update(MomentRow).where(
        col(MomentRow.rule) == row.name, col(MomentRow.mode) == Mode.SHADOW, col(MomentRow.status) == MomentStatus.LIVE
    )
    await (await session.connection()).execute(found.values(status=MomentStatus.ENDED, ended_at=now))


def closed_pauses(row: RuleRow, now: datetime) -> list[list[str | None]]:
    """Return a rule's pauses with the last one ended."""
    return [[begin, end or now.isoformat()] for begin, end in row.pauses]


async def _drop(session: AsyncSession, name: str, mode: Mode, *, now: datetime) -> int:
    connection = await session.connection()
    watches = update(WatchRow).where(
        col(WatchRow.rule) == name, col(WatchRow.mode) == mode, col(WatchRow.status) == WatchStatus.OPEN
    )
    done = await connection.execute(watches.values(status=WatchStatus.DROPPED, closed_at=now))
    await connection.execute(delete(WindowRow).where(col(WindowRow.rule) == name, col(WindowRow.mode) == mode))
    return done.rowcount
