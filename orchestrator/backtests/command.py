"""`ringback backtest` as a process of its own, which ends with whoever started it and leaves no customer on the disk."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from signal import SIGKILL
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

import structlog

import orchestrator.embedded
from orchestrator.backtests.trial import Trial
from orchestrator.settings import Settings, variable
from orchestrator.storage.columns import Json

log = structlog.get_logger(__name__)

_FAILURE = b"ringback: "  # a failure of ours: ids, fields and fixes only
_TETHER = Path(next(iter(orchestrator.embedded.__path__))) / "tether.py"


class Command:
    """The running command, and what it has said and written so far."""

    def __init__(self, process: asyncio.subprocess.Process, said: IO[bytes], report: IO[bytes], moments: IO[bytes]) -> None:
        self._process, self._said, self._report, self._moments = process, said, report, moments
        self.progress: Json | None = None  # what it told last
        self._listening = asyncio.create_task(self._listen())

    async def ended(self, *, within: float) -> int | None:
        """Return its exit code once it has ended, None if it has not so many seconds from now."""
        await asyncio.wait((self._listening,), timeout=within)
        return await self._process.wait() if self._listening.done() else None

    async def stop(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._listening

    def written(self) -> tuple[Json, Json, Iterator[Json]]:
        """Return the summary, the report and the moments, which are read as they are asked for."""
        for file in (self._said, self._report, self._moments):
            file.seek(0)
        return json.load(self._said), json.load(self._report), (json.loads(line) for line in self._moments)

    async def _listen(self) -> None:
        """Read how far it is, and why it ends. What else may be said there could be anything."""
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            if line.startswith(b"{"):
                self.progress = json.loads(line)
            elif line.startswith(_FAILURE):
                log.warning("back-test refused", said=line.removeprefix(_FAILURE).decode().strip())


@asynccontextmanager
async def running(trial: Trial, settings: Settings) -> AsyncIterator[Command]:
    """Start the command on a trial; it is ended at the end. Its files have no names: they are gone with whoever holds them."""
    with (
        TemporaryDirectory(prefix="ringback-") as folder,
        TemporaryFile() as said,
        TemporaryFile() as report,
        TemporaryFile() as moments,
    ):
        await asyncio.to_thread(trial.write, Path(folder))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-IS", str(_TETHER), str(os.getpid()), str(int(SIGKILL))),
            *_words(trial, Path(folder), report=report.fileno(), moments=moments.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=(report.fileno(), moments.fileno()),
            env=os.environ | _environment(settings),
            start_new_session=True,
        )
        command = Command(process, said, report, moments)
        try:
            yield command
        finally:
            await command.stop()


def _words(trial: Trial, folder: Path, *, report: int, moments: int) -> tuple[str, ...]:
    return (
        *(sys.executable, "-P", "-m", "orchestrator.cli.main", "backtest", "--json", "--progress"),
        *("--rules", str(folder / "rules"), "--staff", str(folder / "staff.yaml"), "--events", "db"),
        *("--from", trial.since.isoformat(), "--until", trial.until.isoformat()),
        *("--report", f"/dev/fd/{report}", "--moments", f"/dev/fd/{moments}"),
    )


def _environment(settings: Settings) -> dict[str, str]:
    given = {"data": str(settings.data), "database_url": settings.database(), "holdout_salt": settings.holdout_salt}
    return {variable(name): value for name, value in given.items()}
