"""What a killed PostgreSQL leaves behind, cleared before the next start on the same cluster."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from orchestrator.embedded.probing import until

_ENDING = timedelta(seconds=15)


async def clear(cluster: Path) -> None:
    """End every process on `cluster` and remove its lock file. Call it only while holding the data folder.

    PostgreSQL itself takes any living process with the old number for a running server, and after a restart of a
    container the numbers are soon another's.
    """
    for ending in (signal.SIGINT, signal.SIGKILL):
        for process in _on(cluster):
            with suppress(ProcessLookupError):
                os.kill(process, ending)
        if await until(lambda: _is_left(cluster), None, within=_ENDING):
            break
    (cluster / "postmaster.pid").unlink(missing_ok=True)


async def _is_left(cluster: Path) -> bool:
    return next(_on(cluster), None) is None


def _on(cluster: Path) -> Iterator[int]:
    """Every PostgreSQL process has its cluster as working folder, whatever it calls itself."""
    for process in Path("/proc").glob("[0-9]*"):
        # Processes end while we look, and others' folders are not ours to see.
        with suppress(OSError):
            if (process / "cwd").readlink() == cluster:
                yield int(process.name)
