"""How times are written."""

from datetime import UTC, datetime

import pytest

from orchestrator.intake.timestamps import format_milliseconds, format_time, parse_time


@pytest.mark.parametrize(
    "text", ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.120Z", "2026-03-01T12:00:00.000001Z", "0001-01-01T00:00:00Z"]
)
def test_a_time_is_written_with_the_digits_it_needs_and_read_back(text: str) -> None:
    time = parse_time(text)

    assert time is not None
    assert time.tzinfo is UTC
    assert format_time(time) == text


def test_milliseconds_are_cut_and_never_rounded() -> None:
    assert format_milliseconds(datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)) == "2026-03-01T12:00:00.999Z"
    assert format_milliseconds(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "2026-03-01T12:00:00.000Z"
