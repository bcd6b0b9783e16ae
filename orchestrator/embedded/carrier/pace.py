"""How fast the simulated seconds pass, and what ends a wait early."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Work = TypeVar("Work")
Stop = TypeVar("Stop")


class Pace:
    """Simulated time: at speed 10 a phone's ten seconds take one. Webhook timeouts and faults keep real seconds."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of simulated time."""
        await asyncio.sleep(seconds / self.speed)

    def later(self, seconds: float, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Run `action` after `seconds` of simulated time."""
        return asyncio.get_running_loop().call_later(seconds / self.speed, action)

    def since(self, moment: float) -> float:
        """Return the simulated seconds that passed since `moment` of the running loop's clock."""
        return (asyncio.get_running_loop().time() - moment) * self.speed


async def race(work: Coroutine[Any, Any, Work], stop: "asyncio.Future[Stop]") -> Work | Stop:
    """Run `work` until it is done or `stop` is; work that was overtaken is cancelled and waited for.

    Returns what `stop` holds when both are done.
    """
    task = asyncio.ensure_future(work)
    either: set[asyncio.Future[Any]] = {task, stop}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return stop.result() if stop.done() else task.result()
    finally:
        await _withdraw(task)


async def _withdraw(task: "asyncio.Future[Any]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()  # Looked at, so that asyncio does not report an overtaken failure as never retrieved.


class Tasks:
    """The tasks running in the background; asyncio itself keeps only weak references."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def cancel_all(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
