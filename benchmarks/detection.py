"""The back-test with the shipped rules, against reading the same file and doing nothing with it."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from benchmarks.errors import CannotRun
from benchmarks.events import as_line, mixed_events
from benchmarks.figures import Figure
from benchmarks.place import Place
from orchestrator.intake.envelope import read_event
from orchestrator.intake.event_files import lines_of

_EVENTS = 200_000
_CUSTOMERS = 20_000
_TIMES = 2  # the better of them counts: whatever else the machine does only slows
_BEGAN = datetime(2026, 3, 2, tzinfo=UTC)


async def run(place: Place) -> list[Figure]:
    """Measure events a second on one core, reading included on both sides."""
    path = place.folder / "events.jsonl"
    await asyncio.to_thread(_write, path)
    floor = measured = float("inf")
    for _ in range(_TIMES):
        floor = min(floor, await asyncio.to_thread(_parse, path))
        measured = min(measured, await _backtest(path))
    return [Figure("detection, back-test, nine rules", "events/s", _EVENTS / measured, _EVENTS / floor, ratio_goal=0.3)]


def _write(path: Path) -> None:
    with path.open("wb") as stream:
        for event in mixed_events(_EVENTS, customers=_CUSTOMERS, after=_BEGAN):
            stream.write(as_line(event) + b"\n")


def _parse(path: Path) -> float:
    began = time.perf_counter()
    with path.open("rb") as stream:
        for line in lines_of(stream):
            read_event(line)
    return time.perf_counter() - began


async def _backtest(path: Path) -> float:
    """Return the seconds a back-test says it took; starting the interpreter is not in them."""
    with resources.as_file(resources.files("orchestrator.detection") / "shipped") as rules:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orchestrator.cli.main", "backtest", "--json"),
            *("--rules", str(rules), "--events", str(path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
    if process.returncode:
        raise CannotRun(f"the back-test ended with {process.returncode}: {err.decode().strip()}")
    told = json.loads(out)
    if told["events"]["accepted"] != _EVENTS:
        raise CannotRun(f"the back-test accepted {told['events']['accepted']} of {_EVENTS} events")
    return float(told["seconds"])
