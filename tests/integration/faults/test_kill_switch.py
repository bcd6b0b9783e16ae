"""The kill switch while calls go out at pace, on a deployment of real processes, by the carrier's own ledger."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
from sqlmodel import select

from orchestrator.availability.tables import SwitchRow
from orchestrator.escalations.states import State
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import issue
from orchestrator.telephony.tables import Ending, Leg
from tests.integration.faults.case import CALL, Case, a_case, all_of
from tests.integration.faults.floor import Floor, eventually

SETTINGS = {"ring_timeout": "500s", "dialing_rate": "2", "queued_at_carrier": "60s"}
CASES = 16
WITHIN = timedelta(seconds=5)


async def a_supervisor(floor: Floor) -> dict[str, str]:
    async with floor.database.transaction() as session:
        now = await floor.database.clock.now(session)
        secret = await issue(session, scope=Scope.SUPERVISOR, name=f"ops-{now.timestamp()}", who="test", now=now)
    return {"Authorization": f"Bearer {secret}"}


async def throw(floor: Floor, **what: str) -> tuple[str, datetime]:
    """Throw a switch by the API; return its id and the time that was committed with it."""
    headers = await a_supervisor(floor)
    answer = await floor.http.post("/v1/switches", json={"reason": "wrong prices", **what}, headers=headers)
    assert answer.status_code == 201, answer.text
    async with floor.database.transaction() as session:
        row = (await session.exec(select(SwitchRow).where(SwitchRow.lifted_at == None))).one()  # noqa: E711  # SQL's null
    return answer.json()["id"], row.thrown_at


async def lift(floor: Floor, switch: str) -> None:
    answer: httpx.Response = await floor.http.delete(f"/v1/switches/{switch}", headers=await a_supervisor(floor))
    assert answer.is_success, answer.text


async def dialed(floor: Floor, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return the carrier's calls to these customers."""
    numbers = {case.phone for case in cases}
    return [call for call in await asyncio.to_thread(floor.sim.ledger) if call["to"] in numbers]


async def rang(case: Case) -> bool:
    return bool(await dialed(case.floor, [case]))


async def held_back(case: Case) -> bool:
    """Tell whether the case waits for the switch and nothing else."""
    row = await case.row()
    return row is not None and row.state is State.WAITING and row.reasons == ["kill_switch"]


async def rang_or_held_back(case: Case) -> bool:
    return await rang(case) or await held_back(case)


async def test_no_call_goes_out_five_seconds_after_the_switch_and_those_that_ring_finish(floor: Floor) -> None:
    cases = [await a_case(floor, step=CALL) for _ in range(CASES)]
    await all_of(cases, lambda case: case.phones(customer={"behaviour": "answer", "answer_after": 60, "press": "1"}))
    await all_of(cases, Case.ask)
    await eventually(lambda: dialed(floor, cases), lambda calls: len(calls) >= 4)

    switch, thrown_at = await throw(floor)
    await all_of(cases, lambda case: case.until(lambda: rang_or_held_back(case)))
    begun = {case.phone for case in cases if await rang(case)}
    ringing, stopped = [c for c in cases if c.phone in begun], [c for c in cases if c.phone not in begun]
    await all_of(ringing, Case.wrapped, Case.closed)

    calls = await dialed(floor, cases)
    assert [call for call in calls if datetime.fromisoformat(call["at"]) > thrown_at + WITHIN] == []
    assert len(stopped) >= CASES // 4, "the switch came after all had been dialed"
    assert {call["ending"] for call in calls} == {"completed"}
    assert [await held_back(case) for case in stopped] == [True] * len(stopped)

    await lift(floor, switch)
    await all_of(stopped, Case.wrapped, Case.closed)
    assert {call["to"] for call in await dialed(floor, stopped)} == {case.phone for case in stopped}
    await all_of(cases, Case.nobody_rang_twice)


async def test_a_call_that_waits_in_the_carriers_queue_never_rings(floor: Floor) -> None:
    cases = [await a_case(floor, step=CALL) for _ in range(3)]
    floor.sim.configure(calls_per_second=0.02)  # one leaves the queue at once, the next in fifty seconds
    await all_of(cases, Case.ask)
    await eventually(lambda: dialed(floor, cases), lambda calls: len(calls) == len(cases))

    switch, _ = await throw(floor)

    ended = await eventually(lambda: dialed(floor, cases), lambda calls: [c["ending"] for c in calls].count("canceled") == 2)
    queued = [case for case in cases if case.phone in {call["to"] for call in ended if call["ending"] == "canceled"}]
    for case in queued:
        # The carrier knows of the end a moment before our row does.
        rows = partial(case.attempts, Leg.CUSTOMER)
        (attempt,) = await eventually(rows, lambda rows: [row.ending for row in rows] == [Ending.NOT_PLACED])
        assert (attempt.ringing_at, attempt.submitted_at) == (None, None)
    floor.sim.configure(calls_per_second=None)
    await lift(floor, switch)
