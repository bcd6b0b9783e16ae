"""Every code that a sentence of an explanation can name has its phrase, in both languages."""

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from orchestrator.availability.sentences import ENGLISH
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.codes import PHRASES, phrase
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.gate_words import HEBREW, gate_sentence
from orchestrator.insights.explain.telling import clause
from orchestrator.insights.explain.words import SENTENCES, Say
from orchestrator.intake.catalogue import EVENT_TYPES

EN, HE = (Reader(language, ZoneInfo("Asia/Jerusalem"), date(2026, 6, 7)) for language in Language)
LATIN = re.compile("[A-Za-z]")
AT = datetime(2026, 6, 7, 7, 20, tzinfo=UTC)


@pytest.mark.parametrize("code", [member for each in PHRASES for member in each], ids=repr)
def test_every_code_is_a_phrase_in_both_languages(code: StrEnum) -> None:
    english, hebrew = (phrase(code, language) for language in Language)

    assert "_" not in english + hebrew
    assert not LATIN.search(hebrew)
    assert english


@pytest.mark.parametrize("say", Say)
def test_every_sentence_is_there_in_both_languages_with_the_same_figures(say: Say) -> None:
    english, hebrew = ({field for _, field, _, _ in Formatter().parse(text) if field} for text in SENTENCES[say])

    assert english == hebrew
    assert not LATIN.search(re.sub(r"\{\w+\}", "", SENTENCES[say][1]))


def test_every_verdict_of_a_gate_is_said_in_both_languages_with_the_same_figures() -> None:
    figures = re.compile(r"\{\w+\}")

    assert HEBREW.keys() == ENGLISH.keys()
    assert [why for why in HEBREW if sorted(figures.findall(HEBREW[why])) != sorted(figures.findall(ENGLISH[why]))] == []
    assert [why for why in HEBREW if LATIN.search(figures.sub("", HEBREW[why]))] == []


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_type_of_the_catalogue_is_told_by_its_meaning(event_type: str) -> None:
    english, hebrew = (clause(event_type, language) for language in Language)

    assert event_type not in english + hebrew
    assert not LATIN.search(hebrew)


def test_a_type_that_nobody_described_stands_in_quotes() -> None:
    assert clause("acme.thing", Language.ENGLISH) == "an event “acme.thing” came"
    assert clause("acme.thing", Language.HEBREW) == "הגיע אירוע „acme.thing”"


@pytest.mark.parametrize(
    ("length", "english", "hebrew"),
    [
        (timedelta(seconds=40), "40 seconds", "40 שניות"),
        (timedelta(minutes=1), "1 minute", "דקה"),
        (timedelta(hours=2, minutes=1, seconds=9), "2 hours and 1 minute", "שעתיים ודקה"),
        (timedelta(days=1, hours=5), "1 day and 5 hours", "יום ו־5 שעות"),
        (timedelta(milliseconds=300), "less than a second", "פחות משנייה"),
    ],
)
def test_a_length_is_read_in_its_two_largest_units_with_the_plural_of_the_language(
    length: timedelta, english: str, hebrew: str
) -> None:
    assert (EN.span(length), HE.span(length)) == (english, hebrew)


def test_a_time_is_read_on_the_readers_clock_and_named_by_its_day_where_that_is_another() -> None:
    assert (EN.instant(AT), HE.instant(AT)) == ("10:20:00", "10:20:00")
    assert EN.instant(AT + timedelta(days=1)) == "Jun 8, 2026, 10:20:00"
    assert HE.instant(AT + timedelta(days=1)) == "8 ביוני 2026, 10:20:00"


def test_numbers_and_shares_are_written_as_the_language_writes_them() -> None:
    assert (EN.number(12345.5), EN.share(Fraction("0.025"))) == ("12,345.5", "2.5%")


def test_a_verdicts_figures_are_read_and_never_stand_as_they_are_stored() -> None:
    cooling = {"why": "cooling_down", "figures": {"length": str(timedelta(days=7)), "until": "2026-06-08T07:20:00Z"}}
    refused = {"why": "medium_refused", "figures": {"medium": "voice_recorded"}}
    thrown = {"why": "switch_thrown", "figures": {"scopes": "everything, queue"}}

    assert gate_sentence(cooling, EN) == "The rule pauses 7 days for this customer, until Jun 8, 2026, 10:20:00."
    assert gate_sentence(cooling, HE) == "הכלל מפסיק ללקוח זה למשך 7 ימים, עד 8 ביוני 2026, 10:20:00."
    assert gate_sentence(refused, EN) == "The customer refused to be reached by calls that open with a recording."
    assert gate_sentence(thrown, HE) == "מתג העצירה מופעל עבור: כל השיחות, התור הזה."


def test_an_hour_of_calling_tells_which_files_decided_and_how_the_zone_was_found() -> None:
    files = {"hours": "us 2026-11-22, us-fl 2026-11-22", "zones": "America/New_York", "zone_from": "number"}
    closed = {"why": "calling_closed", "figures": {"until": "2026-06-08T07:20:00Z", **files}}
    default = {"why": "calling_open", "figures": {"hours": "default 2026-11-21", "zones": "UTC", "zone_from": "attribute"}}

    assert gate_sentence(closed, EN).endswith(
        "By the calling hours of United States (reviewed Nov 22, 2026), Florida, United States (reviewed Nov 22, 2026)."
        " Zone: America/New_York (from the phone number, so with an hour to spare)."
    )
    assert "פלורידה, ארצות הברית (נבדקו ב־22 בנוב׳ 2026)" in gate_sentence(closed, HE)
    assert "By the calling hours of the product's default (reviewed Nov 21, 2026)." in gate_sentence(default, EN)
    assert gate_sentence({"why": "calling_open", "figures": {}}, EN) == "It is an allowed hour where the customer is."


def test_rest_and_wishes_are_told() -> None:
    place = {"zones": "Asia/Jerusalem", "zone_from": "country"}
    resting = {"why": "rest_closed", "figures": {"until": "2026-06-06T17:20:00Z", "rest_by": "region", **place}}
    wished = {"why": "calling_open", "figures": {"hours": "il 2026-11-22", "wish": "unreadable", **place}}

    assert "Sabbath and holidays are kept by the custom of the place. Zone: Asia/Jerusalem" in gate_sentence(resting, EN)
    assert "שבת וחג נשמרים כמנהג המקום." in gate_sentence(resting, HE)
    assert "The hours the customer wishes for could not be read, so they were left aside." in gate_sentence(wished, EN)


def test_figures_a_sentence_does_not_name_do_not_keep_it_from_being_told() -> None:
    assert gate_sentence({"why": "business_open", "figures": {"calendar": "sales-hours"}}, HE) == "התור פתוח."


def test_a_verdict_of_another_version_is_told_as_it_was_stored() -> None:
    assert gate_sentence({"why": "no_such", "sentence": "Told then.", "figures": {}}, HE) == "Told then."
    assert gate_sentence({"why": "cooling_down", "sentence": "Told then.", "figures": {"length": 7}}, HE) == "Told then."


def test_a_reached_cap_is_told_with_the_names_of_its_media_and_its_law() -> None:
    figures = {"count": 3, "limit": 3, "within": "1 day, 0:00:00", "until": "2026-06-07T07:20:00Z"}
    by_law = {"why": "cap_reached_law", "figures": {**figures, "law": "US-FL"}}
    by_media = {"why": "cap_reached_media", "figures": {**figures, "media": "sms, voice_person"}}

    assert gate_sentence(by_law, EN) == "Calls within 1 day: 3, of 3 that Florida allows; allowed again from 10:20:00."
    assert "פלורידה" in gate_sentence(by_law, HE)
    assert "voice_person" not in gate_sentence(by_media, EN)
    assert not LATIN.search(gate_sentence(by_media, HE).replace("SMS", ""))
