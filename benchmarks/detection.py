"""The back-test with the shipped rules, against reading the same file and doing nothing with it; and the memory it takes."""

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
_EVENTS_OF_EACH = 10  # customers have so many
_TIMES = 2  # the better of them counts: whatever else the machine does only slows
_FEW, _MANY = 100_000, 1_000_000
_MORE = 1.2  # so many times the memory of few may many events take
_BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
# A process is charged with what its parent held as it was started, so a small one starts it and tells its peak.
_PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


async def run(place: Place) -> list[Figure]:
    """Measure events a second on one core, reading included on both sides, and peak memory with few and with many events."""
    path = place.folder / "events.jsonl"
    await asyncio.to_thread(_write, path, _EVENTS)
    floor = measured = float("inf")
    for _ in range(_TIMES):
        floor = min(floor, await asyncio.to_thread(_parse, path))
        measured = min(measured, await _backtest(path))
    speed = Figure("detection, back-test, nine rules", "events/s", _EVENTS / measured, _EVENTS / floor, ratio_goal=0.3)
    return [speed, await _memory(path)]


async def _memory(path: Path) -> Figure:
    peaks = []
    for number in (_FEW, _MANY):
        await asyncio.to_thread(_write, path, number)
        peaks.append(await _peak(path))
    few, many = peaks
    return Figure("back-test, memory, 10^6 against 10^5 events", "MB", many, few, limit=round(few * _MORE))


def _write(path: Path, number: int) -> None:
    with path.open("wb") as stream:
        for event in mixed_events(number, customers=number // _EVENTS_OF_EACH, after=_BEGAN):
            stream.write(as_line(event) + b"\n")


def _parse(path: Path) -> float:
    began = time.perf_counter()
    with path.open("rb") as stream:
        for line in lines_of(stream):
            read_event(line)
    return time.perf_counter() - began


async def _backtest(path: Path) -> float:
    """Return the seconds a back-test says it took; starting the interpreter is not in them."""
    told = json.loads(await _run(path))
    if told["events"]["accepted"] != _EVENTS:
        raise CannotRun(f"the back-test accepted {told['events']['accepted']} of {_EVENTS} events")
    return float(told["seconds"])


async def _peak(path: Path) -> float:
    """Return the most memory a back-test held, in MB."""
    return int(await _run(path, sys.executable, "-c", _PEAK)) / 1024  # Linux counts in KB


async def _run(path: Path, *under: str) -> bytes:
    with resources.as_file(resources.files("orchestrator.detection") / "shipped") as rules:
        process = await asyncio.create_subprocess_exec(
            *(*under, sys.executable, "-m", "orchestrator.cli.main", "backtest", "--json"),
            *("--rules", str(rules), "--events", str(path)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
    if process.returncode:
        raise CannotRun(f"the back-test ended with {process.returncode}: {err.decode().strip()}")
    return out
