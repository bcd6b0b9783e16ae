"""Durations and shares as rules write them."""

from datetime import timedelta
from fractions import Fraction

import pytest

from orchestrator.detection.durations import format_duration, format_share, parse_duration, parse_pause, parse_share


@pytest.mark.parametrize(
    ("text", "duration"),
    [("1s", timedelta(seconds=1)), ("20m", timedelta(minutes=20)), ("48h", timedelta(days=2)), ("7d", timedelta(days=7))],
)
def test_a_duration_is_one_number_and_one_unit(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    "text", ["0s", "00s", "01s", "", "s", "1", "1w", "1M", "1 s", "-1s", "1.5h", "1h30m", "1s\n", "١s", "9" * 5000 + "s"]
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="a duration"):
        parse_duration(text)


def test_a_pause_may_be_none_at_all() -> None:
    assert parse_pause("0s") == timedelta(0)
    assert format_duration(timedelta(0)) == "0s"
    with pytest.raises(ValueError, match="a duration"):
        parse_pause("0m")


@pytest.mark.parametrize(
    ("text", "share"), [("0%", Fraction(0)), ("5%", Fraction(1, 20)), ("2.5%", Fraction(1, 40)), ("100%", Fraction(1))]
)
def test_a_share_is_a_percentage(text: str, share: Fraction) -> None:
    assert parse_share(text) == share
    assert parse_share(format_share(share)) == share


@pytest.mark.parametrize("text", ["101%", "100.1%", "-1%", "5", "%", "5 %", ".5%", "1e1%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a share"):
        parse_share(text)
