"""Silence and explosion on made traffic: steady, with the week's pattern, over changes of the clock, stopped, and rising."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import comb, exp
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.insights.unusual import Found, Levels, Trouble, Unusual, explosion, silence
from orchestrator.insights.usual import QUARTER, WEEKS, WINDOWS, Stretch, at_least, at_most, quarter_of, same_before, usual_of

JERUSALEM = ZoneInfo("Asia/Jerusalem")
BEGIN = datetime(2026, 1, 4, tzinfo=UTC)
HISTORY = timedelta(weeks=WEEKS + 1)
WEEK = timedelta(weeks=1)
LEVELS = Levels()
LOOK = timedelta(minutes=75)  # between two looks: each quarter of the hour has its turn
HOURLY = 4  # quarters in an hour

Rate = Callable[[datetime], float]  # moments an hour


def steady(an_hour: float) -> Rate:
    return lambda _: an_hour


def week_of_a_shop(an_hour: float) -> Rate:
    """By clocks in Jerusalem: busy by day, next to nothing by night, Friday's morning alone, nothing on Saturday."""

    def rate(at: datetime) -> float:
        local = at.astimezone(JERUSALEM)
        closes = {4: 14, 5: 0}.get(local.weekday(), 22)
        return an_hour if 8 <= local.hour < closes else an_hour / 100

    return rate


class Traffic:
    """Moments by quarters of an hour, drawn by chance at a rate."""

    def __init__(self, rate: Rate, *, weeks: int, seed: int, begin: datetime = BEGIN) -> None:
        random, self.begin = Random(seed), begin
        quarters = int(weeks * WEEK / QUARTER)
        self.counts = [poisson(random, rate(begin + number * QUARTER) / HOURLY) for number in range(quarters)]
        self._settle()

    def change(self, at: datetime, times: float) -> None:
        """From `at` on, come so many times as many."""
        first = self._number(at)
        self.counts[first:] = [int(count * times) for count in self.counts[first:]]
        self._settle()

    def found(self, until: datetime, zone: ZoneInfo = JERUSALEM) -> list[Found]:
        return [self._found(Stretch(until - length, until), zone) for length in WINDOWS]

    def _found(self, stretch: Stretch, zone: ZoneInfo) -> Found:
        before = [self._in(each) for each in same_before(stretch, zone) if each.since >= self.begin]
        return Found(stretch, self._in(stretch), 0, usual_of(before))

    def _in(self, stretch: Stretch) -> int:
        return self._sums[self._number(stretch.until)] - self._sums[self._number(stretch.since)]

    def _number(self, at: datetime) -> int:
        return round((at - self.begin) / QUARTER)

    def _settle(self) -> None:
        self._sums = [0, *accumulate(self.counts)]


def poisson(random: Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(random.gauss(mean, mean**0.5)))
    limit, product, count = exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count


def looks(since: datetime, length: timedelta) -> Iterator[datetime]:
    return (since + number * LOOK for number in range(int(length / LOOK) + 1))


def judged(found: Sequence[Found]) -> Unusual | None:
    return silence(found, LEVELS) or explosion(found, LEVELS, calls_an_hour=None)


@pytest.mark.parametrize("an_hour", [0.05, 0.5, 2, 8, 30, 130, 800])
def test_steady_traffic_raises_no_alarm_in_fifteen_weeks(an_hour: float) -> None:
    traffic = Traffic(steady(an_hour), weeks=WEEKS + 16, seed=3)

    assert [at for at in looks(BEGIN + HISTORY, 15 * WEEK) if judged(traffic.found(at)) is not None] == []


@pytest.mark.parametrize("an_hour", [3, 130])
def test_nights_fridays_and_changes_of_the_clock_raise_no_alarm(an_hour: float) -> None:
    traffic = Traffic(week_of_a_shop(an_hour), weeks=48, seed=7)  # both changes of 2026 lie within

    assert [at for at in looks(BEGIN + HISTORY, 38 * WEEK) if judged(traffic.found(at)) is not None] == []


def test_on_a_clock_that_does_not_change_the_same_shop_would_seem_silent() -> None:
    traffic, spring = Traffic(week_of_a_shop(130), weeks=14, seed=7), datetime(2026, 3, 27, tzinfo=UTC)

    assert any(judged(traffic.found(at, ZoneInfo("Etc/UTC"))) is not None for at in looks(spring, WEEK))


@pytest.mark.parametrize("an_hour", [40, 130, 800])
@pytest.mark.parametrize("seed", range(5))
def test_a_busy_rule_that_stops_is_found_within_the_hour_and_so_is_its_return(an_hour: float, seed: int) -> None:
    traffic, stops = Traffic(steady(an_hour), weeks=WEEKS + 2, seed=seed), BEGIN + HISTORY + timedelta(hours=3)
    rest = Traffic(steady(an_hour), weeks=WEEKS + 2, seed=seed + 100)
    returns = stops + timedelta(hours=5)
    traffic.counts = [
        0 if stops <= BEGIN + number * QUARTER < returns else (count, after)[BEGIN + number * QUARTER >= returns]
        for number, (count, after) in enumerate(zip(traffic.counts, rest.counts, strict=True))
    ]
    traffic.change(BEGIN, 1)

    unusual = [judged(traffic.found(stops + timedelta(minutes=minutes))) for minutes in (0, 60, 300)]
    later = judged(traffic.found(returns + timedelta(hours=2)))

    assert [each and each.trouble for each in unusual] == [None, Trouble.SILENT, Trouble.SILENT]
    assert later is None


@pytest.mark.parametrize("seed", range(5))
def test_ten_times_the_usual_is_an_explosion_within_the_hour_and_half_as_many_again_is_none(seed: int) -> None:
    rises = BEGIN + HISTORY + timedelta(hours=3)
    often, more = (Traffic(steady(40), weeks=WEEKS + 2, seed=seed) for _ in range(2))
    often.change(rises, 10)
    more.change(rises, 1.5)

    found = judged(often.found(rises + timedelta(minutes=45)))

    assert found is not None
    assert found.trouble is Trouble.EXPLODING
    assert all(judged(more.found(rises + timedelta(hours=hours))) is None for hours in range(24))


def test_with_one_week_of_past_nothing_is_told() -> None:
    traffic = Traffic(steady(130), weeks=2, seed=1)
    traffic.change(BEGIN + WEEK, 0)

    assert judged(traffic.found(BEGIN + WEEK + timedelta(hours=5))) is None


def test_with_two_weeks_of_past_a_busy_rule_that_stops_is_told() -> None:
    traffic = Traffic(steady(130), weeks=4, seed=1)
    traffic.change(BEGIN + 3 * WEEK + timedelta(days=4), 0)

    found = judged(traffic.found(BEGIN + 3 * WEEK + timedelta(days=4, hours=3)))

    assert found is not None
    assert found.trouble is Trouble.SILENT


def test_an_outage_in_one_of_the_weeks_before_hides_no_outage_of_today() -> None:
    stretch = Stretch(BEGIN, BEGIN + timedelta(hours=1))

    assert silence([Found(stretch, 0, 0, usual_of([130, 0, 128, 141, 125, 133, 137, 129]))], LEVELS) is not None


@pytest.mark.parametrize(("cases", "calls_an_hour", "told"), [(25, 24, 24), (24, 24, None), (19, 12, None), (900, None, None)])
def test_more_cases_than_all_agents_could_call_are_an_explosion_at_any_age(
    cases: int, calls_an_hour: int | None, told: int | None
) -> None:
    young = Found(Stretch(BEGIN, BEGIN + timedelta(hours=1)), cases, cases, None)

    found = explosion([young], LEVELS, calls_an_hour=calls_an_hour)

    assert (found.calls if found else None) == told


@given(st.integers(0, 300), st.floats(0.1, 5000), st.floats(0.25, 2))
def test_the_two_tails_are_one_whole(count: int, mean: float, spread: float) -> None:
    below, above = at_most(count, mean, spread), at_least(count + 1, mean, spread)

    assert 0 <= below <= 1
    assert 0 <= above <= 1
    assert below + above == pytest.approx(1)
    assert at_most(count + 1, mean, spread) >= below


@given(st.integers(0, 60), st.integers(1, 60))
def test_the_tail_is_that_of_the_negative_binomial_distribution(count: int, mean: int) -> None:
    shape = 16  # a spread of a quarter
    share = shape / (shape + mean)
    told = sum(comb(shape + number - 1, number) * share**shape * (1 - share) ** number for number in range(count + 1))

    assert at_most(count, mean, 0.25) == pytest.approx(told)


def test_the_same_hour_is_that_of_the_clock_on_both_sides_of_its_change() -> None:
    monday = datetime(2026, 3, 30, 6, tzinfo=UTC)  # nine by Israel's summer clock, which began on Friday

    (before, *_) = same_before(Stretch(monday - timedelta(hours=1), monday), JERUSALEM)

    assert before.until == datetime(2026, 3, 23, 7, tzinfo=UTC)


@given(st.timedeltas(timedelta(0), 5000 * WEEK / 10))
def test_a_quarter_begins_at_most_fifteen_minutes_before(after: timedelta) -> None:
    at = BEGIN + after
    begin = quarter_of(at)

    assert timedelta(0) <= at - begin < QUARTER
    assert (begin.minute % 15, begin.second, begin.microsecond) == (0, 0, 0)
