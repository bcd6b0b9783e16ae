"""The sentences of a why-card: counted and dated as each language does it, and to nobody's gender."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.escalations.words import Language
from orchestrator.insights.why_counted import ago
from orchestrator.insights.why_times import by_when
from orchestrator.insights.why_words import happened, why_now
from orchestrator.intake.catalogue import EVENT_TYPES

EN, HE = Language.ENGLISH, Language.HEBREW
JERUSALEM, NEW_YORK = ZoneInfo("Asia/Jerusalem"), ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 23, 10, tzinfo=UTC)  # in Jerusalem; in New York it is five in the morning


@pytest.mark.parametrize(
    ("signs", "english", "hebrew"),
    [
        (1, "Lost in help.", "Lost in help."),
        (2, "Lost in help, with 1 more sign.", "Lost in help ועוד סימן אחד."),
        (3, "Lost in help, with 2 more signs.", "Lost in help ועוד שני סימנים."),
        (12, "Lost in help, with 11 more signs.", "Lost in help ועוד 11 סימנים."),
    ],
)
def test_further_signs_are_counted_in_the_form_their_number_has(signs: int, english: str, hebrew: str) -> None:
    assert why_now("Lost in help", EN, last=None, signs=signs) == english
    assert why_now("Lost in help", HE, last=None, signs=signs) == hebrew


@pytest.mark.parametrize(
    ("span", "english", "hebrew"),
    [
        (timedelta(seconds=59), "just now", "זה עתה"),
        (timedelta(minutes=1), "1 minute ago", "לפני דקה"),
        (timedelta(minutes=2), "2 minutes ago", "לפני שתי דקות"),
        (timedelta(hours=2, minutes=50), "2 hours ago", "לפני שעתיים"),
        (timedelta(days=1), "1 day ago", "לפני יום"),
        (timedelta(days=2), "2 days ago", "לפני יומיים"),
        (timedelta(days=11), "11 days ago", "לפני 11 ימים"),
    ],
)
def test_how_long_ago_is_said_in_the_form_its_number_has(span: timedelta, english: str, hebrew: str) -> None:
    assert (ago(span, EN), ago(span, HE)) == (english, hebrew)


def test_a_time_of_today_on_one_clock_is_the_time_alone() -> None:
    assert by_when(NOON + timedelta(hours=2), EN, now=NOON, here=JERUSALEM, there=JERUSALEM) == "14:00"
    assert by_when(NOON + timedelta(hours=2), EN, now=NOON, here=JERUSALEM, there=None) == "14:00"


def test_a_time_of_another_day_says_the_day() -> None:
    tomorrow = NOON + timedelta(days=1)

    assert by_when(tomorrow, EN, now=NOON, here=JERUSALEM, there=JERUSALEM) == "Tue, Nov 24 12:00"
    assert by_when(tomorrow, HE, now=NOON, here=JERUSALEM, there=JERUSALEM) == "יום ג׳, 24 בנוב׳ 12:00"


def test_where_clocks_differ_both_are_told_each_with_its_own_day() -> None:
    late = NOON + timedelta(hours=13)  # tomorrow in Jerusalem, still today in New York

    told = [by_when(late, language, now=NOON, here=JERUSALEM, there=NEW_YORK) for language in (EN, HE)]

    assert told[0] == "Tue, Nov 24 01:00 your time (Mon, Nov 23 18:00 there)"
    assert told[1] == "יום ג׳, 24 בנוב׳ 01:00 לפי השעון שלך (יום ב׳, 23 בנוב׳ 18:00 שם)"


def test_a_day_that_both_share_is_told_once() -> None:
    told = by_when(NOON + timedelta(days=1), EN, now=NOON, here=JERUSALEM, there=NEW_YORK)

    assert told == "Tue, Nov 24 12:00 your time (05:00 there)"


def test_every_event_of_the_catalogue_is_told_in_both_languages_without_a_gender() -> None:
    told = {name: happened(name, HE) for name in EVENT_TYPES}

    assert [name for name, words in told.items() if words == name or happened(name, EN) == name] == []
    assert [words for words in told.values() if "הלקוח" in words or "לנציג" in words] == []
