"""A back-test's hours as bars: which hour they stand for, how high they are, and what does not fit."""

from datetime import UTC, datetime, timedelta

from api.pages.rules.backtest_charts import Hour, chart, week

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def hour(at: datetime, *, calls: int = 0, agents: float = 0) -> Hour:
    return Hour(at, calls, calls, agents)


def test_a_short_period_has_a_bar_for_each_hour_on_the_readers_clock() -> None:
    hours = [hour(MONDAY + timedelta(hours=7), calls=4, agents=2)]

    shown = chart(hours, since=MONDAY, until=MONDAY + timedelta(days=1), zone="Asia/Jerusalem")

    assert len(shown.bars) == 24
    assert shown.bars[0].hour == 2
    assert [(bar.hour, bar.calls_share, bar.agents_share) for bar in shown.bars if bar.calls] == [(9, 1.0, 0.5)]
    assert shown.over == 1


def test_the_bars_of_a_short_period_fill_whole_steps_of_the_axis() -> None:
    shown = chart([], since=MONDAY + timedelta(minutes=30), until=MONDAY + timedelta(days=1, minutes=30), zone="UTC")

    assert (len(shown.bars), shown.step) == (27, 3)


def test_a_long_period_has_the_mean_of_each_time_of_day() -> None:
    hours = [hour(MONDAY + timedelta(days=day, hours=9), calls=3, agents=1) for day in range(2)]

    shown = chart(hours, since=MONDAY, until=MONDAY + timedelta(days=4), zone="UTC")

    assert len(shown.bars) == 24
    assert (shown.bars[9].calls, shown.bars[9].agents) == (1.5, 0.5)
    assert shown.busiest is shown.bars[9]


def test_many_agents_do_not_make_the_calls_unseen() -> None:
    shown = chart([hour(MONDAY, calls=2, agents=100)], since=MONDAY, until=MONDAY + timedelta(hours=2), zone="UTC")

    assert (shown.top, shown.bars[0].agents_share) == (6, 1.0)
    assert shown.over == 0


def test_nothing_found_is_a_chart_without_a_busiest_hour() -> None:
    shown = chart([], since=MONDAY, until=MONDAY + timedelta(days=7), zone="UTC")

    assert (shown.busiest, shown.over, shown.top) == (None, 0, 1.0)


def test_a_week_is_shaded_by_its_highest_mean() -> None:
    hours = [hour(MONDAY + timedelta(hours=9), calls=10), hour(MONDAY + timedelta(days=1, hours=9), calls=1)]

    shown = week(hours, since=MONDAY, until=MONDAY + timedelta(days=7), zone="UTC")

    assert [shown[day][9].level for day in range(3)] == [5, 1, 0]
    assert week(hours, since=MONDAY, until=MONDAY + timedelta(days=6), zone="UTC") == []
