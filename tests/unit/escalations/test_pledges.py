"""When promises are renewed, and how they end."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.escalations.pledges import Ended, end_at_close, end_at_connection, renewal_time
from orchestrator.escalations.states import Outcome, PromiseState

SAID = datetime(2026, 11, 18, 12, tzinfo=UTC)
DUE = SAID + timedelta(minutes=30)


def test_an_apology_comes_five_minutes_before_a_long_promise_breaks() -> None:
    assert renewal_time(said_at=SAID, due_at=DUE) == DUE - timedelta(minutes=5)


def test_an_apology_comes_in_the_last_quarter_of_a_short_promise() -> None:
    assert renewal_time(said_at=SAID, due_at=SAID + timedelta(minutes=4)) == SAID + timedelta(minutes=3)


def test_a_call_that_connects_at_the_due_time_keeps_the_promise() -> None:
    assert end_at_connection(connected_at=DUE, due_at=DUE) == Ended(PromiseState.KEPT, "connected")


def test_a_call_that_connects_later_does_not() -> None:
    late = end_at_connection(connected_at=DUE + timedelta(microseconds=1), due_at=DUE)

    assert late == Ended(PromiseState.BROKEN, "late")


@pytest.mark.parametrize("outcome", [Outcome.RESOLVED_BY_CUSTOMER, Outcome.OPTED_OUT, Outcome.DECLINED, Outcome.CANCELED])
def test_who_no_longer_waits_for_the_call_releases_the_promise(outcome: Outcome) -> None:
    assert end_at_close(PromiseState.OPEN, outcome, at=SAID, due_at=DUE) == Ended(PromiseState.RELEASED, outcome.value)


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.EXPIRED, Outcome.SUPPRESSED, Outcome.FAILED])
def test_a_case_that_ends_without_a_call_breaks_the_promise_and_says_why(outcome: Outcome) -> None:
    assert end_at_close(PromiseState.OPEN, outcome, at=SAID, due_at=DUE) == Ended(PromiseState.BROKEN, outcome.value)


def test_an_agent_who_says_what_came_of_it_in_time_has_kept_the_promise() -> None:
    in_time = end_at_close(PromiseState.OPEN, Outcome.SOLVED, at=DUE, due_at=DUE)
    late = end_at_close(PromiseState.OPEN, Outcome.SOLVED, at=DUE + timedelta(seconds=1), due_at=DUE)

    assert (in_time.state, late.state) == (PromiseState.KEPT, PromiseState.BROKEN)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_words_that_never_went_out_were_no_promise(outcome: Outcome) -> None:
    assert end_at_close(PromiseState.WRITTEN, outcome, at=SAID, due_at=DUE).state is PromiseState.UNSAID


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_gives_an_open_promise_a_named_end(outcome: Outcome) -> None:
    ended = end_at_close(PromiseState.OPEN, outcome, at=SAID, due_at=DUE)

    assert ended.state in {PromiseState.KEPT, PromiseState.BROKEN, PromiseState.RELEASED}
