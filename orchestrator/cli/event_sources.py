"""Where a back-test's events come from: a file of lines, or the database."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from orchestrator.detection.backtest_stream import Arrivals
from orchestrator.detection.progress import Phase, Progress, told, untold
from orchestrator.errors import BadInput
from orchestrator.intake.event import Event
from orchestrator.intake.event_files import EventCounts, lines_of, read_event_lines

_EVERY = 1_000


def read_events(source: str, arrivals: Arrivals, progress: Progress) -> EventCounts:
    """Read a file's events, or those of the configured database where `source` is `db`. Raises `BadInput`."""
    if source == "db":
        from orchestrator.cli.stored_events import stored_events  # only this needs the database's libraries

        return asyncio.run(_take_stored(stored_events(), arrivals, progress))
    counts = EventCounts()
    for event in read_event_lines(_lines(Path(source), progress), counts):
        arrivals.add(event)
    return counts


async def _take_stored(events: AsyncIterator[Event], arrivals: Arrivals, progress: Progress) -> EventCounts:
    counts = EventCounts()
    async for event in events:
        arrivals.add(event)
        counts.read += 1
        if not counts.read % _EVERY:
            progress(Phase.READING, counts.read, None)
    progress(Phase.READING, counts.read, counts.read)
    return counts


def _lines(path: Path, progress: Progress) -> Iterator[bytes]:
    try:
        of = None if progress is untold else _lines_in(path)
        with path.open("rb") as stream:
            yield from told(lines_of(stream), Phase.READING, of, progress)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fix = "name a file that can be read"
        raise BadInput(f"cannot read {path}: {reason}", field="--events", fix=fix) from None


def _lines_in(path: Path) -> int | None:
    """Return how many lines a file has; None where it can be read only once."""
    if not path.is_file():
        return None
    count, last = 0, b"\n"
    with path.open("rb") as stream:
        while part := stream.read(1 << 20):
            count, last = count + part.count(b"\n"), part[-1:]
    return count + (last != b"\n")
