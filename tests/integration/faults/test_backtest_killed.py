"""`kill -9` of a worker in the middle of a back-test: its process ends with it, and another worker begins it anew."""

import asyncio
from datetime import UTC, datetime, timedelta

from orchestrator.backtests.asking import Question, ask_backtest, backtest_of
from orchestrator.backtests.tables import BacktestRow, BacktestState
from tests.integration.faults.floor import Floor, eventually
from tests.integration.intake_world import World, ago, an_event
from tests.integration.test_backtests import commands, nobody_reads_events

RULE = """
rule: backtested
moment: backtested
purpose: service
detect: {occurrence: {on: [{type: page.error}]}}
steps: [{callback: {queue: backtested, due: 30m}}]
expires: 2h
"""


async def test_a_back_test_outlives_its_worker(floor: Floor) -> None:
    await floor.publish(RULE)
    await World.on(floor.database).send(*(an_event("page.error", at=ago(hours=number)) for number in range(30)), history=True)

    async with nobody_reads_events(floor.database):
        row = await ask(floor)
        worker = floor.worker.child
        assert worker is not None
        at_work = await eventually(lambda: asyncio.to_thread(commands, worker.pid))
        await floor.worker.kill()
        await eventually(lambda: asyncio.to_thread(gone, at_work))
        await floor.worker.start()
    done = await eventually(lambda: again(floor, row), lambda seen: seen.state is BacktestState.DONE)

    assert done.runs == 2
    assert done.result is not None
    assert done.result["figures"]["moments"] == 30


def gone(pids: set[int]) -> bool:
    return not any(alive(pid) for pid in pids)


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


async def ask(floor: Floor) -> BacktestRow:
    async with floor.database.transaction() as session:
        now = await floor.database.clock.now(session)
        question = Question(datetime.now(UTC) - timedelta(days=3))
        return await ask_backtest(session, "backtested", question, author="test", who="test", now=now)


async def again(floor: Floor, row: BacktestRow) -> BacktestRow:
    async with floor.database.transaction() as session:
        return await backtest_of(session, row.rule, row.id)
