"""Prepare, submit, settle and stop against a real carrier process: no phone rings twice, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow
from orchestrator.storage.database import Database
from orchestrator.telephony.dialing import Dialer
from orchestrator.telephony.settling import patience
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending
from orchestrator.telephony.twilio import TwilioCarrier
from tests.integration.simulated_carrier import ACCOUNT_SID, AUTH_TOKEN, Carrier, a_free_port
from tests.integration.telephony_stage import CALL, Stage, a_phone, a_stage, eventually

CREATE = "*/Calls.json"


@pytest_asyncio.fixture
async def stage(database: Database, database_url: str, carrier: Carrier) -> AsyncIterator[Stage]:
    async with a_stage(database, database_url, carrier) as stage:
        await stage.an_agent()
        yield stage


def rings(stage: Stage, attempt: AttemptRow) -> list[dict[str, Any]]:
    return [row for row in stage.sim.ledger() if row["attempt"] == attempt.token]


def fault(kind: str, **given: Any) -> dict[str, Any]:
    return {"kind": kind, "path": CREATE, "method": "POST", "times": 1, **given}


async def a_dial(stage: Stage, **given: Any) -> tuple[EscalationRow, AttemptRow]:
    """Submit the customer's leg of a customer-first call."""
    escalation = await stage.a_case(CALL, **given)
    attempt_id = await stage.prepared(escalation)
    await stage.dialer.submit(attempt_id)
    return escalation, await stage.row(AttemptRow, attempt_id)


async def settled(stage: Stage, attempt: AttemptRow, *states: AttemptState) -> AttemptRow:
    """Settle again and again until the attempt is in one of `states`, and return it."""

    async def look() -> AttemptRow:
        await stage.dialer.settle(attempt.id)
        return await stage.row(AttemptRow, attempt.id)

    return await eventually(look, lambda row: row.state in states)


async def test_a_submitted_call_rings_once_and_tells_how_it_ended(stage: Stage) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "no_answer"})

    _, attempt = await a_dial(stage, phone=number)

    ended = await eventually(lambda: stage.row(AttemptRow, attempt.id), lambda row: row.state is AttemptState.ENDED)
    assert ended.ending is Ending.NO_ANSWER
    assert ended.call_sid == rings(stage, attempt)[0]["sid"]
    assert len(rings(stage, attempt)) == 1


async def test_submitting_again_and_at_once_rings_once(stage: Stage) -> None:
    escalation = await stage.a_case(CALL)
    attempt_id = await stage.prepared(escalation)

    await asyncio.gather(*(stage.dialer.submit(attempt_id) for _ in range(12)))
    await stage.dialer.submit(attempt_id)

    assert len(rings(stage, await stage.row(AttemptRow, attempt_id))) == 1


async def test_preparing_again_finds_the_same_row(stage: Stage) -> None:
    escalation = await stage.a_case(CALL)
    request = await stage.a_leg(escalation)

    first, second, third = await asyncio.gather(*(stage.dialer.prepare(request) for _ in range(3)))

    assert first == second == third
    assert len(await stage.attempts(escalation)) == 1


@pytest.mark.parametrize(
    "lost",
    [fault("accept_and_drop"), fault("500", processed=True), fault("503", processed=True)],
    ids=["dropped answer", "500 after the work", "503 after the work"],
)
@pytest.mark.parametrize("callbacks", [[], [{"kind": "never"}]], ids=["told by a callback", "never told"])
async def test_a_call_whose_answer_was_lost_is_found_and_not_repeated(
    stage: Stage, lost: dict[str, Any], callbacks: list[dict[str, Any]]
) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "no_answer"})
    stage.sim.faults(lost, *callbacks)

    _, attempt = await a_dial(stage, phone=number)
    ended = await settled(stage, attempt, AttemptState.ENDED)

    assert ended.ending is Ending.NO_ANSWER
    assert len(rings(stage, attempt)) == 1


@pytest.mark.parametrize("kind", ["500", "503", "drop_before"])
async def test_a_call_that_perhaps_rang_blocks_its_number_until_the_quiet_period_is_over(stage: Stage, kind: str) -> None:
    stage.sim.faults(fault(kind))

    _, attempt = await a_dial(stage)
    unclear = await stage.row(AttemptRow, attempt.id)
    ended = await settled(stage, attempt, AttemptState.ENDED)

    assert unclear.state is AttemptState.UNKNOWN
    assert ended.ending is Ending.UNKNOWN
    assert ended.submitted_at is not None
    assert ended.ended_at is not None
    assert unclear.unknown_since is not None
    assert ended.ended_at - unclear.unknown_since >= stage.settings.quiet_period
    assert rings(stage, attempt) == []


async def test_an_answer_that_does_not_come_in_time_is_unclear(stage: Stage) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "no_answer"})
    stage.sim.faults(fault("hold"), {"kind": "never"})

    _, attempt = await a_dial(stage, phone=number)
    stage.sim.control.post("/_sim/release").raise_for_status()
    ended = await settled(stage, attempt, AttemptState.ENDED)

    assert attempt.state is AttemptState.UNKNOWN
    assert ended.ending is Ending.NO_ANSWER
    assert len(rings(stage, attempt)) == 1


async def test_a_carrier_that_is_busy_is_asked_again_for_another_attempt_which_rings_once(stage: Stage) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "no_answer"})
    stage.sim.faults(fault("429"))
    escalation, attempt = await a_dial(stage, phone=number)

    async with stage.process(escalation):
        await stage.hurry(escalation)
        second = (await eventually(lambda: stage.attempts(escalation), lambda made: len(made) == 2))[1]
        await eventually(lambda: stage.row(AttemptRow, second.id), lambda row: row.state is AttemptState.ENDED)

    assert attempt.ending is Ending.NOT_PLACED
    assert attempt.error_code == 20429
    assert attempt.submitted_at is None
    assert [row["attempt"] for row in stage.sim.ledger()] == [second.token]


async def test_a_carrier_that_is_away_was_surely_not_asked(stage: Stage) -> None:
    nobody = TwilioCarrier(ACCOUNT_SID, AUTH_TOKEN, base_url=f"http://127.0.0.1:{a_free_port()}")
    attempt_id = await stage.prepared(await stage.a_case(CALL))

    await Dialer(stage.database, nobody, stage.library, stage.settings).submit(attempt_id)

    assert (await stage.row(AttemptRow, attempt_id)).ending is Ending.NOT_PLACED


async def test_a_worker_that_died_after_its_post_leaves_a_row_that_settles(stage: Stage) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "no_answer"})
    stage.sim.faults(fault("hold"), {"kind": "never"})
    attempt_id = await stage.prepared(await stage.a_case(CALL, phone=number))
    dying = asyncio.create_task(stage.dialer.submit(attempt_id))
    await eventually(lambda: asyncio.to_thread(stage.sim.control.get, "/_sim/faults"), lambda seen: seen.json()["held"])

    dying.cancel()
    await asyncio.wait({dying})
    attempt = await stage.row(AttemptRow, attempt_id)
    await stage.dialer.settle(attempt_id)
    left_alone = await stage.row(AttemptRow, attempt_id)
    await long_ago(stage, attempt_id)
    ended = await settled(stage, attempt, AttemptState.ENDED)

    assert attempt.state is left_alone.state is AttemptState.SUBMITTING
    assert ended.ending is Ending.NO_ANSWER
    assert len(rings(stage, attempt)) == 1


async def long_ago(stage: Stage, attempt_id: Any) -> None:
    """Let the POST be so old that no answer to it can come any more."""

    async def work(session: Any) -> None:
        row = await session.get(AttemptRow, attempt_id)
        row.submitted_at -= patience(stage.settings).submit - timedelta(seconds=2)
        session.add(row)

    await stage.in_session(work)
    await eventually(lambda: stage.row(AttemptRow, attempt_id), lambda row: row is not None)


@pytest.mark.parametrize("kind", ["before_response", "late", "twice", "out_of_order"])
async def test_callbacks_may_come_as_they_like(stage: Stage, kind: str) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "busy"})
    stage.sim.faults({"kind": kind, "seconds": 0.5})

    _, attempt = await a_dial(stage, phone=number)

    ended = await eventually(lambda: stage.row(AttemptRow, attempt.id), lambda row: row.state is AttemptState.ENDED)
    assert ended.ending is Ending.BUSY
    assert len(rings(stage, attempt)) == 1


async def test_an_ending_nobody_told_is_asked_for(stage: Stage) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "busy"})
    stage.sim.faults({"kind": "never"})

    _, attempt = await a_dial(stage, phone=number)

    assert (await settled(stage, attempt, AttemptState.ENDED)).ending is Ending.BUSY


async def test_a_call_left_in_the_carriers_queue_is_taken_out_of_it(stage: Stage) -> None:
    stage.sim.configure(calls_per_second=0.01)
    stage.sim.call(a_phone(), url=stage.settings.public_url)  # takes the first place

    _, attempt = await a_dial(stage)
    ended = await settled(stage, attempt, AttemptState.ENDED)

    assert ended.ending is Ending.NOT_PLACED
    assert ended.submitted_at is None
    assert [row["ending"] for row in rings(stage, attempt)] == ["canceled"]


async def test_a_number_the_carrier_does_not_know_is_invalid(stage: Stage) -> None:
    number = stage.sim.phone(a_phone(), {"behaviour": "invalid"})

    _, attempt = await a_dial(stage, phone=number)

    assert attempt.ending is Ending.INVALID_NUMBER
    assert attempt.error_code == 21211


async def test_a_number_that_is_none_by_then_ends_its_attempt_before_any_call(stage: Stage) -> None:
    escalation = await stage.a_case(CALL)
    request = await stage.a_leg(escalation)
    await stage.update(escalation, phone="*2700")

    attempt_id = await stage.dialer.prepare(request)

    attempts = await stage.attempts(escalation)
    assert attempt_id is None
    assert [attempt.ending for attempt in attempts] == [Ending.INVALID_NUMBER]
    assert stage.sim.ledger() == []


async def test_a_customer_who_has_just_opted_out_is_not_dialed(stage: Stage) -> None:
    escalation = await stage.a_case(CALL)
    request = await stage.a_leg(escalation)
    await stage.update(escalation, do_not_call=True)

    attempt_id = await stage.dialer.prepare(request)

    closed = await stage.row(EscalationRow, escalation.id)
    assert attempt_id is None
    assert closed.outcome is Outcome.SUPPRESSED
    assert closed.reasons == ["do_not_call"]
    assert await stage.attempts(escalation) == []


async def test_a_phone_that_two_customers_share_rings_for_one_of_them_at_a_time(stage: Stage) -> None:
    await stage.an_agent("client:noa")
    shared = a_phone()
    first, second = [await stage.a_case(CALL, phone=shared) for _ in range(2)]
    requests = [await stage.a_leg(first), await stage.a_leg(second)]

    made = await asyncio.gather(*(stage.dialer.prepare(request) for request in requests))

    assert sorted(attempt_id is None for attempt_id in made) == [False, True]
    waiting = first if made[0] is None else second
    assert (await stage.row(EscalationRow, waiting.id)).reasons == ["number_busy"]


async def test_nobody_is_dialed_who_no_longer_needs_it(stage: Stage) -> None:
    escalation = await stage.a_case(CALL)
    attempt_id = await stage.prepared(escalation)

    await stage.in_session(lambda session: closing(stage, session, escalation))
    await stage.dialer.submit(attempt_id)

    assert (await stage.row(AttemptRow, attempt_id)).ending is Ending.CANCELED
    assert stage.sim.ledger() == []


async def test_a_leg_is_not_prepared_for_a_case_that_has_closed(stage: Stage) -> None:
    escalation = await stage.a_case(CALL)
    request = await stage.a_leg(escalation)

    await stage.in_session(lambda session: closing(stage, session, escalation))

    assert await stage.dialer.prepare(request) is None
    assert await stage.attempts(escalation) == []


async def test_a_phone_that_rings_stops_when_the_case_closes(stage: Stage) -> None:
    stage.sim.configure(speed=2)
    number = stage.sim.phone(a_phone(), {"answer_after": 18})
    escalation, attempt = await a_dial(stage, phone=number)
    await eventually(lambda: stage.row(AttemptRow, attempt.id), lambda row: row.state is AttemptState.RINGING)

    await stage.in_session(lambda session: closing(stage, session, escalation))
    await stage.dialer.stop(attempt.id)
    await stage.dialer.stop(attempt.id)

    ended = await eventually(lambda: stage.row(AttemptRow, attempt.id), lambda row: row.state is AttemptState.ENDED)
    assert ended.ending is Ending.CANCELED
    assert [row["ending"] for row in rings(stage, attempt)] == ["canceled"]


async def test_a_sender_sets_up_no_more_calls_at_once_than_it_has_slots(
    database: Database, database_url: str, carrier: Carrier
) -> None:
    async with a_stage(database, database_url, carrier, sender_slots=1) as stage:
        await stage.an_agent()
        await stage.an_agent("client:noa")
        numbers = [stage.sim.phone(a_phone(), {"answer_after": 8, "hang_up_after": 1}) for _ in range(2)]
        attempts = [await stage.prepared(await stage.a_case(CALL, phone=number)) for number in numbers]

        await asyncio.gather(*(stage.dialer.submit(attempt_id) for attempt_id in attempts))

        first, second = sorted(stage.sim.ledger(), key=lambda row: row["at"])
        answered = [await stage.row(AttemptRow, attempt_id) for attempt_id in attempts]
        earlier = next(row for row in answered if row.token == first["attempt"])
        later = next(row for row in answered if row.token == second["attempt"])
        assert later.submitted_at is not None
        assert earlier.answered_at is not None
        assert later.submitted_at >= earlier.answered_at


async def closing(stage: Stage, session: Any, escalation: EscalationRow) -> None:
    await stage.cancel(session, escalation.id)
