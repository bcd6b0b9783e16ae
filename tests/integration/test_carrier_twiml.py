import pytest

from tests.integration.simulated_carrier import OURS, Application, Carrier, Received, statuses, until

CUSTOMER, AGENT, COLLEAGUE = "+972501234567", "+972501234568", "+972501234569"
MENU = (
    '<Response><Gather numDigits="1" action="/pressed?step=1"><Say>Press one.</Say></Gather>'
    "<Redirect>/silent</Redirect></Response>"
)
BYE = "<Response><Hangup/></Response>"
EVENTS = "initiated ringing answered completed"


def test_digits_pressed_at_a_gather_reach_its_action(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"press": [{"after": 2, "digits": "1"}]})
    application.answer("/pressed", BYE)

    call = carrier.call(CUSTOMER, url=application.answer("/menu", MENU))
    carrier.ended(call.sid)

    pressed = application.on("/pressed", CallSid=call.sid)
    assert [(one.fields["Digits"], one.query["step"]) for one in pressed] == [("1", "1")]
    assert application.on("/silent") == []


def test_each_gather_hears_its_own_digits(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"press": ["2", None, "31"]})
    again = '<Response><Gather action="/menu" numDigits="2" timeout="1"/><Redirect>/menu</Redirect></Response>'

    def menu(received: Received) -> str:
        return BYE if received.fields.get("Digits") == "31" else again

    call = carrier.call(CUSTOMER, url=application.answer("/menu", menu))
    carrier.ended(call.sid)

    assert [one.fields.get("Digits") for one in application.on("/menu")] == [None, "2", None, "31"]


def test_silence_at_a_gather_falls_through(carrier: Carrier, application: Application) -> None:
    application.answer("/silent", BYE)

    call = carrier.call(CUSTOMER, url=application.answer("/menu", MENU))
    carrier.ended(call.sid)

    assert application.on("/pressed") == []
    assert len(application.on("/silent")) == 1


def test_silence_is_told_where_the_gather_asks_for_it(carrier: Carrier, application: Application) -> None:
    gather = '<Response><Gather action="/pressed" actionOnEmptyResult="true" timeout="1"/></Response>'
    application.answer("/pressed", BYE)

    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/menu", gather)).sid)

    assert [one.fields["Digits"] for one in application.on("/pressed")] == [""]


def test_the_finishing_key_ends_the_digits(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"press": "123#4"})
    application.answer("/pressed", BYE)
    gather = '<Response><Gather action="/pressed" timeout="60"/></Response>'

    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/menu", gather)).sid)

    assert [one.fields["Digits"] for one in application.on("/pressed")] == ["123"]


def test_a_machine_presses_nothing(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"behaviour": "machine", "press": "1"})
    application.answer("/silent", BYE)

    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/menu", MENU)).sid)

    assert application.on("/pressed") == []
    assert application.on("/silent")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, "text/xml", BYE), 11200),
        ((200, "text/xml", "<Response><Say>never closed"), 12100),
        ((200, "text/xml", "<Answer/>"), 12100),
        ((200, "text/xml", "<Response><Record/></Response>"), 12100),
        ((200, "application/json", "{}"), 12300),
    ],
)
def test_a_document_that_cannot_be_followed_ends_the_call(
    carrier: Carrier, application: Application, answer: tuple[int, str, str], code: int
) -> None:
    call = carrier.call(CUSTOMER, url=application.answer("/voice", answer))

    assert carrier.ended(call.sid).status == "completed"
    assert carrier.state(call.sid)["errors"] == [code]


def test_the_fallback_is_asked_with_the_error(carrier: Carrier, application: Application) -> None:
    url = application.answer("/voice", (500, "text/plain", "down"))

    call = carrier.call(CUSTOMER, url=url, fallback_url=application.answer("/fallback", BYE))
    carrier.ended(call.sid)

    asked = application.on("/fallback")[0].fields
    assert (asked["ErrorCode"], asked["ErrorUrl"]) == ("11200", url)


def test_an_unreachable_application_ends_the_call(carrier: Carrier) -> None:
    call = carrier.call(CUSTOMER, url="http://127.0.0.1:9/voice")

    assert carrier.ended(call.sid).status == "completed"
    assert carrier.state(call.sid)["errors"] == [11200]


def test_an_empty_answer_ends_the_call_without_an_error(carrier: Carrier, application: Application) -> None:
    call = carrier.call(CUSTOMER, url=application.url("/nothing"))

    carrier.ended(call.sid)

    assert carrier.state(call.sid)["errors"] == []


def test_get_webhooks_carry_everything_in_a_signed_query(carrier: Carrier, application: Application) -> None:
    url = application.answer("/voice", BYE) + "?attempt=a1"

    call = carrier.call(CUSTOMER, url=url, method="GET")
    carrier.ended(call.sid)

    asked = application.on("/voice")[0]
    assert (asked.method, asked.query["attempt"], asked.query["CallSid"]) == ("GET", "a1", call.sid)


def dial(inner: str, attributes: str = "") -> str:
    return f'<Response><Dial action="/after" {attributes}>{inner}</Dial><Say>Never said.</Say></Response>'


def test_a_dialled_number_is_connected_and_its_end_told(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"talk": 20})
    application.answer("/after", BYE)
    number = f'<Number statusCallback="/leg?attempt=a2" statusCallbackEvent="{EVENTS}">{AGENT}</Number>'

    call = carrier.call(CUSTOMER, url=application.answer("/voice", dial(number)))
    carrier.ended(call.sid)

    after = application.on("/after")[0].fields
    leg = application.wait_for("/leg", count=4)
    assert statuses(leg) == ["initiated", "ringing", "in-progress", "completed"]
    assert {one.fields["ParentCallSid"] for one in leg} == {call.sid}
    assert {one.fields["Direction"] for one in leg} == {"outbound-dial"}
    assert (after["DialCallStatus"], after["DialBridged"]) == ("completed", "true")
    assert after["DialCallSid"] == leg[0].fields["CallSid"]
    assert int(after["DialCallDuration"]) >= 19
    assert [(row["to"], row["attempt"]) for row in carrier.ledger()] == [(CUSTOMER, None), (AGENT, "a2")]
    assert [call.to for call in carrier.rest.calls.list(parent_call_sid=call.sid)] == [AGENT]


@pytest.mark.parametrize(
    ("behaviour", "status"),
    [("busy", "busy"), ("no_answer", "no-answer"), ("failed", "failed"), ("invalid", "failed")],
)
def test_a_dial_that_reaches_nobody_says_so(carrier: Carrier, application: Application, behaviour: str, status: str) -> None:
    carrier.phone(AGENT, {"behaviour": behaviour})
    application.answer("/after", BYE)

    document = dial(f"<Number>{AGENT}</Number>", 'timeout="5"')
    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/voice", document)).sid)

    after = application.on("/after")[0].fields
    assert (after["DialCallStatus"], after["DialBridged"]) == (status, "false")


def test_a_whisper_that_hangs_up_refuses_the_call(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"press": "2"})
    application.answer("/whisper", '<Response><Gather numDigits="1" action="/accept"/></Response>')
    application.answer("/accept", lambda asked: "<Response/>" if asked.fields["Digits"] == "1" else BYE)
    application.answer("/after", BYE)

    document = dial(f'<Number url="/whisper">{AGENT}</Number>')
    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/voice", document)).sid)

    assert application.on("/after")[0].fields["DialBridged"] == "false"


def test_a_whisper_that_runs_out_connects_the_call(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"press": "1", "talk": 5})
    application.answer("/whisper", '<Response><Gather numDigits="1" action="/accept"/><Hangup/></Response>')
    application.answer("/accept", "<Response/>")
    application.answer("/after", BYE)

    document = dial(f'<Number url="/whisper">{AGENT}</Number>')
    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/voice", document)).sid)

    assert application.on("/after")[0].fields["DialBridged"] == "true"


def test_a_whisper_may_not_dial(carrier: Carrier, application: Application) -> None:
    application.answer("/whisper", f"<Response><Dial>{COLLEAGUE}</Dial></Response>")
    application.answer("/after", BYE)

    document = dial(f'<Number url="/whisper">{AGENT}</Number>')
    call = carrier.call(CUSTOMER, url=application.answer("/voice", document))
    carrier.ended(call.sid)

    leg = carrier.rest.calls.list(parent_call_sid=call.sid)[0]
    assert carrier.state(leg.sid)["errors"] == [13201]
    assert COLLEAGUE not in {row["to"] for row in carrier.ledger()}


def test_numbers_dialled_together_stop_ringing_when_one_answers(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"behaviour": "no_answer"})
    carrier.phone(COLLEAGUE, {"answer_after": 1, "talk": 2})
    application.answer("/after", BYE)

    document = dial(f"<Number>{AGENT}</Number><Number>{COLLEAGUE}</Number>", 'timeout="600"')
    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/voice", document)).sid)

    rows = until(carrier.ledger, lambda rows: all(row["ending"] for row in rows))
    assert {row["to"]: row["ending"] for row in rows} == {
        CUSTOMER: "completed",
        AGENT: "canceled",
        COLLEAGUE: "completed",
    }


def test_numbers_dialled_in_sequence_ring_one_after_the_other(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"behaviour": "busy"})
    carrier.phone(COLLEAGUE, {"talk": 2})
    application.answer("/after", BYE)

    document = dial(f"<Number>{AGENT}</Number><Number>{COLLEAGUE}</Number>", 'sequential="true"')
    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/voice", document)).sid)

    assert [(row["to"], row["ending"]) for row in carrier.ledger()[1:]] == [(AGENT, "busy"), (COLLEAGUE, "completed")]


def test_a_caller_who_hangs_up_ends_the_dialled_leg(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"hang_up_after": 10})
    application.answer("/voice", dial(f"<Number>{AGENT}</Number>"))

    carrier.ended(carrier.call(CUSTOMER, url=application.url("/voice")).sid)

    rows = until(carrier.ledger, lambda rows: len(rows) == 2 and all(row["ending"] for row in rows))
    assert rows[1]["ending"] == "completed"
    assert application.on("/after") == []


def test_a_connected_leg_can_be_redirected(carrier: Carrier, application: Application) -> None:
    application.answer("/voice", dial(f"<Number>{AGENT}</Number>"))
    application.answer("/after", BYE)
    call = carrier.call(CUSTOMER, url=application.url("/voice"))
    legs = until(lambda: carrier.rest.calls.list(parent_call_sid=call.sid, status="in-progress"))

    carrier.rest.calls(legs[0].sid).update(url=application.answer("/elsewhere", '<Response><Pause length="20"/></Response>'))

    carrier.ended(call.sid)
    assert carrier.ended(legs[0].sid).status == "completed"
    assert application.on("/elsewhere", CallSid=legs[0].sid)


def test_without_an_action_the_next_verb_follows_a_dial(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"behaviour": "busy"})
    application.answer("/next", BYE)
    document = f"<Response><Dial callerId='{OURS}'>{AGENT}</Dial><Redirect>/next</Redirect></Response>"

    carrier.ended(carrier.call(CUSTOMER, url=application.answer("/voice", document)).sid)

    assert len(application.on("/next")) == 1
