"""The adapter alone against the simulated carrier: where it sends, what it makes of answers, what it never tells."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.telephony.ports import (
    CallOrder,
    CallStatus,
    CarrierRefused,
    CarrierUnavailable,
    CarrierUnclear,
    MessageOrder,
    Refusal,
)
from orchestrator.telephony.twilio import TwilioCarrier
from tests.integration.simulated_carrier import ACCOUNT_SID, AUTH_TOKEN, OURS, Application, Carrier

NUMBER = "+972527654321"


@pytest.fixture
def client(carrier: Carrier) -> Iterator[TwilioCarrier]:
    client = TwilioCarrier(ACCOUNT_SID, AUTH_TOKEN, base_url=carrier.base, read=2.0)
    yield client
    client.close()


def an_order(application: Application, *, to: str = NUMBER) -> CallOrder:
    answer = application.answer("/answer", "<Response><Pause length='20'/></Response>")
    return CallOrder(to=to, from_=OURS, answer_url=answer, status_url=application.url("/status"), ring=timedelta(seconds=30))


async def test_a_call_is_placed_found_and_ended(client: TwilioCarrier, application: Application) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)

    placed = await client.place(an_order(application))
    application.wait_for("/status", CallStatus="in-progress")
    fetched = await client.fetch(placed.sid)
    listed = await client.find(to=NUMBER, from_=OURS, since=before)
    await client.end(placed.sid)

    assert placed.status is CallStatus.QUEUED
    assert fetched.status is CallStatus.IN_PROGRESS
    assert [call.sid for call in listed] == [placed.sid]
    assert placed.created_at is not None
    assert placed.created_at.utcoffset() == timedelta(0)
    application.wait_for("/status", CallStatus="completed")


async def test_calls_of_before_are_not_found(client: TwilioCarrier, application: Application) -> None:
    await client.place(an_order(application))

    assert await client.find(to=NUMBER, from_=OURS, since=datetime.now(UTC) + timedelta(minutes=1)) == []


async def test_a_call_that_is_over_cannot_be_stopped_and_says_so(
    client: TwilioCarrier, carrier: Carrier, application: Application
) -> None:
    carrier.phone(NUMBER, {"behaviour": "busy"})
    placed = await client.place(an_order(application))
    application.wait_for("/status", CallStatus="busy")

    with pytest.raises(CarrierRefused) as refused:
        await client.cancel(placed.sid)

    assert refused.value.refusal is Refusal.OVER


async def test_a_call_nobody_knows_is_missing(client: TwilioCarrier) -> None:
    with pytest.raises(CarrierRefused) as refused:
        await client.fetch("CA" + "0" * 32)

    assert refused.value.refusal is Refusal.MISSING


async def test_wrong_credentials_are_a_matter_of_set_up(carrier: Carrier, application: Application) -> None:
    stranger = TwilioCarrier(ACCOUNT_SID, "wrong", base_url=carrier.base)

    with pytest.raises(CarrierRefused) as refused:
        await stranger.place(an_order(application))

    assert refused.value.refusal is Refusal.SETUP
    assert refused.value.number == 20003


@pytest.mark.parametrize("kind", ["500", "503", "drop_before", "accept_and_drop", "hold"])
async def test_no_post_is_ever_repeated(client: TwilioCarrier, carrier: Carrier, application: Application, kind: str) -> None:
    carrier.faults({"kind": kind, "path": "*/Calls.json", "method": "POST"})

    with pytest.raises(CarrierUnclear):
        await client.place(an_order(application))

    faults = carrier.control.get("/_sim/faults").json()["faults"]
    assert [fault["struck"] for fault in faults] == [1]


async def test_a_question_without_an_answer_may_be_asked_again(client: TwilioCarrier, carrier: Carrier) -> None:
    carrier.faults({"kind": "500", "method": "GET"})

    with pytest.raises(CarrierUnavailable) as listing:
        await client.find(to=NUMBER, from_=OURS, since=datetime.now(UTC))
    with pytest.raises(CarrierUnavailable):
        await client.fetch("CA" + "0" * 32)

    assert listing.value.retryable


async def test_a_region_in_the_environment_sends_nothing_elsewhere(
    carrier: Carrier, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin", "HTTP_PROXY": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    client = TwilioCarrier(ACCOUNT_SID, AUTH_TOKEN, base_url=carrier.base)

    placed = await client.place(an_order(application))

    assert placed.sid.startswith("CA")


async def test_no_number_is_logged_or_told_in_an_error(
    client: TwilioCarrier, carrier: Carrier, application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    carrier.phone(NUMBER, {"behaviour": "invalid"})
    with caplog.at_level(logging.DEBUG), pytest.raises(CarrierRefused) as refused:
        await client.place(an_order(application))
    with caplog.at_level(logging.DEBUG):
        await client.find(to=NUMBER, from_=OURS, since=datetime.now(UTC))
    with caplog.at_level(logging.DEBUG), pytest.raises(CarrierRefused) as unsent:
        await client.send(MessageOrder(to=NUMBER, from_=OURS, body="hello", status_url=application.url("/sms")))

    told = caplog.text + repr(refused.value) + repr(unsent.value) + repr(an_order(application))
    assert NUMBER.removeprefix("+") not in told
    assert refused.value.__suppress_context__
