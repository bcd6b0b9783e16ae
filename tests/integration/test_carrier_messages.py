from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.integration.simulated_carrier import OURS, Application, Carrier, until

CUSTOMER = "+972501234567"


def write(carrier: Carrier, body: str = "We call you at ten.", **given: Any) -> Any:
    return carrier.rest.messages.create(**{"to": CUSTOMER, "from_": OURS, "body": body, **given})


def kinds(application: Application, sid: str) -> list[str]:
    return [one.fields["MessageStatus"] for one in application.on("/sms", MessageSid=sid)]


def settled(carrier: Carrier, sid: str) -> Any:
    final = {"delivered", "undelivered", "failed"}
    return until(lambda: carrier.rest.messages(sid).fetch(), lambda message: message.status in final)


def test_a_message_is_told_until_it_is_delivered(carrier: Carrier, application: Application) -> None:
    message = write(carrier, status_callback=application.url("/sms", message="m1"))
    assert (message.status, message.from_, message.num_segments) == ("queued", OURS, "1")

    told = application.wait_for("/sms", count=3)

    assert kinds(application, message.sid) == ["sending", "sent", "delivered"]
    assert {one.query["message"] for one in told} == {"m1"}
    assert settled(carrier, message.sid).date_sent is not None
    assert [(row["body"], row["message"]) for row in carrier.messages()] == [("We call you at ten.", "m1")]


@pytest.mark.parametrize(
    ("sms", "steps"), [("undelivered", ["sending", "sent", "undelivered"]), ("failed", ["sending", "failed"])]
)
def test_a_message_that_does_not_arrive_says_why(
    carrier: Carrier, application: Application, sms: str, steps: list[str]
) -> None:
    carrier.phone(CUSTOMER, {"sms": sms, "sms_error": 30005})

    message = write(carrier, status_callback=application.url("/sms"))

    assert application.wait_for("/sms", MessageStatus=sms)[0].fields["ErrorCode"] == "30005"
    assert kinds(application, message.sid) == steps
    assert settled(carrier, message.sid).error_code == 30005


def test_a_receipt_may_never_come(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"sms": "sent"})

    message = write(carrier, status_callback=application.url("/sms"))

    application.wait_for("/sms", MessageStatus="sent")
    assert carrier.rest.messages(message.sid).fetch().status == "sent"


def test_hebrew_is_counted_in_short_segments(carrier: Carrier) -> None:
    assert write(carrier, "ש" * 70).num_segments == "1"
    assert write(carrier, "ש" * 71).num_segments == "2"
    assert write(carrier, "a" * 161).num_segments == "2"


def test_messages_are_listed_by_number(carrier: Carrier) -> None:
    first = write(carrier)
    write(carrier, to="+972501234568")

    assert [message.sid for message in carrier.rest.messages.list(to=CUSTOMER)] == [first.sid]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "0501234567"}, 21211),
        ({"from_": ""}, 21603),
        ({"from_": "+15005550007"}, 21606),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"status_callback": "nowhere"}, 21205),
    ],
)
def test_a_refused_message_says_why(carrier: Carrier, given: dict[str, str], code: int) -> None:
    carrier.configure(numbers={OURS: {}})

    with pytest.raises(TwilioRestException) as refused:
        write(carrier, **given)

    assert (refused.value.status, refused.value.code) == (400, code)
    assert carrier.messages() == []


def test_a_phone_answers_and_the_application_hears_and_replies(carrier: Carrier, application: Application) -> None:
    carrier.configure(sms_url=application.answer("/inbound", "<Response><Message>At six, then.</Message></Response>"))
    carrier.phone(CUSTOMER, {"reply_sms": ["Make it six."]})

    write(carrier)
    heard = application.wait_for("/inbound")[0].fields

    assert (heard["From"], heard["To"], heard["Body"]) == (CUSTOMER, OURS, "Make it six.")
    rows = until(carrier.messages, lambda rows: len(rows) == 3)
    assert [(row["direction"], row["body"]) for row in rows] == [
        ("outbound-api", "We call you at ten."),
        ("inbound", "Make it six."),
        ("outbound-reply", "At six, then."),
    ]


def test_stop_blocks_the_pair_until_start(carrier: Carrier, application: Application) -> None:
    url = application.answer("/inbound", "<Response/>")
    carrier.configure(numbers={OURS: {"sms_url": url}, "+15005550009": {}})

    carrier.control.post(f"/_sim/phones/{CUSTOMER}/messages", json={"to": OURS, "body": " stop "})
    application.wait_for("/inbound", Body=" stop ")
    with pytest.raises(TwilioRestException) as refused:
        write(carrier)
    assert (refused.value.status, refused.value.code) == (400, 21610)
    assert write(carrier, from_="+15005550009").status == "queued"
    notice = until(lambda: [row for row in carrier.messages() if row["direction"] == "outbound-reply"])[0]
    assert "unsubscribed" in notice["body"]

    carrier.control.post(f"/_sim/phones/{CUSTOMER}/messages", json={"to": OURS, "body": "START"})
    application.wait_for("/inbound", Body="START")

    assert write(carrier).status == "queued"


def test_stop_within_a_sentence_blocks_nothing(carrier: Carrier, application: Application) -> None:
    carrier.configure(sms_url=application.answer("/inbound", "<Response/>"))

    carrier.control.post(f"/_sim/phones/{CUSTOMER}/messages", json={"to": OURS, "body": "please stop calling"})
    application.wait_for("/inbound")

    assert write(carrier).status == "queued"
