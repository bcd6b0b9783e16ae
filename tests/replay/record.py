"""Records a history for each path through our workflows, from real runs on a Temporal server: `python -m tests.replay.record`.

To be run again when a path is added, with its name, for it alone. A history that no longer replays is not recorded anew but
made to replay (style.md, Workflows), once anything has been released with it.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio.client import Client, WorkflowHandle

from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.temporal import EmbeddedTemporal
from tests.integration.workflow_fakes import (
    FakeBacktests,
    FakeDialing,
    FakeEscalations,
    FakeMessaging,
    Fakes,
    FakeWatches,
    a_dial,
    trouble,
    working,
)
from workflows.backtest import Backtest
from workflows.codec import converter
from workflows.contracts import (
    ESCALATIONS,
    HINT_SIGNAL,
    HOUSEKEEPING,
    WATCHES,
    Instruction,
    Next,
    Settled,
    StartBacktest,
    StartEscalation,
    StartWatch,
)
from workflows.escalation import Escalation
from workflows.lookout import Lookout
from workflows.moment_watch import MomentWatch
from workflows.sweep import Sweep

FOLDER = Path(__file__).parent
KEYS = (("replay", bytes(32)),)
ID = UUID(int=1)
SOON = timedelta(seconds=2)
Handle = WorkflowHandle[Any, Any]


@dataclass(frozen=True, slots=True)
class Track:
    """One path: what the activities say, how the workflow is started, and what happens to it meanwhile."""

    fakes: Callable[[], Fakes]
    start: Callable[[Client, str], Coroutine[Any, Any, Handle]]
    meanwhile: Callable[[Handle, Fakes], Coroutine[Any, Any, None]] | None = None


def escalation(*instructions: Instruction | Exception, **others: Any) -> Callable[[], Fakes]:
    return lambda: Fakes(FakeEscalations(list(instructions)), **{name: make() for name, make in others.items()})


def wait(length: timedelta = timedelta(hours=1)) -> Instruction:
    return Instruction(next=Next.WAIT, until=datetime.now(UTC) + length)


def dial(length: timedelta = timedelta(0)) -> Instruction:
    return Instruction(next=Next.DIAL, dial=a_dial(ID), until=datetime.now(UTC) + length)


def settle(times: int = 1) -> list[Instruction]:
    return [Instruction(next=Next.SETTLE, settle=[ID], unclear=[ID]) for _ in range(times)]


async def start_escalation(client: Client, name: str) -> Handle:
    return await client.start_workflow(Escalation.run, StartEscalation(escalation_id=ID), id=name, task_queue=ESCALATIONS)


async def start_watch(client: Client, name: str) -> Handle:
    watch = StartWatch(watch_id=ID, deadline=datetime.now(UTC) + SOON)
    return await client.start_workflow(MomentWatch.run, watch, id=name, task_queue=WATCHES)


async def start_sweep(client: Client, name: str) -> Handle:
    return await client.start_workflow(Sweep.run, id=name, task_queue=HOUSEKEEPING)


async def start_backtest(client: Client, name: str) -> Handle:
    return await client.start_workflow(Backtest.run, StartBacktest(backtest_id=ID), id=name, task_queue=HOUSEKEEPING)


async def hint_in_its_turn(handle: Handle, fakes: Fakes) -> None:
    await fakes.backtests.looked.wait()
    await handle.signal(HINT_SIGNAL)


async def start_lookout(client: Client, name: str) -> Handle:
    return await client.start_workflow(Lookout.run, id=name, task_queue=HOUSEKEEPING)


async def hint_when_looked(handle: Handle, fakes: Fakes) -> None:
    await fakes.escalations.looked.wait()
    await handle.signal(HINT_SIGNAL)


async def hint(handle: Handle, _: Fakes) -> None:
    await handle.signal(HINT_SIGNAL)


async def end(handle: Handle, fakes: Fakes) -> None:
    await fakes.sweeping.swept.wait()
    await handle.terminate()


async def end_lookout(handle: Handle, fakes: Fakes) -> None:
    await fakes.looking_out.looked.wait()
    await handle.terminate()


def paths() -> dict[str, Track]:
    send, stop = Instruction(next=Next.SEND, messages=[ID]), Instruction(next=Next.STOP, stops=[ID])
    return {
        "escalation-hinted": Track(escalation(wait()), start_escalation, hint_when_looked),
        "escalation-waited": Track(escalation(wait(SOON)), start_escalation),
        "escalation-called": Track(escalation(dial(SOON), dial(SOON), wait(SOON)), start_escalation),
        "escalation-gates-refused": Track(escalation(dial(), dialing=lambda: FakeDialing(attempt_id=None)), start_escalation),
        "escalation-submission-lost": Track(
            escalation(dial(), *settle(), dialing=lambda: FakeDialing(submitting=trouble())), start_escalation
        ),
        "escalation-messages-sent": Track(escalation(send, *settle()), start_escalation),
        "escalation-message-lost": Track(
            escalation(send, messaging=lambda: FakeMessaging(sending=trouble())), start_escalation
        ),
        "escalation-stopped": Track(escalation(dial(SOON), stop), start_escalation),
        "escalation-retried": Track(escalation(trouble(), wait(SOON)), start_escalation),
        "escalation-failed": Track(escalation(trouble(for_good=True)), start_escalation),
        "escalation-continued": Track(escalation(*settle(20), wait(SOON)), start_escalation),
        "watch-fired": Track(lambda: Fakes(watches=FakeWatches([Settled()])), start_watch),
        "watch-moved": Track(lambda: Fakes(watches=FakeWatches([Settled(deadline=datetime.now(UTC) + 3 * SOON)])), start_watch),
        "watch-hinted": Track(lambda: Fakes(watches=FakeWatches([Settled()])), start_watch, hint),
        "backtest-run": Track(Fakes, start_backtest),
        "backtest-waited": Track(lambda: Fakes(backtests=FakeBacktests(waits=1)), start_backtest, hint_in_its_turn),
        "sweep": Track(Fakes, start_sweep, end),
        "lookout": Track(Fakes, start_lookout, end_lookout),
    }


class SmallTemporal(EmbeddedTemporal):
    """Suggests continuing as new after a few events."""

    def _command(self, port: int, ui: int) -> list[str]:
        return [*super()._command(port, ui), "--dynamic-config-value=limit.historyCount.suggestContinueAsNew=80"]


async def record(client: Client, name: str, path: Track) -> None:
    fakes = path.fakes()
    async with working(client, fakes):
        handle = await path.start(client, name)
        if path.meanwhile is not None:
            await path.meanwhile(handle, fakes)
        if name not in ("sweep", "lookout"):
            await handle.result()
    # The first run of several is the one that continued as new.
    first = client.get_workflow_handle(name, run_id=handle.first_execution_run_id)
    history = await first.fetch_history()
    (FOLDER / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")
    sys.stdout.write(f"{name}: {len(history.events)} events\n")


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = SmallTemporal(DataFolder(Path(folder)))
        address = (await server.start()).address
        client = await Client.connect(address, data_converter=converter(KEYS), identity="recorder")
        for name in sys.argv[1:] or paths():
            await record(client, name, paths()[name])
        await server.kill()


if __name__ == "__main__":
    asyncio.run(main())
