"""Whatever the carrier answers, and however its callbacks come: no attempt rings twice, and every case comes to its end."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from orchestrator.escalations.states import Outcome
from orchestrator.telephony.tables import Ending, Leg
from tests.integration.faults.case import Case, a_case, all_of
from tests.integration.faults.floor import Floor, eventually

TO_AGENT, TO_CUSTOMER = Leg.AGENT, Leg.CUSTOMER

Fault = Mapping[str, Any]

# The call is there, and its answer never comes: dropped, turned into an error, later than our patience, or held for ever.
LOST: Sequence[Fault] = (
    {"kind": "accept_and_drop"},
    {"kind": "500", "processed": True},
    {"kind": "503", "processed": True},
    {"kind": "slow", "seconds": 11},
    {"kind": "hold"},
)
# No call came of it, but nobody can know that.
DOUBTFUL: Sequence[Fault] = ({"kind": "drop_before"}, {"kind": "500"}, {"kind": "503"})
BUSY: Sequence[Fault] = ({"kind": "429"},)
CALLBACKS: Sequence[Fault] = (
    {"kind": "late", "seconds": 2},
    {"kind": "twice"},
    {"kind": "out_of_order"},
    {"kind": "never", "path": "/telephony/status"},
    {"kind": "never", "path": "/telephony/conference"},
    {"kind": "before_response"},
)


def number_of(case: Case, leg: Leg) -> str:
    return case.phone if leg is Leg.CUSTOMER else case.desk.phone


async def struck(floor: Floor, faults: Sequence[Fault], *legs: Leg, **given: Any) -> list[Case]:
    """Set up a case for each fault and leg, which strikes when that leg is called for the first time."""
    wanted = [(fault, leg, await a_case(floor)) for leg in legs for fault in faults]
    plan = [{**fault, **given, "to": number_of(case, leg)} for fault, leg, case in wanted]
    await asyncio.to_thread(floor.sim.faults, *plan)
    return [case for _, _, case in wanted]


CREATION = {"path": "Calls.json", "method": "POST", "times": 1}


async def assert_solved(case: Case) -> None:
    row = await case.closed()
    assert row.outcome is Outcome.SOLVED, await case.story()
    assert len(await case.floor.rings(case.phone)) == 1, await case.story()
    assert len(await case.every_promise_has_its_ending()) == 1
    await case.nobody_rang_twice()


@pytest.mark.parametrize("leg", [TO_AGENT, TO_CUSTOMER])
async def test_a_call_whose_answer_is_lost_goes_on_and_rings_once(floor: Floor, leg: Leg) -> None:
    cases = await struck(floor, LOST, leg, **CREATION)

    await all_of(cases, Case.ask, Case.called, Case.wrapped)

    for case in cases:
        await assert_solved(case)
        assert len(await case.attempts(leg)) == 1, await case.story()


async def test_an_agents_call_that_perhaps_rang_is_left_alone_and_the_agent_asks_again(floor: Floor) -> None:
    cases = await struck(floor, DOUBTFUL, TO_AGENT, **CREATION)

    await all_of(cases, Case.ask, Case.called)
    for case in cases:
        await case.leg_is(Leg.AGENT, "ended")
        await case.desk_shows("assigned")
    await all_of(cases, lambda case: case.desk.call(), Case.wrapped)

    for case in cases:
        await assert_solved(case)
        assert [attempt.ending for attempt in await case.attempts(Leg.AGENT)] == [Ending.UNKNOWN, Ending.COMPLETED]


async def test_a_customers_call_that_perhaps_rang_is_left_alone_and_the_plan_goes_on(floor: Floor) -> None:
    cases = await struck(floor, DOUBTFUL, TO_CUSTOMER, **CREATION)

    await all_of(cases, Case.ask, Case.called, lambda case: case.wrapped("no_answer"), Case.called, Case.wrapped)

    for case in cases:
        await assert_solved(case)
        assert [attempt.ending for attempt in await case.attempts(Leg.CUSTOMER)] == [Ending.UNKNOWN, Ending.COMPLETED]


async def test_a_carrier_that_has_no_room_is_asked_again_and_rings_once(floor: Floor) -> None:
    (case,) = await struck(floor, BUSY, TO_CUSTOMER, **CREATION)

    await all_of([case], Case.ask, Case.called, Case.wrapped)

    await assert_solved(case)
    assert [attempt.ending for attempt in await case.attempts(Leg.CUSTOMER)] == [Ending.NOT_PLACED, Ending.COMPLETED]


@pytest.mark.parametrize("leg", [TO_AGENT, TO_CUSTOMER])
async def test_callbacks_that_come_as_they_like_lead_to_the_same_end(floor: Floor, leg: Leg) -> None:
    cases = await struck(floor, CALLBACKS, leg)

    await all_of(cases, Case.ask, Case.called, Case.wrapped)

    for case in cases:
        await assert_solved(case)


async def test_a_promise_whose_message_got_lost_on_the_way_is_sent_once(floor: Floor) -> None:
    faults = [*LOST[:3], *DOUBTFUL]
    cases = await struck(floor, faults, TO_CUSTOMER, path="Messages.json", method="POST", times=1)

    await all_of(cases, Case.ask, Case.called, Case.wrapped)

    for case, arrived in zip(cases, [1, 1, 1, 0, 0, 0], strict=True):
        await assert_solved(case)
        sent = [message for message in await asyncio.to_thread(floor.sim.messages) if message["to"] == case.phone]
        assert len(sent) == arrived
        assert len(await case.messages()) == 1


async def test_a_call_that_is_answered_after_everybody_gave_it_up_is_said_goodbye_to(floor: Floor) -> None:
    (case,) = await struck(floor, [{"kind": "slow", "seconds": 20}], TO_CUSTOMER, **CREATION)

    await all_of([case], Case.ask, Case.called, lambda case: case.wrapped("not_solved"))
    row = await case.closed()
    rings = await eventually(lambda: floor.rings(case.phone), lambda seen: bool(seen) and seen[-1]["ending"] is not None)

    (attempt,) = await case.attempts(Leg.CUSTOMER)
    assert row.outcome is Outcome.NOT_SOLVED
    assert (len(rings), attempt.joined_at) == (1, None)
    await case.nobody_rang_twice()
