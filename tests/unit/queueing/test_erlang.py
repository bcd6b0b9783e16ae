"""Erlang's waiting times: against printed values, and against what must hold for any load."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.queueing.erlang import Load, abandoned, agents_needed, answered_within, chance_of_waiting, mean_wait

BUSY_HALF_HOUR = Load(calls=100, within=timedelta(minutes=30), handling=timedelta(seconds=180))
SECOND = timedelta(seconds=1)

loads = st.builds(
    Load,
    calls=st.floats(0.01, 3_000),
    within=st.just(timedelta(hours=1)),
    handling=st.floats(20, 1_200).map(lambda seconds: timedelta(seconds=seconds)),
)
crews = st.integers(1, 500)


@pytest.mark.parametrize(("agents", "printed"), [(12, "0.449"), (13, "0.285"), (14, "0.174")])
def test_the_chance_of_waiting_is_the_printed_one(agents: int, printed: str) -> None:
    assert f"{chance_of_waiting(agents, BUSY_HALF_HOUR):.3f}" == printed


@pytest.mark.parametrize(("agents", "printed"), [(12, "64"), (13, "79.6"), (14, "88.8")])
def test_the_share_answered_within_twenty_seconds_is_the_printed_one(agents: int, printed: str) -> None:
    places = len(printed.partition(".")[2])

    assert f"{100 * answered_within(agents, BUSY_HALF_HOUR, 20 * SECOND):.{places}f}" == printed


@pytest.mark.parametrize(("agents", "printed"), [(12, "6.2"), (10, "13.7")])
def test_the_share_that_gives_up_is_the_printed_one(agents: int, printed: str) -> None:
    assert f"{100 * abandoned(agents, BUSY_HALF_HOUR, 120 * SECOND):.1f}" == printed


def test_one_agent_is_the_queue_whose_answer_is_known() -> None:
    half_busy = Load(calls=10, within=timedelta(hours=1), handling=timedelta(minutes=3))

    assert math.isclose(chance_of_waiting(1, half_busy), 0.5)
    assert mean_wait(1, half_busy) == timedelta(minutes=3)  # load / (1 - load) handling times


def test_as_many_agents_are_needed_as_answer_the_share_and_one_fewer_does_not() -> None:
    assert agents_needed(BUSY_HALF_HOUR, share=0.8, patience=20 * SECOND) == 14
    assert agents_needed(BUSY_HALF_HOUR, share=0.79, patience=20 * SECOND) == 13
    assert agents_needed(Load(0, timedelta(hours=1), timedelta(minutes=3)), share=0.9, patience=SECOND) == 0


def test_more_work_than_agents_can_do_makes_everybody_wait_ever_longer() -> None:
    assert chance_of_waiting(10, BUSY_HALF_HOUR) == 1
    assert answered_within(10, BUSY_HALF_HOUR, timedelta(hours=1)) == 0
    assert mean_wait(10, BUSY_HALF_HOUR) is None


def test_nobody_waits_where_nobody_calls() -> None:
    nothing = Load(0, timedelta(hours=1), timedelta(minutes=3))

    assert (chance_of_waiting(0, nothing), answered_within(0, nothing, SECOND)) == (0, 1)
    assert (mean_wait(0, nothing), abandoned(0, nothing, SECOND)) == (timedelta(0), 0)


@given(crews, loads)
def test_another_agent_never_makes_anybody_wait_longer(agents: int, load: Load) -> None:
    assert chance_of_waiting(agents + 1, load) <= chance_of_waiting(agents, load) + 1e-12
    assert answered_within(agents + 1, load, 20 * SECOND) >= answered_within(agents, load, 20 * SECOND) - 1e-12
    assert abandoned(agents + 1, load, 60 * SECOND) <= abandoned(agents, load, 60 * SECOND) + 1e-9


@given(crews, loads, st.floats(1.001, 3))
def test_more_calls_never_make_anybody_wait_less(agents: int, load: Load, more: float) -> None:
    heavier = Load(load.calls * more, load.within, load.handling)

    assert chance_of_waiting(agents, heavier) >= chance_of_waiting(agents, load) - 1e-12
    assert answered_within(agents, heavier, 20 * SECOND) <= answered_within(agents, load, 20 * SECOND) + 1e-12


@given(crews, loads)
def test_every_share_is_a_share(agents: int, load: Load) -> None:
    shares = [
        chance_of_waiting(agents, load),
        answered_within(agents, load, 20 * SECOND),
        abandoned(agents, load, 120 * SECOND),
    ]

    assert all(math.isfinite(share) and -1e-9 <= share <= 1 + 1e-9 for share in shares)


def test_five_hundred_agents_are_counted_without_overflow() -> None:
    crowd = Load(calls=4_800, within=timedelta(minutes=30), handling=timedelta(seconds=180))

    assert 0.2 < chance_of_waiting(500, crowd) < 0.3
    assert agents_needed(crowd, share=0.8, patience=20 * SECOND) == 490
    assert 0.05 < abandoned(450, crowd, 120 * SECOND) < 0.1  # hardly less than the tenth or so that cannot be served
