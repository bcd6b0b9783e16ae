from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.availability.limits import Period
from orchestrator.availability.periods import period_at

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("period", "zone", "now", "start", "end"),
    [
        ("hour", "Asia/Jerusalem", "2026-06-09T12:34:56Z", "2026-06-09T12:00Z", "2026-06-09T13:00Z"),
        ("hour", "Asia/Kolkata", "2026-06-09T12:34:56Z", "2026-06-09T12:30Z", "2026-06-09T13:30Z"),
        ("hour", "UTC", "2026-06-09T13:00Z", "2026-06-09T13:00Z", "2026-06-09T14:00Z"),
        ("day", "Asia/Jerusalem", "2026-06-09T20:59Z", "2026-06-08T21:00Z", "2026-06-09T21:00Z"),
        ("day", "Asia/Jerusalem", "2026-06-09T21:00Z", "2026-06-09T21:00Z", "2026-06-10T21:00Z"),
        ("day", "Asia/Jerusalem", "2026-03-27T12:00Z", "2026-03-26T22:00Z", "2026-03-27T21:00Z"),  # 23 hours
        ("day", "America/New_York", "2026-11-01T12:00Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),  # 25 hours
        ("day", "America/Sao_Paulo", "2018-11-04T12:00Z", "2018-11-04T03:00Z", "2018-11-05T02:00Z"),  # begins at 01:00
    ],
)
def test_a_period_is_that_of_the_centres_clock(period: str, zone: str, now: str, start: str, end: str) -> None:
    expected = (datetime.fromisoformat(start), datetime.fromisoformat(end))

    assert tuple(period_at(Period(period), datetime.fromisoformat(now), ZoneInfo(zone))) == expected


@given(
    seconds=st.integers(1_514_764_800, 1_893_456_000),
    period=st.sampled_from(Period),
    zone=st.sampled_from(["UTC", "Asia/Jerusalem", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"]),
)
def test_every_instant_lies_in_its_period(seconds: int, period: Period, zone: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)

    start, end = period_at(period, now, ZoneInfo(zone))

    assert start <= now < end
    assert period is Period.DAY or end - start == HOUR
