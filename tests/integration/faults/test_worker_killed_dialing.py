"""`kill -9` of a worker around the one POST of a call: nobody can say whether it rang, so it never rings again."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest_asyncio

from orchestrator.escalations.states import Outcome
from orchestrator.telephony.tables import AttemptState, Ending, Leg
from tests.integration.faults.blocking_worker import BLOCKED, BLOCKS
from tests.integration.faults.case import CALL, Case, a_case, all_of
from tests.integration.faults.floor import ENTRY, Floor, eventually


@pytest_asyncio.fixture
async def blocks(floor: Floor, tmp_path: Path) -> AsyncIterator[Path]:
    """The floor's worker is one that stops before it calls the numbers this folder has files of."""
    await floor.worker.kill()
    await floor.worker.start(entry=ENTRY, **{BLOCKS: str(tmp_path)})
    yield tmp_path


async def blocked(signal: Path) -> None:
    async def said() -> str:
        return await asyncio.to_thread(signal.read_text)

    await eventually(said, lambda seen: seen == BLOCKED)


async def test_killed_between_the_mark_and_the_post(floor: Floor, blocks: Path) -> None:
    of_agent, of_customer, first = await a_case(floor), await a_case(floor), await a_case(floor, step=CALL)
    signals = [blocks / of_agent.desk.phone, blocks / of_customer.phone, blocks / first.phone]
    for signal in signals:
        signal.touch()
    await first.phones(customer={"behaviour": "answer", "press": "1", "talk": 20})
    await all_of([of_agent, of_customer, first], Case.ask)
    await all_of([of_agent, of_customer], Case.called)
    for signal in signals:
        await blocked(signal)
    assert [(await case.attempts(leg))[-1].state for case, leg in legs(of_agent, of_customer, first)] == ["submitting"] * 3

    await floor.worker.kill_and_start()

    await eventually(of_agent.desk.state, lambda seen: seen == "assigned")  # the agent asks once more
    await of_agent.desk.call()
    await of_customer.wrapped("call_again")
    await asyncio.gather(of_agent.wrapped(), called_again(of_customer), first.wrapped())
    for case, leg in legs(of_agent, of_customer, first):
        row = await case.closed()
        lost, *later = await case.attempts(leg)
        assert (lost.state, lost.ending) == (AttemptState.ENDED, Ending.UNKNOWN)
        assert lost.token not in [ring["attempt"] for ring in await floor.rings(lost.to_number)]
        assert [attempt.ending for attempt in later] == [Ending.COMPLETED]
        assert row.outcome is Outcome.SOLVED
        await case.every_promise_has_its_ending()
        await case.nobody_rang_twice()


async def called_again(case: Case) -> None:
    await case.called()
    await case.wrapped()


def legs(of_agent: Case, of_customer: Case, first: Case) -> list[tuple[Case, Leg]]:
    return [(of_agent, Leg.AGENT), (of_customer, Leg.CUSTOMER), (first, Leg.CUSTOMER)]


async def test_killed_while_the_words_of_a_promise_are_on_their_way(floor: Floor) -> None:
    case = await a_case(floor)
    hold = {"kind": "hold", "path": "Messages.json", "method": "POST", "to": case.phone}
    await asyncio.to_thread(floor.sim.faults, hold)
    await case.ask()
    await eventually(lambda: sent_to(case))

    await floor.worker.kill_and_start()
    await asyncio.to_thread(floor.sim.faults)

    await case.called()
    await case.wrapped()
    assert (await case.closed()).outcome is Outcome.SOLVED
    assert await case.every_promise_has_its_ending() == ["kept"]
    assert len(await sent_to(case)) == 1


async def sent_to(case: Case) -> list[dict[str, Any]]:
    sent = await asyncio.to_thread(case.floor.sim.messages)
    return [message for message in sent if message["to"] == case.phone]


async def test_killed_between_the_post_and_its_answer(floor: Floor) -> None:
    of_agent, of_customer, first = await a_case(floor), await a_case(floor), await a_case(floor, step=CALL)
    await first.phones(customer={"behaviour": "answer", "press": "1", "talk": 20})
    numbers = [of_agent.desk.phone, of_customer.phone, first.phone]
    holds = [{"kind": "hold", "path": "Calls.json", "method": "POST", "to": number} for number in numbers]
    await asyncio.to_thread(floor.sim.faults, *holds)
    await all_of([of_agent, of_customer, first], Case.ask)
    await all_of([of_agent, of_customer], Case.called)
    for number in numbers:
        await eventually(partial(floor.rings, number))

    await floor.worker.kill_and_start()
    await asyncio.to_thread(floor.sim.faults)

    await asyncio.gather(of_agent.wrapped(), of_customer.wrapped(), first.wrapped())
    for case, leg in legs(of_agent, of_customer, first):
        row = await case.closed()
        assert row.outcome is Outcome.SOLVED
        assert [attempt.ending for attempt in await case.attempts(leg)] == [Ending.COMPLETED]
        assert len(await floor.rings(case.phone)) == 1
        await case.every_promise_has_its_ending()
        await case.nobody_rang_twice()
