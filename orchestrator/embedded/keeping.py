"""Keeping one part of the stack running: whatever ends it, it is started again."""

import asyncio
from datetime import timedelta
from typing import Protocol

import structlog

from orchestrator.embedded.child import Child
from orchestrator.errors import OrchestratorError

log = structlog.get_logger()

_FIRST = timedelta(milliseconds=100)
_LONGEST = timedelta(seconds=10)
# A part that has run this long is taken to be well: its next end is no longer counted to the last one.
_WELL = timedelta(seconds=30)


class Part(Protocol):
    """A server or a command of ours."""

    child: Child | None

    async def start(self) -> object: ...
    async def stop(self) -> None: ...
    async def kill(self) -> None: ...


class Keeper:
    """Watches one started part and starts it again after its end, each time a little later."""

    def __init__(self, name: str, part: Part) -> None:
        self.name, self.restarts = name, 0
        self._part = part
        self._task = asyncio.create_task(self._keep(), name=f"keep {name}")

    @property
    def pid(self) -> int | None:
        """The process id, or None while the part is down."""
        child = self._part.child
        return child.pid if child is not None and child.alive else None

    async def kill(self) -> None:
        """End the part as `kill -9` does; it comes back by itself."""
        await self._part.kill()

    async def stop(self) -> None:
        """End the part for good."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._part.stop()

    async def _keep(self) -> None:
        pause = _FIRST
        while True:
            assert self._part.child is not None
            started = asyncio.get_running_loop().time()
            code = await self._part.child.wait()
            if asyncio.get_running_loop().time() - started > _WELL.total_seconds():
                pause = _FIRST
            log.warning("process ended", process=self.name, exit_code=code, pause=pause.total_seconds())
            await asyncio.sleep(pause.total_seconds())
            pause = min(2 * pause, _LONGEST)
            await self._start_again()

    async def _start_again(self) -> None:
        try:
            await self._part.start()
        except OrchestratorError as error:
            log.error("process did not come back", process=self.name, reason=str(error))
        else:
            self.restarts += 1
            log.info("process came back", process=self.name, pid=self.pid)
