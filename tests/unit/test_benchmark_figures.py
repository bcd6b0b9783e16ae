"""A benchmark's figure is held against the floor of its own run."""

from benchmarks.figures import Figure, table


def test_a_ratio_is_met_from_the_goal_on() -> None:
    assert Figure("claims", "/s", 50, 100, ratio_goal=0.5).is_met
    assert not Figure("claims", "/s", 49, 100, ratio_goal=0.5).is_met


def test_a_figure_that_is_enough_by_itself_needs_no_ratio() -> None:
    fast = Figure("batches", "events/s", 10_000, 100_000, ratio_goal=0.25, enough=10_000)

    assert fast.is_met
    assert fast.goal == "≥ 0.25 or ≥ 10,000 events/s"


def test_a_time_is_met_up_to_its_limit() -> None:
    assert Figure("latency", "ms", 250, limit=250).is_met
    assert not Figure("latency", "ms", 251, limit=250).is_met


def test_the_table_shows_every_figure_beside_its_floor() -> None:
    lines = table([Figure("claims", "/s", 1234, 2000, ratio_goal=0.5), Figure("latency", "ms", 12.345, limit=250)]).splitlines()

    assert [line.split() for line in lines] == [
        ["what", "measured", "floor", "ratio", "goal", "met"],
        ["claims", "1,234", "/s", "2,000", "/s", "0.62", "≥", "0.5", "yes"],
        ["latency", "12.3", "ms", "–", "–", "≤", "250", "ms", "yes"],
    ]
