"""How values read on a page, in both languages."""

from datetime import UTC, datetime, timedelta

import pytest

from api.pages.filters import filters_of, name, tame, tel
from api.pages.languages import locale_of

MOMENT = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


@pytest.fixture(params=["en", "he"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_clock_shows_the_time_of_the_zone(language: str) -> None:
    clock = filters_of(locale_of(language))["clock"]

    assert clock(MOMENT, "Asia/Jerusalem") == "00:30"
    assert clock(MOMENT, "America/New_York") == "17:30"


def test_a_day_is_the_one_of_the_zone_in_the_readers_words() -> None:
    assert filters_of(locale_of("en"))["day"](MOMENT, "Asia/Jerusalem") == "Mon, Mar 2"
    assert filters_of(locale_of("he"))["day"](MOMENT, "UTC") == "יום א׳, 1 במרץ"


def test_how_long_ago_something_was_is_said_in_words() -> None:
    now = MOMENT + timedelta(minutes=3)

    assert filters_of(locale_of("en"))["ago"](MOMENT, now) == "3 minutes ago"
    assert filters_of(locale_of("he"))["ago"](MOMENT, now) == "לפני 3 דקות"


def test_numbers_and_shares_are_written_as_the_language_does() -> None:
    filters = filters_of(locale_of("en"))

    assert filters["number"](1234567.5) == "1,234,567.5"
    assert filters["percent"](0.42) == "42%"
    assert filters["span"](timedelta(minutes=95)) == "2 hr"


def test_a_telephone_number_is_spaced_and_stays_left_to_right() -> None:
    assert tel("+972501234567") == '<bdi dir="ltr" class="tel">+972 50-123-4567</bdi>'


def test_a_masked_number_stays_as_it_is() -> None:
    assert "•••67" in tel("•••67")


def test_no_number_prints_nothing() -> None:
    assert tel(None) == ""


def test_a_name_is_escaped_and_kept_apart() -> None:
    assert name("<b>\u202eNoa") == "<bdi>&lt;b&gt;Noa</bdi>"


@pytest.mark.parametrize("unruly", ["\u202e", "\u202d", "\u2066", "\u2069", "\u202a", "\u0000", "\u001b", "\u0085"])
def test_characters_that_reorder_or_hide_are_not_printed(unruly: str) -> None:
    assert tame(f"a{unruly}b") == "ab"


def test_marks_and_line_breaks_of_honest_text_stay() -> None:
    assert tame("שלום\u200f!\nline\ttab") == "שלום\u200f!\nline\ttab"


def test_nothing_prints_nothing() -> None:
    assert tame(None) == ""


@pytest.mark.parametrize(
    ("reader", "tag", "read"),
    [("en", "he", "Hebrew"), ("he", "en-GB", "אנגלית"), ("en", "iw", "Hebrew"), ("en", "xx-what", "xx-what")],
)
def test_a_language_is_named_in_the_readers_own(reader: str, tag: str, read: str) -> None:
    assert filters_of(locale_of(reader))["tongue"](tag) == read
