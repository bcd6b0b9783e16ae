import socket

import pytest

from tests.integration.simulated_carrier import Application, Carrier, a_free_port

CUSTOMER = "+972501234567"
BYE = "<Response><Hangup/></Response>"


def test_a_failing_answer_is_not_repeated_by_default(carrier: Carrier, application: Application) -> None:
    application.answer("/status", (500, "text/plain", ""))

    call = carrier.call(
        CUSTOMER, twiml=BYE, status_callback=application.url("/status"), status_callback_event=["answered", "completed"]
    )
    application.wait_for("/status", CallStatus="completed")

    assert len(application.on("/status", CallSid=call.sid)) == 2


def test_the_fragment_of_a_url_asks_for_retries(carrier: Carrier, application: Application) -> None:
    application.answer("/status", (503, "text/plain", ""))

    carrier.call(CUSTOMER, twiml=BYE, status_callback=application.url("/status", attempt="a1") + "#rc=3&rp=5xx")
    told = application.wait_for("/status", count=4)

    assert len({one.headers["I-Twilio-Idempotency-Token"] for one in told}) == 1
    assert {one.query["attempt"] for one in told} == {"a1"}


def test_the_fragment_of_a_url_sets_the_patience(carrier: Carrier, application: Application) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/voice#rt=200&tt=400"
        call = carrier.call(CUSTOMER, url=url, fallback_url=application.answer("/fallback", BYE))

        application.wait_for("/fallback", ErrorCode="11200")

    assert carrier.ended(call.sid).status == "completed"


def test_a_url_is_signed_as_it_was_given(carrier: Carrier, application: Application) -> None:
    url = application.base + "/status?a=%7e%2Fx&b=1+2&c=(d)&attempt=a1"

    carrier.call(CUSTOMER, twiml=BYE, status_callback=url)

    assert application.wait_for("/status")[0].query["attempt"] == "a1"


def test_a_refused_connection_is_tried_once_more_and_given_up(carrier: Carrier, application: Application) -> None:
    call = carrier.call(CUSTOMER, twiml=BYE, status_callback=f"http://127.0.0.1:{a_free_port()}/status")

    assert carrier.ended(call.sid).status == "completed"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/_sim/phones/+972501234567", {"behaviour": "sleeps"}, "behaviour"),
        ("/_sim/phones/+972501234567", {"anwser_after": 2}, "anwser_after"),
        ("/_sim/faults", {"faults": [{"kind": "500", "probability": 2}]}, "probability"),
        ("/_sim/config", {"speed": 0}, "speed"),
        ("/_sim/config", {"spede": 1}, "spede"),
    ],
)
def test_bad_input_names_its_field(carrier: Carrier, path: str, body: dict[str, object], field: str) -> None:
    refused = carrier.control.put(path, json=body)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert any(field in error["field"] for error in refused.json()["errors"])
