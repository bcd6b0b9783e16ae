"""One child process: tethered to us, in a session of its own, its words in a log file."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

TETHER = Path(__file__).with_name("tether.py")


class Child:
    """A running command. Start it in a thread that lives as long as it shall: Linux counts a thread as the parent."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        if_orphaned: Signals = SIGKILL,
    ) -> "Child":
        """Start `command`, appending what it says to `log`; should we die first, it gets the signal `if_orphaned`.

        `environment` is added to our own. A session of its own, so that Ctrl-C reaches only us and we end our children
        in order.
        """
        tether = (sys.executable, "-IS", str(TETHER), str(os.getpid()), str(int(if_orphaned)))
        with log.open("ab") as sink:
            process = await asyncio.create_subprocess_exec(
                *tether,
                *map(str, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=os.environ | dict(environment or {}),
                start_new_session=True,
            )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        """Wait for its end; a negative number is the signal that ended it."""
        return await self._process.wait()

    async def stop(self, *, signal: Signals = SIGTERM, patience: timedelta = timedelta(seconds=30)) -> None:
        """Ask it to end and wait; after `patience`, make it end. Nothing happens when it has ended already."""
        self._send(signal)
        try:
            async with asyncio.timeout(patience.total_seconds()):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it as `kill -9` does, and wait until it is gone."""
        self._send(SIGKILL)
        await self._process.wait()

    def _send(self, signal: Signals) -> None:
        if self.alive:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal)
