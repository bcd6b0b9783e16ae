from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.telephony import attempts
from orchestrator.telephony.attempts import LATER, NEVER, NOW, Patience, Report
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Farewell
from tests.unit.telephony.rows import START, an_agents_leg, an_attempt, at

FINALS = [CallStatus.COMPLETED, CallStatus.BUSY, CallStatus.NO_ANSWER, CallStatus.FAILED, CallStatus.CANCELED]
PATIENCE = Patience(
    ring=timedelta(seconds=30), queued=timedelta(seconds=10), quiet=timedelta(minutes=15), poll=timedelta(seconds=30)
)

Fact = Callable[[AttemptRow], object]


def told(status: CallStatus, sequence: int, **given: Any) -> Fact:
    report = Report(status, at(sequence), sequence=sequence, **given)
    return lambda attempt: attempts.apply(attempt, report)


def facts_of(attempt: AttemptRow) -> dict[str, Any]:
    names = ("state", "ending", "call_status", "sequence", "ringing_at", "answered_at", "answered_by", "pressed", "duration")
    return {name: getattr(attempt, name) for name in (*names, "sip_code", "submitted_at")}


@st.composite
def calls(draw: st.DrawFn) -> list[Fact]:
    """What is told about one call, in the order in which it happened."""
    final = draw(st.sampled_from(FINALS))
    story = [told(CallStatus.INITIATED, 0)]
    if draw(st.booleans()) or final in (CallStatus.COMPLETED, CallStatus.NO_ANSWER):
        story.append(told(CallStatus.RINGING, 1))
    if final is CallStatus.COMPLETED:
        story.append(told(CallStatus.IN_PROGRESS, 2))
        verdict = draw(st.sampled_from([None, "human", "machine_end_beep", "unknown"]))
        key = draw(st.sampled_from([None, NOW, LATER, NEVER])) if not attempts.is_machine(verdict) else None
        story += [lambda attempt: attempts.hear(attempt, verdict, at(5))] if verdict else []
        story += [lambda attempt: attempts.press(attempt, key)] if key else []
    return [*story, told(final, 3, duration=7, sip_code=200)]


@given(calls(), st.data())
def test_callbacks_in_any_order_and_number_lead_to_the_same_row(story: list[Fact], data: st.DataObject) -> None:
    in_order, in_disorder = an_attempt(), an_attempt()
    repeats = data.draw(st.lists(st.sampled_from(story), max_size=4))
    disorder = data.draw(st.permutations(story + repeats))

    for fact in story:
        fact(in_order)
    for fact in disorder:
        fact(in_disorder)

    assert facts_of(in_disorder) == facts_of(in_order)


@given(calls(), st.sampled_from([*CallStatus]))
def test_an_attempt_that_has_ended_never_goes_back(story: list[Fact], late: CallStatus) -> None:
    attempt = an_attempt()
    for fact in story:
        fact(attempt)
    before = (attempt.call_status, attempt.ended_at)

    moved = attempts.apply(attempt, Report(late, at(60)))

    assert not moved
    assert attempt.state is AttemptState.ENDED
    assert (attempt.call_status, attempt.ended_at) == before


@pytest.mark.parametrize(
    ("status", "facts", "ending"),
    [
        (CallStatus.COMPLETED, {}, Ending.COMPLETED),
        (CallStatus.COMPLETED, {"answered_by": "machine_end_beep"}, Ending.MACHINE),
        (CallStatus.COMPLETED, {"answered_by": "fax"}, Ending.MACHINE),
        (CallStatus.COMPLETED, {"answered_by": "unknown"}, Ending.COMPLETED),
        (CallStatus.COMPLETED, {"answered_by": "machine_end_beep", "pressed": NOW}, Ending.COMPLETED),
        (CallStatus.COMPLETED, {"pressed": NOW, "farewell": Farewell.APOLOGY}, Ending.ABANDONED),
        (CallStatus.COMPLETED, {"farewell": Farewell.APOLOGY, "joined_at": START}, Ending.COMPLETED),
        (CallStatus.BUSY, {}, Ending.BUSY),
        (CallStatus.NO_ANSWER, {}, Ending.NO_ANSWER),
        (CallStatus.FAILED, {}, Ending.FAILED),
        (CallStatus.FAILED, {"sip_code": 404}, Ending.FAILED),
        (CallStatus.FAILED, {"sip_code": 604}, Ending.INVALID_NUMBER),
        (CallStatus.CANCELED, {"ringing_at": START}, Ending.CANCELED),
        (CallStatus.CANCELED, {"cancel_requested_at": START}, Ending.CANCELED),
        (CallStatus.CANCELED, {}, Ending.NOT_PLACED),
    ],
)
def test_each_final_status_has_its_ending(status: CallStatus, facts: dict[str, Any], ending: Ending) -> None:
    attempt = an_attempt(**facts)

    attempts.apply(attempt, Report(status, at(9), sequence=3))

    assert attempt.ending is ending


def test_a_call_that_never_rang_is_no_dial() -> None:
    attempt = an_attempt()

    attempts.apply(attempt, Report(CallStatus.CANCELED, at(12)))

    assert attempt.submitted_at is None


def test_the_answer_to_the_post_does_not_move_a_call_back_that_rings_already() -> None:
    attempt = an_attempt()
    attempts.apply(attempt, Report(CallStatus.RINGING, at(1), sequence=1))

    moved = attempts.apply(attempt, Report(CallStatus.QUEUED, at(2)))

    assert not moved
    assert attempt.state is AttemptState.RINGING


def test_a_callback_settles_an_attempt_whose_answer_was_lost() -> None:
    attempt = an_attempt()
    attempts.doubt(attempt, at(1))

    attempts.apply(attempt, Report(CallStatus.RINGING, at(2), sequence=1))

    assert attempt.state is AttemptState.RINGING
    assert attempt.unknown_since is None


def test_an_attempt_given_up_as_unknown_still_learns_how_it_ended() -> None:
    attempt = an_attempt()
    attempts.doubt(attempt, at(1))
    attempts.end(attempt, Ending.UNKNOWN, at(900))

    moved = attempts.apply(attempt, Report(CallStatus.NO_ANSWER, at(950), sequence=2))

    assert not moved
    assert attempt.ending is Ending.NO_ANSWER


def test_an_unclear_attempt_counts_as_a_dial_and_a_refused_one_does_not() -> None:
    unclear, refused = an_attempt(), an_attempt()

    attempts.doubt(unclear, at(1))
    attempts.end(refused, Ending.REFUSED, at(1), error_code=21215)

    assert unclear.submitted_at is not None
    assert refused.submitted_at is None


def test_doubt_comes_too_late_once_the_call_is_known() -> None:
    attempt = an_attempt()
    attempts.apply(attempt, Report(CallStatus.QUEUED, at(1)))

    assert not attempts.doubt(attempt, at(30))
    assert attempt.state is AttemptState.SUBMITTED


def test_a_machine_is_to_be_told_the_message() -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED)

    attempts.hear(attempt, "machine_end_beep", at(8))

    assert attempt.farewell is Farewell.MACHINE
    assert attempt.cancel_requested_at == at(8)


@pytest.mark.parametrize("verdict_first", [True, False])
def test_a_key_proves_a_person_whatever_detection_says(verdict_first: bool) -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED)
    facts: list[Callable[[], object]] = [
        lambda: attempts.hear(attempt, "machine_end_beep", at(8)),
        lambda: attempts.press(attempt, NOW),
    ]

    for fact in facts if verdict_first else reversed(facts):
        fact()

    assert attempt.cancel_requested_at is None
    assert attempt.farewell is None


@pytest.mark.parametrize("digits", ["", "3", "12", "*"])
def test_keys_that_mean_nothing_are_not_taken(digits: str) -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED)

    assert not attempts.press(attempt, digits)
    assert attempts.press(attempt, LATER)
    assert attempt.pressed == LATER


@pytest.mark.parametrize(
    ("agent", "customer", "joined"),
    [
        ((0, None), (1, None), True),
        ((0, None), (None, None), False),
        ((0, 2), (1, None), True),
        ((0, 1), (2, None), False),
        ((3, None), (0, 5), True),
        ((3, None), (0, 2), False),
    ],
    ids=["both in", "one in", "one left later", "left before", "left after", "missed"],
)
def test_people_have_met_who_were_in_the_room_at_one_time(
    agent: tuple[int | None, int | None], customer: tuple[int | None, int | None], joined: bool
) -> None:
    one = an_agents_leg(room_entered=agent[0], room_left=agent[1])
    other = an_attempt(room_entered=customer[0], room_left=customer[1])

    assert attempts.together(one, other) is joined


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        ({"state": AttemptState.PREPARED}, 30),
        ({"state": AttemptState.SUBMITTING}, 30),
        ({"state": AttemptState.SUBMITTED}, 10),
        ({"state": AttemptState.RINGING, "ringing_at": at(3)}, 43),
        ({"state": AttemptState.CONNECTED, "answered_at": at(5)}, 35),
        ({"state": AttemptState.CONNECTED, "answered_at": at(5), "looked_at": at(60)}, 90),
        ({"state": AttemptState.UNKNOWN, "unknown_since": at(1)}, 3),
        ({"state": AttemptState.UNKNOWN, "unknown_since": at(1), "looked_at": at(890)}, 901),
    ],
)
def test_the_carrier_is_asked_when_it_has_been_silent_too_long(facts: dict[str, Any], seconds: float) -> None:
    assert attempts.look_again_at(an_attempt(**facts), PATIENCE) == at(seconds)


def test_nobody_asks_about_an_attempt_that_has_ended() -> None:
    assert attempts.look_again_at(an_attempt(state=AttemptState.ENDED), PATIENCE) is None


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"state": AttemptState.RINGING, "call_sid": "CA1"}, True),
        ({"state": AttemptState.PREPARED}, True),
        ({"state": AttemptState.UNKNOWN}, False),
        ({"state": AttemptState.ENDED, "call_sid": "CA1"}, False),
        ({"state": AttemptState.CONNECTED, "call_sid": "CA1", "stopped_at": START}, False),
        ({"state": AttemptState.CONNECTED, "call_sid": "CA1", "pressed": NEVER}, False),
        ({"state": AttemptState.CONNECTED, "call_sid": "CA1", "cancel_requested_at": None}, False),
    ],
    ids=["rings", "prepared", "no call known", "ended", "stopped already", "hears goodbye", "wanted"],
)
def test_a_call_is_stopped_once_and_only_while_there_is_one(facts: dict[str, Any], wanted: bool) -> None:
    asked: datetime = at(1)

    assert attempts.wants_stop(an_attempt(**{"cancel_requested_at": asked} | facts)) is wanted
