"""Requests that arrive while a transaction runs go together in the next one: a commit costs the same for one as for many."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


@dataclass(eq=False, slots=True)
class _Waiting(Generic[Asked, Answered]):
    asked: Asked
    size: int
    answer: "asyncio.Future[Answered]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Gatherer(Generic[Asked, Answered]):
    """Does what is asked in groups, and answers each on its own. Nobody waits to be grouped: an idle one starts at once.

    A group that fails, or cannot get its locks soon, is taken apart and each of it done alone: nobody suffers for another.
    """

    def __init__(
        self,
        do: Callable[[Sequence[Asked]], Awaitable[Sequence[Answered]]],
        *,
        at_once: int = 2,
        largest: int = 1000,
        patience: timedelta = timedelta(milliseconds=50),
    ) -> None:
        """`do` answers a group in its order, or fails for the whole of it. `largest` is the sum of sizes in one group.

        Usually `at_once` groups are under way; when none of them has ended for `patience`, another begins beside them.
        """
        self._do, self._at_once, self._largest, self._patience = do, at_once, largest, patience.total_seconds()
        self._waiting: deque[_Waiting[Asked, Answered]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy = 0
        self._look: asyncio.TimerHandle | None = None

    async def ask(self, asked: Asked, *, size: int = 1) -> Answered:
        """Return the answer, or raise what went wrong with this alone. Left by its asker, it is done nevertheless."""
        waiting: _Waiting[Asked, Answered] = _Waiting(asked, size)
        self._waiting.append(waiting)
        if self._busy < self._at_once:
            self._begin(self._work())
        elif self._look is None:
            self._look_later()
        return await waiting.answer

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(self._patience, self._relieve)

    def _relieve(self) -> None:
        """Begin another group where all that are under way have been so for as long as patience lasts."""
        self._look = None
        if self._waiting:
            self._begin(self._work())
            self._look_later()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self) -> None:
        self._busy += 1
        try:
            while self._waiting:
                await self._together(self._next())
                if self._look is not None:  # it moves: nobody has to be relieved yet
                    self._look.cancel()
                    self._look_later()
        finally:
            self._busy -= 1

    def _next(self) -> list[_Waiting[Asked, Answered]]:
        group = [self._waiting.popleft()]
        size = group[0].size
        while self._waiting and size + self._waiting[0].size <= self._largest:
            size += self._waiting[0].size
            group.append(self._waiting.popleft())
        return group

    async def _together(self, group: Sequence[_Waiting[Asked, Answered]]) -> None:
        if len(group) == 1:
            await self._alone(group[0])
            return
        try:
            answers = await self._do([waiting.asked for waiting in group])
        except Exception:  # whoever it was, the others must not be refused for it
            for waiting in group:
                self._begin(self._alone(waiting))
            return
        for waiting, answer in zip(group, answers, strict=True):
            with suppress(asyncio.InvalidStateError):  # the asker has gone
                waiting.answer.set_result(answer)

    async def _alone(self, waiting: _Waiting[Asked, Answered]) -> None:
        try:
            (answer,) = await self._do([waiting.asked])
        except Exception as error:
            with suppress(asyncio.InvalidStateError):
                waiting.answer.set_exception(error)
        else:
            with suppress(asyncio.InvalidStateError):
                waiting.answer.set_result(answer)
