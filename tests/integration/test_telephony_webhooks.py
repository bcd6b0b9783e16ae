"""What the carrier (or somebody who would like to be it) sends us, request by request."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from twilio.request_validator import RequestValidator

from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import AttemptRow, AttemptState, CarrierCallbackRow, MessageRow, MessageState
from orchestrator.telephony.urls import Voice, Webhooks
from tests.integration.simulated_carrier import ACCOUNT_SID, AUTH_TOKEN, OURS, Carrier
from tests.integration.telephony_stage import CALL, PROMISED_CALLBACK, Stage, a_phone, a_stage, eventually

SID = "CA" + "0" * 32


@pytest_asyncio.fixture
async def stage(database: Database, database_url: str, carrier: Carrier) -> AsyncIterator[Stage]:
    async with a_stage(database, database_url, carrier) as stage:
        await stage.an_agent()
        yield stage


@pytest_asyncio.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def urls(stage: Stage) -> Webhooks:
    return Webhooks(stage.settings.public_url)


async def send(web: httpx.AsyncClient, url: str, *, token: str = AUTH_TOKEN, **fields: str) -> httpx.Response:
    """Send a webhook signed with `token`."""
    url, form = url.partition("#")[0], {"AccountSid": ACCOUNT_SID, **fields}
    signature = RequestValidator(token).compute_signature(url, form)
    return await web.post(url, data=form, headers={"X-Twilio-Signature": signature})


async def an_attempt(stage: Stage, **given: Any) -> AttemptRow:
    """Return a customer's leg whose call the carrier has taken and tells nothing of by itself."""
    stage.sim.faults({"kind": "never"})
    escalation = await stage.a_case(CALL, phone=stage.sim.phone(a_phone(), {"behaviour": "no_answer"}), **given)
    attempt_id = await stage.prepared(escalation)
    await stage.dialer.submit(attempt_id)
    return await stage.row(AttemptRow, attempt_id)


async def test_nothing_moves_without_our_carriers_signature(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)
    url = urls(stage).status(attempt.token)

    refused = await send(web, url, token="another", CallSid=attempt.call_sid or "", CallStatus="completed")

    assert refused.status_code == 403
    assert (await stage.row(AttemptRow, attempt.id)).state is attempt.state
    assert await stage.rows(CarrierCallbackRow, attempt_id=attempt.id) == []


async def test_a_token_that_is_none_of_ours_is_told_so(stage: Stage, web: httpx.AsyncClient) -> None:
    status = await send(web, urls(stage).status("unknown"), CallSid=SID, CallStatus="completed")
    machine = await send(web, urls(stage).machine("unknown"), CallSid=SID, AnsweredBy="human")
    room = await send(web, urls(stage).conference("unknown"), CallSid=SID, StatusCallbackEvent="participant-join")
    message = await send(web, urls(stage).message_status("unknown"), MessageSid="SM1", MessageStatus="sent")

    assert {answer.status_code for answer in (status, machine, room, message)} == {404}


async def test_a_call_that_is_none_of_ours_is_hung_up_without_a_word(stage: Stage, web: httpx.AsyncClient) -> None:
    answer = await send(web, urls(stage).voice(Voice.CUSTOMER, "unknown"), CallSid=SID)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response><Hangup /></Response>")


async def test_a_token_does_not_speak_for_another_call(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)

    answer = await send(web, urls(stage).status(attempt.token), CallSid=SID, CallStatus="completed")

    assert answer.status_code == 403
    assert (await stage.row(AttemptRow, attempt.id)).state is attempt.state


async def test_a_callback_before_the_posts_answer_binds_the_call(stage: Stage, web: httpx.AsyncClient) -> None:
    escalation = await stage.a_case(CALL)
    attempt = await stage.row(AttemptRow, await stage.prepared(escalation))

    answer = await send(web, urls(stage).status(attempt.token), CallSid=SID, CallStatus="ringing", SequenceNumber="1")

    bound = await stage.row(AttemptRow, attempt.id)
    assert answer.status_code == 204
    assert bound.call_sid == SID
    assert bound.state is AttemptState.RINGING


async def test_a_webhook_that_comes_again_is_kept_once(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)
    fields = {"CallSid": attempt.call_sid or "", "CallStatus": "ringing", "SequenceNumber": "1"}

    answers = await asyncio.gather(*(send(web, urls(stage).status(attempt.token), **fields) for _ in range(5)))

    kept = await stage.rows(CarrierCallbackRow, attempt_id=attempt.id)
    assert {answer.status_code for answer in answers} == {204}
    assert [row.fields["CallStatus"] for row in kept] == ["ringing"]


async def test_what_is_kept_of_a_webhook_names_no_number(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)
    fields = {"CallSid": attempt.call_sid or "", "CallStatus": "ringing", "From": OURS, "To": attempt.to_number}

    await send(web, urls(stage).status(attempt.token), Called=attempt.to_number, CallerCity="HAIFA", **fields)

    kept = await stage.rows(CarrierCallbackRow, attempt_id=attempt.id)
    assert [set(row.fields) for row in kept] == [{"CallSid", "CallStatus"}]


async def test_a_status_nobody_has_heard_of_changes_nothing(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)

    answer = await send(web, urls(stage).status(attempt.token), CallSid=attempt.call_sid or "", CallStatus="beamed-up")

    assert answer.status_code == 204
    assert (await stage.row(AttemptRow, attempt.id)).state is attempt.state


async def test_a_key_pressed_before_the_end_counts_although_it_arrives_after_it(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)
    sid = attempt.call_sid or ""
    await send(web, urls(stage).voice(Voice.CUSTOMER, attempt.token), CallSid=sid, CallStatus="in-progress")
    await send(web, urls(stage).status(attempt.token), CallSid=sid, CallStatus="completed", SequenceNumber="3")

    await send(web, urls(stage).voice(Voice.KEY, attempt.token), CallSid=sid, CallStatus="in-progress", Digits="9")

    assert (await stage.customer(await escalation_of(stage, attempt))).opted_out_at is not None


async def test_the_same_question_gets_the_same_answer(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)
    url = urls(stage).voice(Voice.CUSTOMER, attempt.token)

    first, second = [await send(web, url, CallSid=attempt.call_sid or "", CallStatus="in-progress") for _ in range(2)]

    assert first.text == second.text
    assert "Gather" in first.text


async def escalation_of(stage: Stage, attempt: AttemptRow) -> EscalationRow:
    return await stage.row(EscalationRow, attempt.escalation_id)


@pytest.mark.parametrize("word", ["STOP", "stop", "הסר", "9"])
async def test_a_phone_that_writes_stop_is_not_called_again(stage: Stage, word: str) -> None:
    attempt = await an_attempt(stage)
    stage.sim.faults()
    stage.sim.configure(sms_url=f"{stage.settings.public_url}/telephony/sms")

    stage.sim.control.post(f"/_sim/phones/{attempt.to_number}/messages", json={"to": OURS, "body": word}).raise_for_status()

    escalation = await escalation_of(stage, attempt)
    customer = await eventually(lambda: stage.customer(escalation), lambda row: row.opted_out_at is not None)
    assert customer.attributes["do_not_call"] is True


async def test_a_message_that_says_something_else_changes_nothing(stage: Stage, web: httpx.AsyncClient) -> None:
    attempt = await an_attempt(stage)
    fields = {"MessageSid": "SM1", "From": attempt.to_number, "To": OURS, "Body": "please call me"}

    answer = await send(web, f"{stage.settings.public_url}/telephony/sms", **fields)

    assert answer.text.endswith("<Response />")
    assert (await stage.customer(await escalation_of(stage, attempt))).opted_out_at is None


async def a_message(stage: Stage, **given: Any) -> MessageRow:
    """Bring an escalation to where its promise is written and to be sent."""
    escalation = await stage.a_case(PROMISED_CALLBACK, **given)
    await stage.look_once(escalation)
    return (await stage.messages(escalation))[0]


@pytest.mark.parametrize("lost", ["accept_and_drop", "500"])
async def test_a_message_whose_answer_was_lost_is_found_and_not_sent_again(stage: Stage, lost: str) -> None:
    stage.sim.faults({"kind": lost, "path": "*/Messages.json", "method": "POST", "processed": True}, {"kind": "never"})
    message = await a_message(stage)

    await stage.posting.send(message.id)
    await stage.posting.send(message.id)
    unclear = await stage.row(MessageRow, message.id)
    await stage.posting.settle(message.id)

    found = await stage.row(MessageRow, message.id)
    assert unclear.state is MessageState.UNKNOWN
    assert found.state in (MessageState.SENT, MessageState.DELIVERED)
    assert len(stage.sim.messages()) == 1


async def test_a_message_the_carrier_refuses_promised_nothing(stage: Stage) -> None:
    stage.sim.faults({"kind": "429", "path": "*/Messages.json", "method": "POST"})
    message = await a_message(stage)

    await stage.posting.send(message.id)

    promises = await stage.rows(PromiseRow, escalation_id=message.escalation_id)
    refused = await stage.row(MessageRow, message.id)
    assert refused.state is MessageState.REFUSED
    assert refused.submitted_at is None
    assert [promise.state for promise in promises] == ["unsaid"]


async def test_who_has_stopped_our_messages_is_not_written_to_again(stage: Stage) -> None:
    number = a_phone()
    stage.sim.control.post(f"/_sim/phones/{number}/messages", json={"to": OURS, "body": "STOP"}).raise_for_status()
    message = await a_message(stage, phone=number)

    await stage.posting.send(message.id)

    refused = await stage.row(MessageRow, message.id)
    customer = await stage.customer(await stage.row(EscalationRow, message.escalation_id))
    assert refused.error_code == 21610
    assert customer.attributes["consent"]["sms"] is False
    assert customer.opted_out_at is None


async def test_who_refuses_messages_is_written_none(stage: Stage) -> None:
    escalation = await stage.a_case(PROMISED_CALLBACK, consent={"sms": False})

    await stage.look_once(escalation)

    assert await stage.messages(escalation) == []
