"""What customers are told about a call that is coming."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.escalations.words import Language, Text, When, language_of, template, words

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
JERUSALEM = ZoneInfo("Asia/Jerusalem")


def told(due_in: timedelta, *, zone: ZoneInfo | None = JERUSALEM, language: Language = Language.ENGLISH) -> str:
    return words(Text.PROMISE, language, When(due_at=NOW + due_in, now=NOW, zone=zone))


def test_the_time_is_said_as_the_customers_clock_shows_it() -> None:
    assert "by 14:30" in told(timedelta(minutes=30))
    assert "עד השעה 14:30" in told(timedelta(minutes=30), language=Language.HEBREW)


def test_another_day_is_named() -> None:
    assert "by 11:00 on Thursday" in told(timedelta(hours=21))
    assert "יום חמישי בשעה 11:00" in told(timedelta(hours=21), language=Language.HEBREW)


def test_a_day_a_week_away_is_named_by_its_date() -> None:
    assert "on 25.11.2026" in told(timedelta(days=7))


@pytest.mark.parametrize(
    ("due_in", "said"),
    [
        (timedelta(minutes=30), "within 30 minutes"),
        (timedelta(hours=2), "within 2 hours"),
        (timedelta(minutes=150), "within 150 minutes"),
        (timedelta(hours=1), "within an hour"),
    ],
)
def test_without_a_known_zone_it_is_said_how_long_it_takes(due_in: timedelta, said: str) -> None:
    assert said in told(due_in, zone=None)


def test_a_time_too_near_for_the_clock_is_said_in_seconds() -> None:
    assert "within 45 seconds" in told(timedelta(seconds=45))


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("he", Language.HEBREW),
        ("he-IL", Language.HEBREW),
        ("iw_IL", Language.HEBREW),
        ("en-GB", Language.ENGLISH),
        ("fr", Language.ENGLISH),
        (None, Language.ENGLISH),
        (7, Language.ENGLISH),
    ],
)
def test_a_customers_language_is_ours_or_english(tag: object, language: Language) -> None:
    assert language_of(tag) is language


def test_every_text_has_words_in_every_language() -> None:
    when = When(due_at=NOW + timedelta(hours=1), now=NOW, zone=None)
    said = {words(text, language, when) for text in Text for language in Language}

    assert len(said) == len(Text) * len(Language)
    assert not any("{" in each for each in said)


def test_an_unknown_template_still_has_words() -> None:
    assert (
        template("no-such", Language.HEBREW)
        != template("no-such", Language.ENGLISH)
        != template("finish-link", Language.ENGLISH)
    )
