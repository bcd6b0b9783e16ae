"""The table of transitions."""

import pytest

from orchestrator.escalations.states import TRANSITIONS, IllegalTransition, State, check_transition


def test_every_state_but_closed_can_be_closed() -> None:
    assert all(State.CLOSED in TRANSITIONS[state] for state in State if state is not State.CLOSED)


@pytest.mark.parametrize("after", list(State))
def test_nothing_leads_out_of_closed(after: State) -> None:
    with pytest.raises(IllegalTransition):
        check_transition(State.CLOSED, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [(State.OPEN, State.CONNECTED), (State.QUEUED, State.DIALING), (State.WAITING, State.WRAPPING)],
)
def test_no_step_on_the_way_to_a_talk_is_left_out(before: State, after: State) -> None:
    with pytest.raises(IllegalTransition):
        check_transition(before, after)


@pytest.mark.parametrize("state", [state for state in State if state is not State.CLOSED])
def test_staying_is_no_transition(state: State) -> None:
    check_transition(state, state)


def test_every_state_is_reached_from_open() -> None:
    reached, frontier = {State.OPEN}, {State.OPEN}
    while frontier:
        frontier = {after for state in frontier for after in TRANSITIONS[state]} - reached
        reached |= frontier

    assert reached == set(State)
