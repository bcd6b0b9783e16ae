import pytest
from twilio.base.exceptions import TwilioRestException

from tests.integration.simulated_carrier import OURS, Application, Carrier, Received, until

CUSTOMER, AGENT, COLLEAGUE = "+972501234567", "+972501234568", "+972501234569"
EVENTS = "start end join leave mute hold"


def room(name: str, label: str, attributes: str = "", action: str = "/after") -> str:
    return (
        f'<Response><Dial action="{action}"><Conference statusCallback="/room" statusCallbackEvent="{EVENTS}"'
        f' participantLabel="{label}" {attributes}>{name}</Conference></Dial></Response>'
    )


def events(application: Application) -> list[str]:
    return [one.fields["StatusCallbackEvent"] for one in application.on("/room")]


def last(application: Application, event: str) -> Received:
    return application.wait_for("/room", StatusCallbackEvent=event)[-1]


def two_in(carrier: Carrier, application: Application, name: str = "r1") -> tuple[str, str]:
    """An agent and a customer in one room; the customer's leaving ends it."""
    agent = carrier.call(AGENT, url=application.answer("/agent", room(name, "agent")))
    last(application, "participant-join")
    document = room(name, "customer", 'endConferenceOnExit="true" startConferenceOnEnter="false"')
    customer = carrier.call(CUSTOMER, url=application.answer("/customer", document))
    last(application, "conference-start")
    return agent.sid, customer.sid


def test_a_room_starts_with_two_and_ends_with_the_customer(carrier: Carrier, application: Application) -> None:
    carrier.phone(CUSTOMER, {"talk": 15})
    application.answer("/after", "<Response><Hangup/></Response>")

    agent, customer = two_in(carrier, application)
    ended = last(application, "conference-end")
    carrier.ended(agent)

    assert events(application) == [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    told = application.on("/room")
    assert [one.fields["SequenceNumber"] for one in told] == ["0", "1", "2", "3", "4", "5"]
    assert len({one.fields["ConferenceSid"] for one in told}) == 1
    assert {one.fields["FriendlyName"] for one in told} == {"r1"}
    assert [one.fields.get("ParticipantLabel") for one in told] == ["agent", "customer", None, "customer", "agent", None]
    assert told[3].fields["ReasonParticipantLeft"] == "participant_hung_up"
    assert told[3].fields["ParticipantCallStatus"] == "completed"
    assert ended.fields["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert ended.fields["CallSidEndingConference"] == customer
    after = application.on("/after")
    assert [(one.fields["CallSid"], one.fields["DialCallStatus"]) for one in after] == [(agent, "answered")]


def test_a_room_waits_for_somebody_who_may_start_it(carrier: Carrier, application: Application) -> None:
    waiting = 'startConferenceOnEnter="false"'
    for number, label in ((CUSTOMER, "first"), (COLLEAGUE, "second")):
        carrier.call(number, url=application.answer(f"/{label}", room("r1", label, waiting)))
    application.wait_for("/room", count=2)
    sid = last(application, "participant-join").fields["ConferenceSid"]
    assert carrier.rest.conferences(sid).fetch().status == "init"

    carrier.call(AGENT, url=application.answer("/agent", room("r1", "agent")))

    last(application, "conference-start")
    assert carrier.rest.conferences(sid).fetch().status == "in-progress"


def test_an_agent_who_leaves_leaves_the_customer_waiting(carrier: Carrier, application: Application) -> None:
    agent, customer = two_in(carrier, application)

    carrier.rest.calls(agent).update(status="completed")
    left = last(application, "participant-leave")

    assert left.fields["ReasonParticipantLeft"] == "participant_updated_via_api"
    assert carrier.rest.calls(customer).fetch().status == "in-progress"
    assert [one.call_sid for one in carrier.rest.conferences("r1").participants.list()] == [customer]


def test_rooms_are_found_by_sid_always_and_by_name_while_open(carrier: Carrier, application: Application) -> None:
    two_in(carrier, application)
    by_name = carrier.rest.conferences("r1").fetch()
    assert [one.sid for one in carrier.rest.conferences.list()] == [by_name.sid]

    carrier.rest.conferences(by_name.sid).update(status="completed")
    ended = last(application, "conference-end")

    assert ended.fields["ReasonConferenceEnded"] == "conference-ended-via-api"
    assert carrier.rest.conferences(by_name.sid).fetch().status == "completed"
    assert carrier.rest.conferences.list() == []
    assert [one.sid for one in carrier.rest.conferences.list(status="completed")] == [by_name.sid]
    with pytest.raises(TwilioRestException) as refused:
        carrier.rest.conferences("r1").fetch()
    assert refused.value.code == 20404


def test_a_participant_is_muted_held_and_sent_away(carrier: Carrier, application: Application) -> None:
    agent, customer = two_in(carrier, application)
    participants = carrier.rest.conferences("r1").participants

    assert participants("customer").update(muted=True).muted is True
    assert participants(customer).update(hold=True).hold is True
    participants("agent").delete()

    assert last(application, "participant-mute").fields["CallSid"] == customer
    assert last(application, "participant-hold").fields["Muted"] == "true"
    assert last(application, "participant-leave").fields["CallSid"] == agent
    application.wait_for("/after", CallSid=agent)


def test_a_redirected_call_leaves_its_room(carrier: Carrier, application: Application) -> None:
    agent, customer = two_in(carrier, application)
    carrier.rest.calls(customer).update(url=application.answer("/sorry", '<Response><Pause length="60"/></Response>'))

    application.wait_for("/sorry", CallSid=customer)

    ended = last(application, "conference-end")
    assert ended.fields["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert application.on("/room", CallSid=customer)[-1].fields["ReasonParticipantLeft"] == "participant_updated_via_api"
    carrier.ended(agent)


def test_a_room_takes_no_label_twice_and_no_more_than_its_most(carrier: Carrier, application: Application) -> None:
    two_in(carrier, application)
    full = room("r1", "third", 'maxParticipants="2"', action="/refused")
    twice = room("r1", "agent", action="/refused")

    third = carrier.call(COLLEAGUE, url=application.answer("/third", full))
    fourth = carrier.call(COLLEAGUE, url=application.answer("/fourth", twice))

    refused = application.wait_for("/refused", count=2)
    assert {one.fields["DialCallStatus"] for one in refused} == {"failed"}
    assert carrier.state(third.sid)["errors"] == [13233]
    assert carrier.state(fourth.sid)["errors"] == [16025]


def test_a_participant_made_by_rest_rings_and_enters(carrier: Carrier, application: Application) -> None:
    participants = carrier.rest.conferences("r2").participants
    agent = participants.create(
        from_=OURS,
        to=AGENT,
        label="agent",
        status_callback=application.url("/leg", attempt="a1"),
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        conference_status_callback=application.url("/room"),
        conference_status_callback_event=["start", "join", "leave", "end"],
    )
    assert (agent.status, agent.label) == ("queued", "agent")
    last(application, "participant-join")
    customer = participants.create(from_=OURS, to=CUSTOMER, end_conference_on_exit=True)
    last(application, "conference-start")

    assert {one.status for one in participants.list()} == {"connected"}
    carrier.rest.calls(customer.call_sid).update(status="completed")

    last(application, "conference-end")
    assert carrier.ended(agent.call_sid).status == "completed"
    leg = application.wait_for("/leg", count=4)
    assert [one.fields["CallStatus"] for one in leg] == ["initiated", "ringing", "in-progress", "completed"]
    assert [row["attempt"] for row in carrier.ledger()] == ["a1", None]


def test_a_participant_who_does_not_answer_was_never_added(carrier: Carrier, application: Application) -> None:
    carrier.phone(AGENT, {"behaviour": "busy"})

    carrier.rest.conferences("r3").participants.create(
        from_=OURS,
        to=AGENT,
        conference_status_callback=application.url("/room"),
        conference_status_callback_event=["leave", "end"],
    )

    left = last(application, "participant-leave")
    assert left.fields["ReasonParticipantLeft"] == "participant_add_failed"
    assert left.fields["ParticipantCallStatus"] == "busy"
    last(application, "conference-end")


def test_a_second_participant_of_one_label_is_refused(carrier: Carrier) -> None:
    participants = carrier.rest.conferences("r4").participants
    participants.create(from_=OURS, to=AGENT, label="agent")

    with pytest.raises(TwilioRestException) as refused:
        participants.create(from_=OURS, to=CUSTOMER, label="agent")

    assert refused.value.code == 16025
    assert len(carrier.ledger()) == 1


def test_ending_a_room_stops_the_legs_that_still_ring(carrier: Carrier) -> None:
    carrier.phone(AGENT, {"behaviour": "no_answer"})
    leg = carrier.rest.conferences("r5").participants.create(from_=OURS, to=AGENT, timeout=600)
    until(lambda: carrier.rest.calls(leg.call_sid).fetch().status == "ringing")

    carrier.rest.conferences(leg.conference_sid).update(status="completed")

    assert carrier.ended(leg.call_sid).status == "canceled"
