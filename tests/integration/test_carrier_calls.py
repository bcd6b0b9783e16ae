from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from tests.integration.simulated_carrier import (
    ACCOUNT_SID,
    OURS,
    Application,
    Carrier,
    a_client,
    statuses,
    until,
)

EVENTS = ["initiated", "ringing", "answered", "completed"]
HELLO = "<Response><Say>Hello.</Say></Response>"
WAIT = '<Response><Pause length="600"/></Response>'


def test_a_created_call_has_twilios_fields(carrier: Carrier) -> None:
    call = carrier.call("+972501234567", twiml=HELLO)

    assert call.sid.startswith("CA")
    assert len(call.sid) == 34
    assert (call.status, call.to, call._from) == ("queued", "+972501234567", OURS)
    assert (call.direction, call.queue_time, call.duration) == ("outbound-api", "0", None)
    assert call.account_sid == ACCOUNT_SID
    assert abs(call.date_created - datetime.now(UTC)) < timedelta(minutes=1)
    assert call.subresource_uris["recordings"].endswith(f"/Calls/{call.sid}/Recordings.json")


def test_an_answered_call_tells_each_step_in_order(carrier: Carrier, application: Application) -> None:
    carrier.phone("+972501234567", {"answer_after": 3})
    application.answer("/voice", HELLO)

    call = carrier.call(
        "+972501234567",
        url=application.url("/voice", attempt="a1"),
        status_callback=application.url("/status", attempt="a1"),
        status_callback_event=EVENTS,
    )
    told = application.wait_for("/status", count=4)

    assert statuses(told) == ["initiated", "ringing", "in-progress", "completed"]
    assert [one.fields["SequenceNumber"] for one in told] == ["0", "1", "2", "3"]
    assert {one.fields["CallSid"] for one in told} == {call.sid}
    assert {one.query["attempt"] for one in told} == {"a1"}
    assert {one.fields["CallbackSource"] for one in told} == {"call-progress-events"}
    assert len({one.headers["I-Twilio-Idempotency-Token"] for one in told}) == 4
    assert parsedate_to_datetime(told[0].fields["Timestamp"]).utcoffset() == timedelta(0)
    asked = application.on("/voice")
    assert [one.fields["CallStatus"] for one in asked] == ["in-progress"]


def test_the_last_callback_tells_how_long_the_call_was(carrier: Carrier, application: Application) -> None:
    carrier.phone("+972501234567", {"answer_after": 0, "hang_up_after": 61})

    call = carrier.call("+972501234567", twiml=WAIT, status_callback=application.url("/status"))
    last = application.wait_for("/status")[0]

    assert last.fields["CallStatus"] == "completed"
    assert last.fields["SequenceNumber"] == "0"
    assert int(last.fields["CallDuration"]) >= 61
    assert int(last.fields["Duration"]) >= 2
    assert last.fields["SipResponseCode"] == "200"
    assert carrier.ended(call.sid).duration == last.fields["CallDuration"]


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [("busy", "busy", "486"), ("no_answer", "no-answer", "487"), ("failed", "failed", "404")],
)
def test_a_call_nobody_takes_ends_as_its_phone_says(
    carrier: Carrier, application: Application, behaviour: str, status: str, code: str
) -> None:
    carrier.phone("+972501234567", {"behaviour": behaviour})

    call = carrier.call("+972501234567", twiml=HELLO, timeout=5, status_callback=application.url("/status"))
    last = application.wait_for("/status")[0]

    assert last.fields["CallStatus"] == status
    assert last.fields["SipResponseCode"] == code
    assert last.fields["CallDuration"] == "0"
    ended = carrier.ended(call.sid)
    assert (ended.status, ended.duration) == (status, None)


def test_a_phone_that_rings_longer_than_the_timeout_is_not_answered(carrier: Carrier) -> None:
    carrier.phone("+972501234567", {"answer_after": 20})

    call = carrier.call("+972501234567", twiml=HELLO, timeout=10)

    assert carrier.ended(call.sid).status == "no-answer"


def test_a_call_ends_at_its_time_limit(carrier: Carrier) -> None:
    call = carrier.call("+972501234567", twiml=WAIT, time_limit=4)

    assert carrier.ended(call.sid).status == "completed"


def test_the_next_script_of_a_phone_is_for_its_next_call(carrier: Carrier) -> None:
    carrier.phone("+972501234567", {"behaviour": "busy"}, {"behaviour": "answer", "answer_after": 0})

    endings = [carrier.ended(carrier.call("+972501234567", twiml=HELLO).sid).status for _ in range(3)]

    assert endings == ["busy", "completed", "completed"]


def test_a_call_in_the_queue_can_be_canceled(carrier: Carrier, application: Application) -> None:
    carrier.configure(calls_per_second=0.01)
    carrier.call("+972501234567", twiml=HELLO)

    queued = carrier.call(
        "+972501234568", twiml=HELLO, status_callback=application.url("/status"), status_callback_event=EVENTS
    )
    assert int(queued.queue_time) > 90_000
    carrier.rest.calls(queued.sid).update(status="canceled")

    assert statuses(application.wait_for("/status")) == ["canceled"]
    assert carrier.ledger()[-1]["rang"] is None


def test_canceling_leaves_an_answered_call_alone_and_completing_ends_it(carrier: Carrier) -> None:
    call = carrier.call("+972501234567", twiml=WAIT)
    until(lambda: carrier.rest.calls(call.sid).fetch().status == "in-progress")

    assert carrier.rest.calls(call.sid).update(status="canceled").status == "in-progress"
    carrier.rest.calls(call.sid).update(status="completed")

    assert carrier.ended(call.sid).status == "completed"


def test_completing_a_ringing_call_cancels_it(carrier: Carrier) -> None:
    carrier.phone("+972501234567", {"behaviour": "no_answer"})
    call = carrier.call("+972501234567", twiml=WAIT, timeout=600)
    until(lambda: carrier.rest.calls(call.sid).fetch().status == "ringing")

    carrier.rest.calls(call.sid).update(status="completed")

    assert carrier.ended(call.sid).status == "canceled"


def test_a_live_call_follows_where_it_is_redirected(carrier: Carrier, application: Application) -> None:
    url = application.answer("/other", "<Response><Hangup/></Response>")
    call = carrier.call("+972501234567", twiml=WAIT)
    until(lambda: carrier.rest.calls(call.sid).fetch().status == "in-progress")

    carrier.rest.calls(call.sid).update(twiml=WAIT)
    carrier.rest.calls(call.sid).update(url=url)

    assert carrier.ended(call.sid).status == "completed"
    assert application.on("/other", CallSid=call.sid)


def test_a_finished_call_takes_no_update(carrier: Carrier) -> None:
    call = carrier.call("+972501234567", twiml="<Response/>")
    carrier.ended(call.sid)

    with pytest.raises(TwilioRestException) as refused:
        carrier.rest.calls(call.sid).update(status="completed")

    assert (refused.value.status, refused.value.code) == (400, 21220)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "12345"}, 21211),
        ({"to": "+0501234567"}, 21211),
        ({"from_": ""}, 21213),
        ({"from_": "Ringback"}, 21212),
        ({"from_": "+15005550007"}, 21210),
        ({"twiml": ""}, 21205),
        ({"twiml": "", "url": "/relative"}, 21205),
        ({"url": "http://under_score.example.com/"}, 21205),
        ({"status_callback": "not a url"}, 21205),
        ({"twiml": "", "application_sid": "AP1"}, 21218),
        ({"status_callback_event": ["ringing answered"]}, 21626),
    ],
)
def test_a_refused_call_rings_nobody_and_says_why(carrier: Carrier, given: dict[str, object], code: int) -> None:
    carrier.configure(numbers={OURS: {}})

    with pytest.raises(TwilioRestException) as refused:
        carrier.call(**{"to": "+972501234567", "twiml": HELLO, **given})  # type: ignore[arg-type]  # odd on purpose

    assert (refused.value.status, refused.value.code) == (400, code)
    assert carrier.ledger() == []


def test_a_number_that_does_not_exist_is_refused(carrier: Carrier) -> None:
    carrier.phone("+972501234567", {"behaviour": "invalid"})

    with pytest.raises(TwilioRestException) as refused:
        carrier.call("+972501234567", twiml=HELLO)

    assert refused.value.code == 21211


@pytest.mark.parametrize(("sid", "token"), [(ACCOUNT_SID, "wrong"), ("AC" + "0" * 32, "wrong")])
def test_wrong_credentials_are_refused(carrier: Carrier, sid: str, token: str) -> None:
    stranger = a_client(carrier.base, sid=sid, token=token)

    with pytest.raises(TwilioRestException) as refused:
        stranger.calls.create(to="+972501234567", from_=OURS, twiml=HELLO)

    assert (refused.value.status, refused.value.code) == (401, 20003)
    stranger.http_client.session.close()


def test_what_does_not_exist_is_not_found(carrier: Carrier) -> None:
    for look in (
        carrier.rest.calls("CA" + "0" * 32).fetch,
        carrier.rest.messages("SM" + "0" * 32).fetch,
        carrier.rest.conferences("CF" + "0" * 32).fetch,
        carrier.rest.conferences("nobody").participants("CA" + "0" * 32).fetch,
        carrier.rest.recordings("RE" + "0" * 32).fetch,
    ):
        with pytest.raises(TwilioRestException) as refused:
            look()
        assert (refused.value.status, refused.value.code) == (404, 20404)


def test_the_account_can_be_fetched(carrier: Carrier) -> None:
    assert carrier.rest.api.accounts(ACCOUNT_SID).fetch().status == "active"


def test_calls_are_listed_newest_first_and_filtered(carrier: Carrier) -> None:
    first = carrier.call("+972501234567", twiml=WAIT)
    second = carrier.call("+972501234567", twiml=WAIT, from_="+15005550009")
    third = carrier.call("+972501234568", twiml=WAIT)
    until(lambda: carrier.rest.calls(third.sid).fetch().status == "in-progress")
    until(lambda: carrier.rest.calls(first.sid).fetch().status == "in-progress")
    carrier.rest.calls(first.sid).update(status="completed")
    carrier.ended(first.sid)
    hour = timedelta(hours=1)

    def listed(**filters: object) -> list[str]:
        return [call.sid for call in carrier.rest.calls.list(**filters)]

    assert listed() == [third.sid, second.sid, first.sid]
    assert listed(to="+972501234567") == [second.sid, first.sid]
    assert listed(to="+972501234567", from_=OURS) == [first.sid]
    assert listed(status="completed") == [first.sid]
    assert listed(start_time_after=datetime.now(UTC) - hour, to="+972501234568") == [third.sid]
    assert listed(start_time_before=datetime.now(UTC) - hour) == []
    assert listed(start_time=datetime.now(UTC).date().isoformat(), to="+972501234568") == [third.sid]
    assert listed(end_time_after=datetime.now(UTC) - hour) == [first.sid]
    with pytest.raises(TwilioException):
        carrier.rest.calls.list(start_time="yesterday")


def test_a_long_list_comes_in_pages(carrier: Carrier) -> None:
    sids = [carrier.call("+972501234567", twiml=WAIT).sid for _ in range(7)]

    page = carrier.rest.calls.page(to="+972501234567", page_size=3)

    assert len(list(page)) == 3
    assert page.previous_page_url is None
    assert [call.sid for call in carrier.rest.calls.list(to="+972501234567", page_size=3)] == sids[::-1]


def test_the_ledger_has_a_row_for_every_call_to_a_phone(carrier: Carrier, application: Application) -> None:
    first = carrier.call("+972501234567", url=application.answer("/voice", HELLO) + "?attempt=t-1&x=1")
    second = carrier.call("+972501234568", twiml=WAIT, status_callback=application.url("/status", attempt="t-2"))
    third = carrier.call("+972501234569", twiml=WAIT)
    carrier.ended(first.sid)

    rows = carrier.ledger()

    assert [(row["sid"], row["to"], row["from"], row["attempt"], row["ending"]) for row in rows] == [
        (first.sid, "+972501234567", OURS, "t-1", "completed"),
        (second.sid, "+972501234568", OURS, "t-2", None),
        (third.sid, "+972501234569", OURS, None, None),
    ]
    moments = [datetime.strptime(row["at"], "%Y-%m-%dT%H:%M:%S.%f%z") for row in rows]
    assert moments == sorted(moments)


def test_a_phone_can_call_in(carrier: Carrier, application: Application) -> None:
    carrier.configure(voice_url=application.answer("/inbound", HELLO))

    call = carrier.control.post("/_sim/phones/+972501234567/calls", json={"to": OURS}).json()
    ended = carrier.ended(call["sid"])

    assert (ended.direction, ended.status) == ("inbound", "completed")
    asked = application.wait_for("/inbound")[0].fields
    assert (asked["From"], asked["To"], asked["CallStatus"]) == ("+972501234567", OURS, "ringing")
    assert carrier.ledger() == []


def test_an_inbound_call_can_be_rejected(carrier: Carrier, application: Application) -> None:
    url = application.answer("/inbound", '<Response><Reject reason="busy"/></Response>')
    carrier.configure(numbers={OURS: {"voice_url": url}})

    call = carrier.control.post("/_sim/phones/+972501234567/calls", json={"to": OURS}).json()

    assert carrier.ended(call["sid"]).status == "busy"


def test_four_hundred_calls_at_once_are_all_carried(carrier: Carrier, application: Application) -> None:
    for number in range(400):
        carrier.call(f"+9725010{number:05}", twiml="<Response/>", status_callback=application.url("/status"))

    told = application.wait_for("/status", count=400)

    assert set(statuses(told)) == {"completed"}
    assert len({one.fields["CallSid"] for one in told}) == 400
