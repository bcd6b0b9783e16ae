"""What the plan does after each result of a try."""

from datetime import timedelta

import pytest

from orchestrator.availability.purposes import Medium
from orchestrator.escalations.plan import Again, Delays, Onward, PlanStep, Result, StepKind, follow

NO_ANSWER, BUSY, MACHINE = timedelta(hours=2), timedelta(minutes=10), timedelta(hours=4)


def a_step(*, tries: int = 2) -> PlanStep:
    return PlanStep(kind=StepKind.CALL, queue="sales", delays=Delays(NO_ANSWER, BUSY, MACHINE), tries=tries)


@pytest.mark.parametrize(
    ("result", "delay"),
    [
        (Result.NO_ANSWER, NO_ANSWER),
        (Result.BUSY, BUSY),
        (Result.MACHINE, MACHINE),
        (Result.VOICEMAIL, MACHINE),
        (Result.FAILED, NO_ANSWER),
        (Result.UNKNOWN, NO_ANSWER),
    ],
)
def test_while_a_try_is_left_the_step_is_repeated_after_the_results_own_pause(result: Result, delay: timedelta) -> None:
    assert follow(a_step(), tries=0, result=result) == Again(delay)


@pytest.mark.parametrize("result", [Result.NO_ANSWER, Result.BUSY, Result.MACHINE, Result.FAILED, Result.REFUSED])
def test_after_the_last_try_the_next_step_comes_at_once(result: Result) -> None:
    assert follow(a_step(), tries=1, result=result) == Onward()


def test_after_an_unclear_call_even_the_next_step_waits_as_if_it_had_rung() -> None:
    assert follow(a_step(tries=1), tries=0, result=Result.UNKNOWN) == Onward(NO_ANSWER)


@pytest.mark.parametrize("result", [Result.INVALID_NUMBER, Result.WRONG_NUMBER])
def test_a_wrong_number_is_not_tried_again(result: Result) -> None:
    assert follow(a_step(tries=5), tries=0, result=result) == Onward()


@pytest.mark.parametrize("result", [Result.CALL_AGAIN, Result.NOT_PLACED])
def test_who_was_reached_or_never_rung_has_not_used_up_a_try(result: Result) -> None:
    answer = follow(a_step(tries=1), tries=0, result=result)

    assert isinstance(answer, Again)
    assert not answer.counted


def test_every_result_has_an_answer() -> None:
    assert all(isinstance(follow(a_step(), tries=0, result=result), Again | Onward) for result in Result)


def test_each_kind_of_step_has_its_medium() -> None:
    media = {kind: kind.medium for kind in StepKind}

    assert media == {
        StepKind.CALLBACK: Medium.VOICE_PERSON,
        StepKind.CALL: Medium.VOICE_RECORDED,
        StepKind.MESSAGE: Medium.SMS,
    }
