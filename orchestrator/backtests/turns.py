"""Whose turn it is: one back-test at a time in a deployment, in the order they were asked for."""

from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.backtests.tables import UNFINISHED, BacktestRow, BacktestState
from orchestrator.storage.columns import Json
from orchestrator.storage.outbox import backtest_row, post

_MOST_RUNS = 10  # that a worker died while it ran, or the command: what may be its own doing is not tried for ever


class Turn(Enum):
    NOW = auto()
    LATER = auto()
    NEVER = auto()  # it is over, or gone


async def take_turn(session: AsyncSession, backtest_id: UUID, *, now: datetime) -> Turn:
    """Say whether this one runs now, and write down that it does. Asked again by whoever takes over from a dead worker."""
    query = select(BacktestRow).where(col(BacktestRow.state).in_(UNFINISHED))
    # All of them, so that of several who ask at once one goes first.
    ordered = query.order_by(col(BacktestRow.asked_at), col(BacktestRow.id)).with_for_update()
    rows = (await session.exec(ordered.execution_options(populate_existing=True))).all()
    own = next((row for row in rows if row.id == backtest_id), None)
    if own is None:
        await hint_next(session, now=now)  # called off while nobody ran it
        return Turn.NEVER
    running = next((row for row in rows if row.state is BacktestState.RUNNING), rows[0])
    if running.id != backtest_id:
        return Turn.LATER
    own.state, own.runs = BacktestState.RUNNING, own.runs + 1
    session.add(own)
    await session.flush()
    if own.runs > _MOST_RUNS:
        await end_turn(session, backtest_id, BacktestState.FAILED, None, now=now)
        return Turn.NEVER
    return Turn.NOW


async def go_on(session: AsyncSession, backtest_id: UUID, progress: Json | None) -> bool:
    """Write down how far it is; say whether it is still wanted."""
    row = await _running(session, backtest_id)
    if row is not None and row.progress != progress:
        row.progress = progress
        session.add(row)
    return row is not None


async def end_turn(
    session: AsyncSession, backtest_id: UUID, state: BacktestState, result: Json | None, *, now: datetime
) -> None:
    """Write down how it ended, and wake the next. One that was called off meanwhile stays so."""
    row = await _running(session, backtest_id)
    if row is not None:
        row.state, row.result, row.ended_at, row.progress = state, result, now, None
        session.add(row)
        await session.flush()
    await hint_next(session, now=now)


async def hint_next(session: AsyncSession, *, now: datetime) -> None:
    """Wake the one whose turn it is, if nothing runs."""
    query = select(BacktestRow.id, BacktestRow.state).where(col(BacktestRow.state).in_(UNFINISHED))
    rows = (await session.exec(query.order_by(col(BacktestRow.asked_at), col(BacktestRow.id)))).all()
    if rows and all(state is BacktestState.QUEUED for _, state in rows):
        await post(session, [backtest_row(rows[0][0], at=now)])


async def _running(session: AsyncSession, backtest_id: UUID) -> BacktestRow | None:
    query = select(BacktestRow).where(BacktestRow.id == backtest_id, BacktestRow.state == BacktestState.RUNNING)
    return (await session.exec(query.with_for_update().execution_options(populate_existing=True))).first()
