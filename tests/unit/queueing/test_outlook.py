"""What a crew can do in the hours ahead, and how long a new callback waits for it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.availability.intervals import Interval
from orchestrator.queueing.outlook import Quarter, Shift, fits, prospects, quarters, time_to_finish

NINE = datetime(2026, 6, 7, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
SIX = 6 * MINUTE


def whole(start: datetime, length: timedelta, share: float = 1.0) -> Shift:
    return Shift((Interval(start, start + length),), share)


def crew(agents: int, length: timedelta = 2 * HOUR) -> list[Quarter]:
    return quarters([whole(NINE, length)] * agents, (Interval(NINE, NINE + length),), handling=SIX)


def test_quarters_hold_the_time_that_agents_work_while_the_queue_is_open() -> None:
    opening = (Interval(NINE + 10 * MINUTE, NINE + 30 * MINUTE), Interval(NINE + 45 * MINUTE, NINE + HOUR))

    known = quarters([whole(NINE, HOUR), whole(NINE + 20 * MINUTE, HOUR, share=0.5)], opening, handling=SIX)

    assert [(each.start - NINE, each.end - NINE) for each in known] == [
        (10 * MINUTE, 15 * MINUTE),
        (15 * MINUTE, 30 * MINUTE),
        (45 * MINUTE, HOUR),
    ]
    assert [each.planned for each in known] == [1, 2, 2]
    assert [round(each.agents, 3) for each in known] == [1, 1.333, 1.5]
    assert [round(each.capacity, 3) for each in known] == [0.833, 3.333, 3.75]


def test_so_many_callbacks_fit_as_the_crew_finishes_before_closing() -> None:
    assert fits(crew(5)) == 100
    assert fits(crew(0)) == 0


def test_a_new_callback_waits_for_all_but_the_last_free_hand() -> None:
    five = crew(5)

    waits = [prospects(five, {}, open_tasks=number, handling=SIX)[0].wait for number in (0, 4, 5, 9, 54, 103, 104)]

    assert waits[:2] == [timedelta(0), timedelta(0)]  # a hand is free, and nothing comes by chance
    assert waits[2] == SIX / 5  # one of five has to finish
    assert waits[3] == SIX
    assert waits[4] == HOUR
    assert waits[5] == 2 * HOUR - SIX / 5
    assert waits[6] is None  # the queue closes in this moment


def test_the_wait_runs_on_over_a_time_without_anybody() -> None:
    known = quarters([whole(NINE + HOUR, HOUR)], (Interval(NINE, NINE + 2 * HOUR),), handling=SIX)

    waits = [prospects(known, {}, open_tasks=number, handling=SIX)[0].wait for number in (0, 3, 10)]

    assert waits == [HOUR, HOUR + 3 * SIX, None]


def test_what_waits_grows_by_what_comes_and_shrinks_by_what_is_done() -> None:
    known = prospects(crew(2, HOUR), {NINE: 8.0, NINE + 15 * MINUTE: 8.0}, open_tasks=10, handling=SIX)

    assert [each.open for each in known] == [10, 13, 16, 11]
    assert [each.arrivals for each in known] == [8, 8, 0, 0]
    assert known[0].needed > known[3].needed


def test_a_quarter_that_has_begun_counts_for_its_rest_alone() -> None:
    known = quarters([whole(NINE, HOUR)], (Interval(NINE + 5 * MINUTE, NINE + 15 * MINUTE),), handling=SIX)

    assert [round(each.arrivals, 2) for each in prospects(known, {NINE: 6.0}, open_tasks=0, handling=SIX)] == [4.0]


@given(st.integers(0, 40), st.integers(0, 200))
def test_more_agents_never_lengthen_the_wait_and_more_work_never_shortens_it(agents: int, work: int) -> None:
    def wait(agents: int, work: int) -> timedelta:
        return prospects(crew(agents), {}, open_tasks=work, handling=SIX)[0].wait or timedelta(days=int(work >= agents))

    assert wait(agents + 1, work) <= wait(agents, work)
    assert wait(agents, work + 1) >= wait(agents, work)


@given(st.integers(1, 40), st.floats(0, 500))
def test_work_is_finished_when_the_capacity_until_then_is_used_up(agents: int, work: float) -> None:
    took = time_to_finish(crew(agents), work)

    if work > 20 * agents:
        assert took is None
    else:
        assert took is not None
        assert abs(took / SIX * agents - work) < 1e-3
