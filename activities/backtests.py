"""Back-tests as supervisors asked for them, each in a process of its own: neither api nor worker is busy with it."""

import asyncio
from uuid import UUID

import structlog
from temporalio import activity

from orchestrator.backtests.command import Command, running
from orchestrator.backtests.counting import counted
from orchestrator.backtests.samples import with_our_ids
from orchestrator.backtests.tables import BacktestRow, BacktestState
from orchestrator.backtests.trial import Trial, gather
from orchestrator.backtests.turns import Turn, end_turn, go_on, take_turn
from orchestrator.errors import OrchestratorError
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from workflows.contracts import BacktestActivities, Ran, StartBacktest

log = structlog.get_logger(__name__)

_BETWEEN_LOOKS = 0.5  # seconds


class BacktestLost(OrchestratorError):
    """The command ended without a result, or the worker is about to: it is begun anew."""

    code = "backtest_lost"
    retryable = True


class Backtests(BacktestActivities):
    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._settings = database, settings

    @activity.defn(name="backtests.run")
    async def run(self, backtest: StartBacktest) -> Ran:
        """Run it if its turn has come. Run twice, the second begins anew; once it is over, it does nothing."""
        backtest_id = backtest.backtest_id
        async with self._database.transaction() as session:
            turn = await take_turn(session, backtest_id, now=await self._database.clock.now(session))
            trial = await gather(session, await session.get_one(BacktestRow, backtest_id)) if turn is Turn.NOW else None
        if trial is not None:
            await self._run(backtest_id, trial)
        return Ran(is_over=turn is not Turn.LATER)

    async def _run(self, backtest_id: UUID, trial: Trial) -> None:
        async with running(trial, self._settings) as command:
            code = await self._watch(backtest_id, command)
            if code == 0:
                found = await asyncio.to_thread(counted, trial, *command.written())
        log.info("back-test ended", exit_code=code)
        async with self._database.transaction() as session:
            now = await self._database.clock.now(session)
            match code:
                case 0:
                    result = found | {"samples": await with_our_ids(session, found["samples"])}
                    await end_turn(session, backtest_id, BacktestState.DONE, result, now=now)
                case None:
                    await end_turn(session, backtest_id, BacktestState.CANCELLED, None, now=now)
                case 2:  # bad input: no second try mends it
                    await end_turn(session, backtest_id, BacktestState.FAILED, None, now=now)
                case _:
                    raise BacktestLost(f"the command ended with {code}")

    async def _watch(self, backtest_id: UUID, command: Command) -> int | None:
        """Return the command's exit code, or None as soon as nobody wants it any more."""
        while (code := await command.ended(within=_BETWEEN_LOOKS)) is None:
            if activity.is_worker_shutdown():
                raise BacktestLost("the worker ends")
            async with self._database.transaction() as session:
                if not await go_on(session, backtest_id, command.progress):
                    return None
        return code
