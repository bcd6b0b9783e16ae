import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from tests.integration.simulated_carrier import OURS, Application, Carrier, a_client, statuses, until

CUSTOMER = "+972501234567"
HELLO = "<Response><Say>Hello.</Say></Response>"
EVENTS = ["initiated", "ringing", "answered", "completed"]


@pytest.mark.parametrize(("kind", "code"), [("429", 20429), ("500", 20500), ("503", 20503)])
def test_a_refused_request_did_nothing_and_the_next_one_works(carrier: Carrier, kind: str, code: int) -> None:
    carrier.faults({"kind": kind, "times": 1, "path": "*/Calls.json"})

    with pytest.raises(TwilioRestException) as refused:
        carrier.call(CUSTOMER, twiml=HELLO)
    assert (refused.value.status, refused.value.code) == (int(kind), code)
    assert carrier.ledger() == []

    carrier.call(CUSTOMER, twiml=HELLO)

    assert len(carrier.ledger()) == 1


@pytest.mark.parametrize("kind", ["500", "503"])
def test_a_server_error_may_come_after_the_work(carrier: Carrier, kind: str) -> None:
    carrier.faults({"kind": kind, "processed": True})

    with pytest.raises(TwilioRestException):
        carrier.call(CUSTOMER, twiml=HELLO)

    assert len(carrier.ledger()) == 1


def test_an_accepted_call_can_lose_its_answer(carrier: Carrier, application: Application) -> None:
    carrier.faults({"kind": "accept_and_drop", "times": 1})

    with pytest.raises(requests.exceptions.ConnectionError):
        carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/status", attempt="a1"))

    assert application.wait_for("/status")[0].query["attempt"] == "a1"
    assert [row["attempt"] for row in carrier.ledger()] == ["a1"]
    assert [call.to for call in carrier.rest.calls.list(to=CUSTOMER, from_=OURS)] == [CUSTOMER]


def test_a_dropped_request_did_nothing(carrier: Carrier) -> None:
    carrier.faults({"kind": "drop_before", "times": 1})

    with pytest.raises(requests.exceptions.ConnectionError):
        carrier.call(CUSTOMER, twiml=HELLO)

    assert carrier.ledger() == []
    assert carrier.call(CUSTOMER, twiml=HELLO).status == "queued"


def test_a_slow_carrier_outlasts_a_short_timeout(carrier: Carrier) -> None:
    carrier.faults({"kind": "slow", "seconds": 0.5, "times": 1})
    hasty = a_client(carrier.base, timeout=0.1)

    with pytest.raises(requests.exceptions.ReadTimeout):
        hasty.calls.create(to=CUSTOMER, from_=OURS, twiml=HELLO)

    assert len(until(carrier.ledger)) == 1
    hasty.http_client.session.close()


def test_a_held_answer_comes_when_it_is_released(carrier: Carrier) -> None:
    carrier.faults({"kind": "hold", "times": 1, "method": "POST"})
    answered = threading.Event()

    with ThreadPoolExecutor() as pool:
        placing = pool.submit(carrier.call, CUSTOMER, twiml=HELLO)
        placing.add_done_callback(lambda _: answered.set())
        until(lambda: carrier.control.get("/_sim/faults").json()["held"] == 1)
        sid = carrier.ledger()[0]["sid"]
        carrier.ended(sid)
        assert not answered.is_set()
        carrier.control.post("/_sim/release")

        assert placing.result(timeout=20).sid == sid


def test_the_first_callback_may_come_before_the_answer(carrier: Carrier, application: Application) -> None:
    carrier.faults({"kind": "before_response"})

    call = carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/status"), status_callback_event=EVENTS)

    assert application.on("/status")[0].fields["CallSid"] == call.sid


def test_a_callback_may_come_twice(carrier: Carrier, application: Application) -> None:
    carrier.faults({"kind": "twice", "path": "/status", "times": 1})

    carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/status"), status_callback_event=EVENTS)
    told = application.wait_for("/status", count=5)

    assert statuses(told) == ["initiated", "initiated", "ringing", "in-progress", "completed"]
    assert told[0].fields == told[1].fields
    assert told[0].headers["I-Twilio-Idempotency-Token"] == told[1].headers["I-Twilio-Idempotency-Token"]


def test_callbacks_may_change_places(carrier: Carrier, application: Application) -> None:
    carrier.faults({"kind": "out_of_order", "to": CUSTOMER})

    carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/status"), status_callback_event=EVENTS)
    told = application.wait_for("/status", count=4)

    assert statuses(told) == ["completed", "initiated", "ringing", "in-progress"]
    assert [one.fields["SequenceNumber"] for one in told] == ["3", "0", "1", "2"]


def test_a_late_callback_is_overtaken(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"answer_after": 0})
    carrier.faults({"kind": "late", "seconds": 3, "times": 1})

    carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/status"), status_callback_event=EVENTS)
    told = application.wait_for("/status", count=4)

    assert statuses(told) == ["ringing", "in-progress", "completed", "initiated"]


def test_a_callback_may_never_come(carrier: Carrier, application: Application) -> None:
    carrier.faults({"kind": "never", "path": "/lost"})
    lost = carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/lost"))
    carrier.ended(lost.sid)

    carrier.call(CUSTOMER, twiml=HELLO, status_callback=application.url("/status"))
    application.wait_for("/status")

    assert application.on("/lost") == []


def test_a_fault_strikes_by_a_seeded_die(carrier: Carrier) -> None:
    def struck() -> list[bool]:
        carrier.faults({"kind": "429", "probability": 0.5}, seed=7)
        return [not _works(carrier) for _ in range(20)]

    first = struck()

    assert 0 < sum(first) < 20
    assert struck() == first


def test_a_fault_is_limited_to_its_number_and_method(carrier: Carrier) -> None:
    carrier.faults({"kind": "500", "to": "+972501234568", "method": "POST"})

    call = carrier.call(CUSTOMER, twiml=HELLO)

    assert carrier.rest.calls(call.sid).fetch().sid == call.sid
    with pytest.raises(TwilioRestException):
        carrier.call("+972501234568", twiml=HELLO)


def test_a_fault_can_be_named_by_its_kind(carrier: Carrier) -> None:
    short = {"500": {"times": 1, "path": "/Calls"}, "twice": {}}

    state = carrier.control.put("/_sim/faults", json=short).raise_for_status().json()

    assert [(fault["kind"], fault["times"]) for fault in state["faults"]] == [("500", 1), ("twice", None)]
    assert not _works(carrier)
    assert _works(carrier)


def test_cleared_faults_strike_no_more(carrier: Carrier) -> None:
    carrier.faults({"kind": "500", "times": 5})
    assert not _works(carrier)
    state = carrier.control.get("/_sim/faults").json()
    assert [(fault["kind"], fault["struck"]) for fault in state["faults"]] == [("500", 1)]

    carrier.control.delete("/_sim/faults")

    assert _works(carrier)
    assert carrier.control.get("/_sim/faults").json()["faults"] == []


def _works(carrier: Carrier) -> bool:
    try:
        carrier.call(CUSTOMER, twiml=HELLO)
    except TwilioRestException:
        return False
    return True
