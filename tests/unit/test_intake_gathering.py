"""Gathering: what waits goes together, and nobody suffers for another."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.intake.gathering import Gatherer


class Refusal(OrchestratorError):
    code = "refusal"


class Work:
    """Doubles numbers; a group waits until its gate is open, and 13 in a group fails the whole of it."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.begun: asyncio.Queue[None] = asyncio.Queue()

    async def do(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        self.begun.put_nowait(None)
        for number in numbers:
            if number in self.gates:
                await self.gates[number].wait()
        if 13 in numbers:
            raise Refusal("thirteen")
        return [number * 2 for number in numbers]

    def close(self, number: int) -> asyncio.Event:
        self.gates[number] = asyncio.Event()
        return self.gates[number]


async def test_one_alone_is_done_at_once() -> None:
    work = Work()

    assert await Gatherer(work.do).ask(4) == 8
    assert work.groups == [[4]]


async def test_what_waits_meanwhile_goes_together_and_each_gets_its_own_answer() -> None:
    work = Work()
    gate = work.close(1)
    gatherer = Gatherer(work.do, at_once=1)
    first = asyncio.create_task(gatherer.ask(1))
    await work.begun.get()

    others = [asyncio.create_task(gatherer.ask(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    gate.set()

    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert work.groups == [[1], [2, 3, 4]]


async def test_a_group_is_no_larger_than_allowed() -> None:
    work = Work()
    gate = work.close(1)
    gatherer = Gatherer(work.do, at_once=1, largest=10)
    asks = [asyncio.create_task(gatherer.ask(1))]
    await work.begun.get()

    asks += [asyncio.create_task(gatherer.ask(number, size=size)) for number, size in ((2, 6), (3, 6), (4, 4), (5, 50))]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*asks)

    assert work.groups == [[1], [2], [3, 4], [5]]


async def test_a_group_that_fails_is_taken_apart() -> None:
    work = Work()
    gate = work.close(1)
    gatherer = Gatherer(work.do, at_once=1)
    asks = [asyncio.create_task(gatherer.ask(1))]
    await work.begun.get()

    asks += [asyncio.create_task(gatherer.ask(number)) for number in (2, 13, 3)]
    await asyncio.sleep(0)
    gate.set()

    *answers, failed = await asyncio.gather(*asks[:2], asks[3], asks[2], return_exceptions=True)
    assert answers == [2, 4, 6]
    assert isinstance(failed, Refusal)


async def test_one_that_is_held_up_holds_up_nobody_who_comes_after() -> None:
    work = Work()
    gate = work.close(1)
    gatherer = Gatherer(work.do, at_once=1, patience=timedelta(milliseconds=1))
    held = asyncio.create_task(gatherer.ask(1))
    await work.begun.get()

    assert await gatherer.ask(2) == 4

    gate.set()
    assert await held == 2


async def test_what_nobody_waits_for_any_more_is_done_nevertheless() -> None:
    work = Work()
    gate = work.close(1)
    gatherer = Gatherer(work.do, at_once=1)
    asks = [asyncio.create_task(gatherer.ask(number)) for number in (1, 2)]
    await work.begun.get()

    asks[0].cancel()
    gate.set()

    assert await asks[1] == 4
    with pytest.raises(asyncio.CancelledError):
        await asks[0]
