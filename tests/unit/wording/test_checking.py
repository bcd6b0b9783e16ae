"""Words that may not reach a customer are refused, and what to mend is named."""

import pytest

from orchestrator.escalations.words import Language
from orchestrator.wording.checking import (
    LONGEST_ABOUT,
    LONGEST_BODY,
    Fault,
    Found,
    faults_of_name,
    faults_of_script,
    faults_of_template,
    tidy,
)
from orchestrator.wording.places import fill
from orchestrator.wording.shipped import (
    SCRIPT_NAMES,
    TEMPLATE_NAMES,
    Script,
    shipped_script,
    shipped_template,
)

EN, HE = Language.ENGLISH, Language.HEBREW
GOOD = {EN: "Call us. Reply STOP to hear no more.", HE: "אפשר להתקשר. להסרה יש להשיב STOP."}


def english(name: str, body: str) -> Found | None:
    return faults_of_template(name, GOOD | {EN: body, HE: "נתקשר {when}. STOP"}).get("body_en")


def test_all_words_we_ship_are_fit() -> None:
    for name in SCRIPT_NAMES:
        assert faults_of_script(shipped_script(name) or {}) == {}
    for name in TEMPLATE_NAMES:
        assert faults_of_template(name, shipped_template(name) or {}) == {}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("", Fault.EMPTY),
        ("a" * (LONGEST_BODY - 3) + "STOP", Fault.TOO_LONG),
        ("Call \u202eus\u202c. STOP", Fault.UNSEEN),
        ("Call \u2066us\u2069. STOP", Fault.UNSEEN),
        ("Call\x07 us. STOP", Fault.UNSEEN),
        ("Call \ud800us. STOP", Fault.UNSEEN),
        ("אפשר להתקשר. STOP", Fault.LANGUAGE),
        ("Call {name}. STOP", Fault.PLACE),
        ("Call {who.__class__}. STOP", Fault.PLACE),
        ("Call {when}. STOP", Fault.PLACE),
        ("Call {}. STOP", Fault.PLACE),
        ("Call {who. STOP", Fault.BRACE),
        ("Call who}. STOP", Fault.BRACE),
        ("Call {{who}}. STOP", Fault.BRACE),
        ("{who}, {who}. STOP", Fault.TWICE),
        ("Call us.", Fault.STOP),
        ("Reply stop.", Fault.STOP),
        ("Do not STOPPER.", Fault.STOP),
    ],
)
def test_a_message_that_may_not_go_out_is_refused_by_name(body: str, fault: Fault) -> None:
    found = english("finish-link", body)

    assert found is not None
    assert found.fault is fault


@pytest.mark.parametrize("body", ["Call {who} about {about}.\nReply STOP to hear no more.", "\u200eSTOP"])
def test_a_message_may_name_us_and_why_and_have_lines(body: str) -> None:
    assert english("of-our-own", body) is None


@pytest.mark.parametrize(
    ("name", "body", "fault"),
    [
        ("promise", "We will call you.", Fault.WHEN),
        ("promise", "We will call you {when} about {about}.", Fault.PLACE),
        ("later", "We will call\nyou {when}.", Fault.UNSEEN),
    ],
)
def test_a_promise_names_its_time(name: str, body: str, fault: Fault) -> None:
    found = english(name, body)

    assert found is not None
    assert found.fault is fault
    assert english(name, "{who} will call you {when}.") is None


def test_hebrew_words_are_hebrew() -> None:
    words = {EN: Script("your order", "Hello."), HE: Script("your order", "שלום.")}

    assert faults_of_script(words) == {"about_he": Found(Fault.LANGUAGE)}


def test_a_script_is_short_enough_to_be_said_and_has_no_places() -> None:
    words = {EN: Script("a" * (LONGEST_ABOUT + 1), "I call about {about}."), HE: Script("ההזמנה", "")}

    assert faults_of_script(words) == {
        "about_en": Found(Fault.TOO_LONG, longest=LONGEST_ABOUT),
        "opening_en": Found(Fault.NO_PLACES, given="{about}"),
        "opening_he": Found(Fault.EMPTY),
    }


@pytest.mark.parametrize("name", ["", "two words", "עברית", "a" * 65, "x/y", "x\n", ".."])
def test_a_name_is_one_that_rules_can_use(name: str) -> None:
    assert faults_of_name(name)["name"].fault is Fault.NAME


def test_what_was_typed_is_tidied() -> None:
    assert tidy("  one \r\ntwo\r\n\r\n") == "one\ntwo"


def test_a_value_is_put_in_as_it_is() -> None:
    assert fill("{who} calls about {about}.", who="{about}", about="a {who} 5%") == "{about} calls about a {who} 5%."
