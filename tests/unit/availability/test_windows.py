from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.availability.hours import spans
from orchestrator.availability.intervals import FOREVER, Interval, NaiveTime, difference, intersection, narrow, union
from orchestrator.availability.windows import (
    Always,
    Difference,
    Fixed,
    Intersection,
    LocalWindows,
    Narrowed,
    Remembered,
    Windows,
    earliest,
    starting,
)
from tests.unit.availability.brute import DAY, DAYS, EDGES, MINUTE, edge, is_open, minutes, weekly_on

START = datetime(2026, 6, 7, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def between(*hours: float) -> tuple[Interval, ...]:
    return tuple(Interval(at(a), at(b)) for a, b in zip(hours[::2], hours[1::2], strict=True))


def local(zone: str, weekly: dict[str, list[str]]) -> LocalWindows:
    return LocalWindows(ZoneInfo(zone), lambda day: spans(list(weekly_on(weekly, day))))


def on(zone: str, day: date, *windows: str) -> list[str]:
    """Show what a date's windows become, in UTC."""
    found = LocalWindows(ZoneInfo(zone), lambda _: spans(windows)).on(day)
    return [f"{start:%d %H:%M}-{end:%d %H:%M}" for start, end in found]


@st.composite
def windows_of_a_day(draw: st.DrawFn) -> list[str]:
    # Cut points in order make windows that do not overlap; the last may run past midnight.
    cuts = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=4, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    if draw(st.booleans()):
        pairs[-1] = (pairs[-1][0], draw(st.integers(0, pairs[0][0])))
    return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs if a != b]


weeks = st.fixed_dictionaries({}, optional={day: windows_of_a_day() for day in DAYS})
edges = st.builds(
    lambda zone, which, shift: (zone, edge(zone, which) + timedelta(minutes=shift)),
    st.sampled_from(sorted(EDGES)),
    st.integers(0, 1),
    st.integers(-1500, 300),
)


@settings(max_examples=80, deadline=None)
@given(edges, weeks)
def test_hours_are_open_in_exactly_the_minutes_the_wall_clock_says(
    where: tuple[str, datetime], weekly: dict[str, list[str]]
) -> None:
    zone, after = where
    before = after + 2 * DAY

    found = local(zone, weekly).between(after, before)

    opened = {minute for interval in found for minute in minutes(*interval)}
    assert opened == {minute for minute in minutes(after, before) if is_open(weekly, ZoneInfo(zone), minute)}


@settings(max_examples=50, deadline=None)
@given(edges, weeks, weeks, st.sampled_from(sorted(EDGES)))
def test_the_earliest_common_instant_is_the_one_found_by_stepping(
    where: tuple[str, datetime], ours: dict[str, list[str]], theirs: dict[str, list[str]], other: str
) -> None:
    zone, after = where
    before = after + 3 * DAY

    found = earliest([local(zone, ours), local(other, theirs)], after=after, before=before)

    stepped = (
        minute
        for minute in minutes(after, before)
        if is_open(ours, ZoneInfo(zone), minute) and is_open(theirs, ZoneInfo(other), minute)
    )
    assert found == next(stepped, None)


@settings(max_examples=40, deadline=None)
@given(edges, weeks, st.integers(1, 90))
def test_narrowed_hours_leave_out_every_minute_too_near_a_closed_one(
    where: tuple[str, datetime], weekly: dict[str, list[str]], margin: int
) -> None:
    zone, after = where
    before = after + DAY

    found = Remembered(Narrowed(local(zone, weekly), margin * MINUTE)).between(after, before)

    wide = {m for m in minutes(after - 2 * margin * MINUTE, before + 2 * margin * MINUTE) if is_open(weekly, ZoneInfo(zone), m)}
    expected = {m for m in minutes(after, before) if all(m + shift * MINUTE in wide for shift in range(-margin, margin + 1))}
    assert {minute for interval in found for minute in minutes(*interval)} == expected


@settings(max_examples=40, deadline=None)
@given(edges, weeks, st.integers(0, 3000), st.integers(1, 3000))
def test_what_is_remembered_by_day_is_what_was_asked_at_once(
    where: tuple[str, datetime], weekly: dict[str, list[str]], skip: int, length: int
) -> None:
    zone, after = where
    hours = local(zone, weekly)
    begin = after + skip * MINUTE

    assert Remembered(hours).between(begin, begin + length * MINUTE) == hours.between(begin, begin + length * MINUTE)


def test_a_start_in_a_skipped_hour_begins_at_the_first_instant_after_it() -> None:
    # Clocks in Jerusalem go from 02:00 to 03:00, which is 00:00 UTC.
    assert on("Asia/Jerusalem", date(2026, 3, 27), "02:30-05:00") == ["27 00:00-27 02:00"]


def test_a_window_wholly_inside_a_skipped_hour_is_skipped() -> None:
    assert on("Asia/Jerusalem", date(2026, 3, 27), "02:15-02:45") == []


def test_a_window_that_ends_in_a_skipped_hour_ends_as_the_hour_is_skipped() -> None:
    assert on("Asia/Jerusalem", date(2026, 3, 27), "01:00-02:30") == ["26 23:00-27 00:00"]


def test_a_repeated_hour_is_open_twice() -> None:
    # Clocks in Jerusalem go from 02:00 back to 01:00, at 23:00 UTC the evening before.
    assert on("Asia/Jerusalem", date(2026, 10, 25), "01:15-01:45") == ["24 22:15-24 22:45", "24 23:15-24 23:45"]


def test_a_repeated_half_hour_is_open_twice() -> None:
    assert on("Australia/Lord_Howe", date(2026, 4, 5), "01:30-02:00") == ["04 14:30-04 15:30"]


def test_a_skipped_half_hour_shortens_the_window() -> None:
    assert on("Australia/Lord_Howe", date(2026, 10, 4), "01:00-03:00") == ["03 14:30-03 16:00"]


def test_an_overnight_window_belongs_to_the_date_it_begins_on() -> None:
    saturday = local("Asia/Jerusalem", {"sat": ["21:00-02:00"]})

    assert saturday.between(START - DAY, START + DAY) == (Interval(START - 6 * 60 * MINUTE, START - 60 * MINUTE),)


def test_a_date_that_never_was_has_no_windows_but_the_night_into_the_next() -> None:
    assert on("Pacific/Apia", date(2011, 12, 30), "09:00-17:00") == []
    assert on("Pacific/Apia", date(2011, 12, 30), "22:00-02:00") == ["30 10:00-30 12:00"]


def test_a_day_set_back_over_midnight_stays_open_for_the_hour_it_repeats() -> None:
    assert on("America/Sao_Paulo", date(2018, 2, 17), "22:00-24:00") == ["18 00:00-18 03:00"]


def test_windows_are_half_open() -> None:
    window = Fixed(Interval(at(1), at(2)))

    assert [window.open_at(instant) for instant in (at(1) - MINUTE, at(1), at(2) - MINUTE, at(2))] == [False, True, True, False]


def test_sets_merge_what_touches_and_cut_what_overlaps() -> None:
    assert union(between(1, 2, 5, 6), between(2, 3)) == between(1, 3, 5, 6)
    assert intersection(between(1, 4, 5, 8), between(3, 6)) == between(3, 4, 5, 6)
    assert difference(between(1, 4, 5, 8), between(0, 2, 3, 6)) == between(2, 3, 6, 8)
    assert narrow(between(1, 4, 5, 6), timedelta(hours=1)) == between(2, 3)


def test_no_instant_is_found_where_hours_only_touch() -> None:
    gates: list[Windows] = [Fixed(Interval(at(1), at(2))), Fixed(Interval(at(2), at(3)))]

    assert earliest(gates, after=at(0), before=at(9)) is None


def test_the_search_reaches_far_and_stops_before_its_end() -> None:
    gate = starting(at(24 * 300))

    assert earliest([gate], after=at(0), before=at(24 * 400)) == at(24 * 300)
    assert earliest([gate], after=at(0), before=at(24 * 300)) is None


def test_always_open_but_for_a_close_opens_as_the_close_ends() -> None:
    gate = Intersection(Difference(Always(), Fixed(Interval(at(-5), at(7)))), Always())

    assert earliest([gate], after=at(0), before=FOREVER) == at(7)


def test_times_without_an_offset_are_refused() -> None:
    naive = datetime(2026, 6, 7)  # noqa: DTZ001  # that is the point

    with pytest.raises(NaiveTime):
        earliest([Always()], after=naive, before=at(1))
    with pytest.raises(NaiveTime):
        Always().open_at(naive)
    with pytest.raises(NaiveTime):
        Fixed(Interval(naive, naive))


def test_times_of_any_offset_are_the_instants_they_name() -> None:
    gate = Fixed(Interval(at(1), at(2)))
    eastward = at(0).astimezone(timezone(timedelta(hours=9)))

    assert earliest([gate], after=eastward, before=at(9)) == at(1)
