"""Whole calls with both people on the line, through real webhooks: agent-first, and customer-first by key."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.queueing.tables import TaskState
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg, MessageState
from tests.integration.simulated_carrier import Carrier
from tests.integration.telephony_stage import CALL, CALLBACK, PROMISED_CALLBACK, Stage, a_phone, a_stage, eventually


@pytest_asyncio.fixture
async def stage(database: Database, database_url: str, carrier: Carrier) -> AsyncIterator[Stage]:
    async with a_stage(database, database_url, carrier) as stage:
        yield stage


async def ended(stage: Stage, escalation: EscalationRow, leg: Leg = Leg.CUSTOMER) -> AttemptRow:
    """Wait until the latest attempt of this leg has ended, and return it."""

    async def latest() -> AttemptRow | None:
        legs = await stage.attempts(escalation, leg)
        return legs[-1] if legs else None

    attempt = await eventually(latest, lambda seen: seen is not None and seen.state is AttemptState.ENDED)
    assert attempt is not None
    return attempt


async def in_state(stage: Stage, escalation: EscalationRow, *states: State) -> EscalationRow:
    return await eventually(lambda: stage.row(EscalationRow, escalation.id), lambda row: row.state in states)


async def test_agent_first_brings_both_into_one_room(stage: Stage) -> None:
    await stage.an_agent()
    number = stage.sim.phone(a_phone(), {"answer_after": 2, "talk": 10})
    escalation = await stage.a_case(CALLBACK, phone=number)

    async with stage.process(escalation):
        await in_state(stage, escalation, State.CONNECTED)
        connected = await stage.attempts(escalation)
        await in_state(stage, escalation, State.WRAPPING)

    agent, customer = await ended(stage, escalation, Leg.AGENT), await ended(stage, escalation)
    task = await stage.task(escalation)
    assert task is not None
    assert [row.leg for row in connected] == [Leg.AGENT, Leg.CUSTOMER]
    assert all(row.joined_at is not None for row in connected)
    assert customer.prepared_at >= (agent.answered_at or customer.prepared_at)
    assert agent.conference == customer.conference
    assert customer.ending is agent.ending is Ending.COMPLETED
    assert task.state is TaskState.WRAPPING
    assert len(stage.sim.ledger()) == 2


async def test_two_who_talk_are_known_to_although_the_room_never_told(stage: Stage) -> None:
    await stage.an_agent()
    stage.sim.faults({"kind": "never", "path": "*/conference"})
    number = stage.sim.phone(a_phone(), {"talk": 200})
    escalation = await stage.a_case(CALLBACK, phone=number)

    async with stage.process(escalation):
        await in_state(stage, escalation, State.CONNECTED)

    assert all(row.joined_at is not None for row in await stage.attempts(escalation))


async def test_the_room_tells_nothing_about_anybody(stage: Stage) -> None:
    await stage.an_agent()
    escalation = await stage.a_case(CALLBACK)

    async with stage.process(escalation):
        attempt = (await eventually(lambda: stage.attempts(escalation)))[0]

    number = (await stage.customer(escalation)).attributes["phone"]
    assert attempt.conference is not None
    assert str(number) not in attempt.conference
    assert str(escalation.customer_id) not in attempt.conference


@pytest.mark.parametrize(
    ("behaviour", "ending", "suggested"),
    [("busy", Ending.BUSY, "busy"), ("no_answer", Ending.NO_ANSWER, "no_answer"), ("failed", Ending.FAILED, "failed")],
)
async def test_an_agent_whose_customer_is_not_reached_is_let_go(
    stage: Stage, behaviour: str, ending: Ending, suggested: str
) -> None:
    await stage.an_agent()
    number = stage.sim.phone(a_phone(), {"behaviour": behaviour})
    escalation = await stage.a_case(CALLBACK, phone=number)

    async with stage.process(escalation):
        await in_state(stage, escalation, State.WRAPPING)
        agent = await ended(stage, escalation, Leg.AGENT)

    task = await stage.task(escalation)
    assert task is not None
    assert task.suggested == suggested
    assert (await ended(stage, escalation)).ending is ending
    assert agent.joined_at is None


async def test_a_customers_phone_does_not_ring_when_the_agents_does_not_answer(stage: Stage) -> None:
    await stage.an_agent(stage.sim.phone(a_phone(), {"behaviour": "busy"}))
    escalation = await stage.a_case(CALLBACK)

    async with stage.process(escalation):
        await ended(stage, escalation, Leg.AGENT)

    assert await stage.attempts(escalation, Leg.CUSTOMER) == []


async def test_one_joins_the_held_agent(stage: Stage) -> None:
    agent = await stage.an_agent()
    number = stage.sim.phone(a_phone(), {"press": "1", "talk": 10})
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        await in_state(stage, escalation, State.CONNECTED)
        await in_state(stage, escalation, State.WRAPPING)

    customer, task = await ended(stage, escalation), await stage.task(escalation)
    assert task is not None
    assert customer.pressed == "1"
    assert customer.joined_at is not None
    assert customer.ending is Ending.COMPLETED
    assert task.agent_id == agent.id


async def test_two_is_promised_a_call_in_the_words_that_are_kept(stage: Stage) -> None:
    await stage.an_agent(languages=("he",))
    number = stage.sim.phone(a_phone(), {"press": "2"})
    escalation = await stage.a_case(CALL, phone=number, language="he-IL")

    async with stage.process(escalation):
        customer = await ended(stage, escalation)

    promises = await stage.rows(PromiseRow, escalation_id=escalation.id)
    assert customer.pressed == "2"
    assert [promise.words for promise in promises] == [customer.say]
    assert "נציג" in promises[0].words
    assert promises[0].state == "open"
    assert await stage.attempts(escalation, Leg.AGENT) == []


async def test_nine_is_never_called_again(stage: Stage) -> None:
    await stage.an_agent()
    number = stage.sim.phone(a_phone(), {"press": "9"})
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        closed = await in_state(stage, escalation, State.CLOSED)

    customer = await stage.customer(escalation)
    assert closed.outcome is Outcome.OPTED_OUT
    assert customer.attributes["do_not_call"] is True
    assert customer.opted_out_at is not None


async def test_a_key_that_means_nothing_is_asked_for_again(stage: Stage) -> None:
    await stage.an_agent()
    number = stage.sim.phone(a_phone(), {"press": ["7", "2"]})
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        customer = await ended(stage, escalation)

    assert customer.pressed == "2"


async def test_a_machine_is_left_the_message_and_tried_again_later(stage: Stage) -> None:
    agent = await stage.an_agent()
    number = stage.sim.phone(a_phone(), {"behaviour": "machine", "greeting": 4})
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        customer = await ended(stage, escalation)
        waiting = await eventually(
            lambda: stage.row(EscalationRow, escalation.id), lambda row: row.state is State.WAITING and row.result is None
        )

    task = await stage.task(escalation)
    assert customer.ending is Ending.MACHINE
    assert customer.stopped_at is not None
    assert waiting.not_before > customer.prepared_at
    assert task is not None
    assert task.state is TaskState.DONE
    assert task.agent_id == agent.id
    assert len(stage.sim.ledger()) == 1


async def test_a_person_taken_for_a_machine_may_still_press_one(stage: Stage) -> None:
    await stage.an_agent()
    script = {"press": [{"digits": "1", "after": 1}], "answered_by": "machine_end_beep", "verdict_after": 28, "talk": 300}
    number = stage.sim.phone(a_phone(), script)
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        await in_state(stage, escalation, State.CONNECTED)
        heard = await eventually(lambda: stage.attempts(escalation, Leg.CUSTOMER), lambda seen: seen[0].answered_by is not None)

    assert heard[0].farewell is None
    assert heard[0].state is AttemptState.CONNECTED


async def test_who_pressed_one_in_vain_hears_an_apology_and_a_promise(stage: Stage) -> None:
    await stage.an_agent(stage.sim.phone(a_phone(), {"behaviour": "busy"}))
    number = stage.sim.phone(a_phone(), {"press": "1"})
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        customer = await ended(stage, escalation)

    promises = await stage.rows(PromiseRow, escalation_id=escalation.id)
    assert customer.ending is Ending.ABANDONED
    assert customer.stopped_at is not None
    assert [promise.words for promise in promises] == [customer.say]


async def test_a_phone_that_rings_is_hung_up_when_nobody_needs_the_call_any_more(stage: Stage) -> None:
    await stage.an_agent()
    stage.sim.configure(speed=2)
    number = stage.sim.phone(a_phone(), {"answer_after": 18})
    escalation = await stage.a_case(CALL, phone=number)

    async with stage.process(escalation):
        await eventually(lambda: stage.attempts(escalation), lambda seen: seen and seen[0].state is AttemptState.RINGING)
        await stage.in_session(lambda session: stage.cancel(session, escalation.id))
        customer = await ended(stage, escalation)

    assert customer.ending is Ending.CANCELED
    assert customer.answered_at is None


async def test_who_answers_just_as_the_case_closes_is_not_connected(stage: Stage) -> None:
    await stage.an_agent()
    stage.sim.configure(speed=5)
    number = stage.sim.phone(a_phone(), {"answer_after": 10, "press": "1"})
    escalation = await stage.a_case(CALL, phone=number)
    attempt_id = await stage.prepared(escalation)
    await stage.dialer.submit(attempt_id)

    await stage.in_session(lambda session: stage.cancel(session, escalation.id))

    customer = await ended(stage, escalation)  # nobody stops it: its own document says goodbye
    assert customer.answered_at is not None
    assert customer.pressed is None
    assert customer.joined_at is None
    assert len(stage.sim.ledger()) == 1


async def test_a_promise_by_message_is_open_once_the_message_is_out(stage: Stage) -> None:
    await stage.an_agent()
    escalation = await stage.a_case(PROMISED_CALLBACK)

    async with stage.process(escalation):
        await eventually(
            lambda: stage.rows(PromiseRow, escalation_id=escalation.id), lambda rows: rows and rows[0].said_at is not None
        )
        messages = await eventually(lambda: stage.messages(escalation), lambda rows: rows[0].state is MessageState.DELIVERED)

    promises = await stage.rows(PromiseRow, escalation_id=escalation.id)
    assert [message.body for message in messages] == [promises[0].words]
    assert [message["body"] for message in stage.sim.messages()] == [promises[0].words]
