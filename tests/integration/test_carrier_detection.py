import pytest

from tests.integration.simulated_carrier import Application, Carrier

CUSTOMER = "+972501234567"
BYE = "<Response><Hangup/></Response>"
WAIT = '<Response><Pause length="600"/></Response>'


@pytest.mark.parametrize(
    ("script", "mode", "verdict"),
    [
        ({}, "Enable", "human"),
        ({"behaviour": "machine"}, "Enable", "machine_start"),
        ({"behaviour": "machine", "greeting": 3}, "DetectMessageEnd", "machine_end_beep"),
        ({"behaviour": "machine", "answered_by": "fax"}, "Enable", "fax"),
        ({"verdict_after": 100}, "Enable", "unknown"),
    ],
)
def test_a_synchronous_verdict_comes_with_the_first_document(
    carrier: Carrier, application: Application, script: dict[str, object], mode: str, verdict: str
) -> None:
    carrier.phone(CUSTOMER, script)

    call = carrier.call(CUSTOMER, url=application.answer("/voice", BYE), machine_detection=mode)

    assert carrier.ended(call.sid).answered_by == verdict
    assert [one.fields["AnsweredBy"] for one in application.on("/voice")] == [verdict]


def test_an_asynchronous_verdict_is_posted_while_the_call_goes_on(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"verdict_after": 4})

    call = carrier.call(
        CUSTOMER,
        url=application.answer("/voice", WAIT),
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=application.url("/verdict", attempt="a1"),
    )
    verdict = application.wait_for("/verdict")[0]

    assert verdict.fields["AnsweredBy"] == "human"
    assert verdict.fields["MachineDetectionDuration"] == "4000"
    assert (verdict.fields["CallSid"], verdict.query["attempt"]) == (call.sid, "a1")
    assert "AnsweredBy" not in application.on("/voice")[0].fields
    assert carrier.rest.calls(call.sid).fetch().status == "in-progress"


def test_a_call_to_a_machine_is_redirected_on_the_verdict(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"behaviour": "machine"})
    call = carrier.call(
        CUSTOMER,
        url=application.answer("/greeting", WAIT),
        machine_detection="DetectMessageEnd",
        async_amd="true",
        async_amd_status_callback=application.url("/verdict"),
    )
    application.wait_for("/verdict", AnsweredBy="machine_end_beep")

    carrier.rest.calls(call.sid).update(url=application.answer("/voicemail", "<Response><Say>We called.</Say></Response>"))

    assert carrier.ended(call.sid).status == "completed"
    assert application.on("/voicemail")


def test_a_call_that_ends_first_has_no_verdict(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"hang_up_after": 1, "verdict_after": 2})

    call = carrier.call(
        CUSTOMER,
        twiml=WAIT,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=application.url("/verdict"),
        status_callback=application.url("/status"),
    )

    ended = application.wait_for("/status")[0]
    assert "AnsweredBy" not in ended.fields
    assert carrier.ended(call.sid).answered_by is None


def test_a_participant_is_listened_to_beside_its_room(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"behaviour": "machine"})

    carrier.rest.conferences("r1").participants.create(
        from_="+15005550006",
        to=CUSTOMER,
        machine_detection="Enable",
        amd_status_callback=application.url("/verdict"),
    )

    assert application.wait_for("/verdict")[0].fields["AnsweredBy"] == "machine_start"
