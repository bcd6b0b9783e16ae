"""The hours that judge the dials and the hours that allow them are written apart; here they are held against each other."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.availability.calendars import Calendar, CalendarDocument, closure
from orchestrator.availability.calling_hours import CallingHours, CallingHoursDocument
from orchestrator.insights.brute_force import calendar_open, calling_allowed
from tests.unit.availability.brute import DAY, DAYS, EDGES, MINUTE, edge

SECOND = timedelta(seconds=1)


@st.composite
def windows_of_a_day(draw: st.DrawFn) -> list[str]:
    # Cut points in order make windows that do not overlap; the last may run past midnight or to its end.
    cuts = sorted(draw(st.lists(st.integers(0, 1439), min_size=2, max_size=4, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    end = draw(st.one_of(st.none(), st.just(1440), st.integers(0, pairs[0][0])))
    if end is not None and end != pairs[-1][0]:
        pairs[-1] = (pairs[-1][0], end)
    return [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in pairs]


weeks = st.fixed_dictionaries({}, optional={day: windows_of_a_day() for day in DAYS})
edges = st.builds(
    lambda zone, which, shift: (zone, edge(zone, which) + timedelta(minutes=shift)),
    st.sampled_from(sorted(EDGES)),
    st.integers(0, 1),
    st.integers(-1500, 300),
)


def dated(after: datetime) -> st.SearchStrategy[dict[str, object]]:
    days = st.integers(-1, 3).map(lambda shift: f"{after.date() + shift * DAY:%Y-%m-%d}")
    return st.dictionaries(days, st.one_of(st.just("closed"), windows_of_a_day()), max_size=2)


def some_instants(after: datetime, length: timedelta, step: int) -> list[datetime]:
    """Instants up to `length` after `after`, `step` minutes apart, and the second before each."""
    found = [after + minutes * MINUTE for minutes in range(0, int(length / MINUTE), step)]
    return [instant - shift for instant in found for shift in (timedelta(0), SECOND)]


@settings(max_examples=100, deadline=None)
@given(st.data(), edges, weeks)
def test_a_calendar_is_open_when_its_wall_clock_says_so(
    data: st.DataObject, where: tuple[str, datetime], weekly: dict[str, list[str]]
) -> None:
    zone, after = where
    written = {"calendar": "c", "zone": zone, "weekly": weekly, "days": data.draw(dated(after))}
    document = CalendarDocument.model_validate(written)
    begins, lasts = data.draw(st.tuples(st.integers(0, 3000), st.integers(1, 300)))
    closed = (after + begins * MINUTE, after + (begins + lasts) * MINUTE)

    hours = Calendar(document).open_times([closure(*closed)])

    for instant in some_instants(after, 2 * DAY, 11):
        assert calendar_open(document, instant, [closed]) == hours.open_at(instant), instant


@settings(max_examples=60, deadline=None)
@given(edges, weeks, st.sampled_from(sorted(EDGES)), st.sampled_from((0, 17, 60)))
def test_a_customer_may_be_called_when_every_wall_clock_says_so(
    where: tuple[str, datetime], weekly: dict[str, list[str]], other: str, margin: int
) -> None:
    zone, after = where
    zones = tuple(sorted({zone, other}))
    document = CallingHoursDocument.model_validate({"weekly": weekly})

    hours = CallingHours(document).at(zones, margin * MINUTE)

    for instant in some_instants(after, 2 * DAY, 53):
        assert calling_allowed(document, instant, zones, margin=margin * MINUTE) == hours.open_at(instant), instant


HOLIDAYS = {
    "IL": ("Asia/Jerusalem", (date(2026, 9, 10), date(2026, 9, 19), date(2026, 3, 31))),  # New Year, Yom Kippur, Passover
    "US": ("America/New_York", (date(2026, 7, 1), date(2026, 11, 24), date(2026, 12, 30))),
}
WEEK = {day: ["08:30-18:00", "21:00-02:00"] for day in DAYS[:6]}


@pytest.mark.parametrize("country", sorted(HOLIDAYS))
@pytest.mark.parametrize("eves", [None, ["08:30-13:00"], ["12:00-16:00", "22:00-01:30"]])
@pytest.mark.parametrize("closed", [True, False])
def test_holidays_and_their_eves_are_the_same_days(country: str, eves: Sequence[str] | None, closed: bool) -> None:
    zone, days = HOLIDAYS[country]
    holidays = {"country": country, "closed": closed, "eves": eves}
    document = CalendarDocument.model_validate({"calendar": "c", "zone": zone, "weekly": WEEK, "holidays": holidays})

    hours = Calendar(document).open_times()

    for day in days:
        for instant in some_instants(datetime(day.year, day.month, day.day, tzinfo=UTC), 4 * DAY, 30):
            assert calendar_open(document, instant) == hours.open_at(instant), instant


def test_a_margin_is_kept_from_a_gap_inside_it_too() -> None:
    document = CallingHoursDocument.model_validate({"weekly": {day: ["09:00-12:00", "12:30-20:00"] for day in DAYS}})
    noon = datetime(2026, 6, 9, 12, tzinfo=UTC)
    hour = timedelta(hours=1)

    asked = [
        noon - hour - SECOND,
        noon - hour,
        noon + 40 * MINUTE,
        noon + 90 * MINUTE,
        noon + 7 * hour - SECOND,
        noon + 7 * hour,
    ]

    assert [calling_allowed(document, at, ["Etc/UTC"], margin=hour) for at in asked] == [True, False, False, True, True, False]


def test_an_open_ended_close_never_ends() -> None:
    document = CalendarDocument.model_validate(
        {"calendar": "c", "zone": "Etc/UTC", "weekly": {day: ["00:00-24:00"] for day in DAYS}}
    )
    fire = datetime(2026, 6, 9, 12, tzinfo=UTC)

    asked = (fire - SECOND, fire, fire + 900 * DAY)

    assert [calendar_open(document, at, [(fire, None)]) for at in asked] == [True, False, False]
