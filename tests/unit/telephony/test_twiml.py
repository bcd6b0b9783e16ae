from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from orchestrator.escalations.words import Language
from orchestrator.telephony.attempts import AGENT_FIRST, LATER, NEVER, NOW
from orchestrator.telephony.tables import AttemptRow, AttemptState, Farewell
from orchestrator.telephony.twiml import Documents, nobody
from orchestrator.telephony.urls import Voice, Webhooks
from orchestrator.telephony.words import Phrase, about, phrase
from tests.unit.telephony.rows import START, an_agents_leg, an_attempt

BASE = "https://calls.example.com"
AGAIN = "#rc=2&amp;rp=ct,rt,5xx&amp;rt=5000"
DOCUMENTS = Documents(Webhooks(BASE), "Acme")
PROMISED = "One of our people will call you by 11:30."


def document(voice: Voice, attempt: AttemptRow, **given: Any) -> str:
    return DOCUMENTS.of(voice, attempt, **given).removeprefix('<?xml version="1.0" encoding="UTF-8"?>')


def verbs(text: str) -> list[str]:
    return [element.tag for element in ElementTree.fromstring(text)]


def said(text: str) -> str:
    return " ".join(element.text or "" for element in ElementTree.fromstring(text).iter("Say"))


def conference(text: str) -> Element:
    found = ElementTree.fromstring(text).find("Dial/Conference")
    assert found is not None
    return found


def test_the_greeting_says_who_and_why_and_listens_for_a_key() -> None:
    assert document(Voice.CUSTOMER, an_attempt(state=AttemptState.CONNECTED)) == (
        "<Response>"
        f'<Gather action="{BASE}/telephony/voice/key?attempt=token-1{AGAIN}" finishOnKey="" input="dtmf" '
        'numDigits="1" timeout="5">'
        '<Say language="en-US" voice="Polly.Joanna">Hello, this is an automatic call from Acme. '
        "It is about: the order you began. To talk to one of our people now, press 1. To be called later, press 2. "
        "Not to be called again, press 9.</Say></Gather>"
        f"<Redirect>{BASE}/telephony/voice/customer?attempt=token-1&amp;turn=1{AGAIN}</Redirect>"
        "</Response>"
    )


def test_the_greeting_speaks_hebrew_in_a_hebrew_voice() -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED, language="he", about="ההזמנה שהתחלת")

    assert (
        '<Say language="he-IL" voice="Google.he-IL-Wavenet-A">שלום, זוהי שיחה אוטומטית מאת Acme. הנושא: ההזמנה שהתחלת. '
        "לשיחה עם נציג עכשיו, יש להקיש 1. כדי שנתקשר מאוחר יותר, יש להקיש 2. כדי שלא נתקשר שוב, יש להקיש 9.</Say>"
    ) in document(Voice.CUSTOMER, attempt)


def test_who_presses_nothing_hears_the_keys_once_more_and_then_goodbye() -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED)

    second, third = (document(Voice.CUSTOMER, attempt, turn=turn) for turn in (1, 2))

    assert said(second).startswith("To talk to one of our people now")
    assert verbs(third) == ["Say", "Hangup"]


def test_a_key_that_means_nothing_is_asked_for_again() -> None:
    text = document(Voice.KEY, an_attempt(state=AttemptState.CONNECTED), turn=0)

    assert verbs(text) == ["Gather", "Redirect"]
    assert "turn=1" in text


def test_one_leads_into_the_room() -> None:
    text = document(Voice.KEY, an_attempt(state=AttemptState.CONNECTED, pressed=NOW))

    assert verbs(text) == ["Say", "Dial"]
    assert conference(text).text == "room-1"


def test_two_says_the_promise_exactly_as_it_was_written() -> None:
    text = document(Voice.KEY, an_attempt(state=AttemptState.CONNECTED, pressed=LATER, say=PROMISED))

    assert said(text) == PROMISED
    assert verbs(text) == ["Say", "Hangup"]


def test_nine_confirms_although_the_call_is_to_end() -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED, pressed=NEVER, cancel_requested_at=START, farewell=Farewell.SETTLED)

    assert said(document(Voice.KEY, attempt)) == "You will not be called again. Goodbye."


def test_both_legs_enter_one_room_that_whoever_leaves_ends() -> None:
    agent = document(Voice.AGENT, an_agents_leg(state=AttemptState.CONNECTED))
    customer = document(Voice.CUSTOMER, an_attempt(state=AttemptState.CONNECTED, flow=AGENT_FIRST))

    assert verbs(agent) == ["Say", "Dial"]
    assert verbs(customer) == ["Dial"]
    assert conference(agent).text == conference(customer).text == "room-1"
    for leg, token in ((agent, "token-2"), (customer, "token-1")):
        room = conference(leg).attrib
        assert room["endConferenceOnExit"] == room["startConferenceOnEnter"] == "true"
        assert room["statusCallbackEvent"] == "join leave"
        assert f"attempt={token}" in room["statusCallback"]


@pytest.mark.parametrize("voice", [Voice.AGENT, Voice.CUSTOMER, Voice.KEY])
@pytest.mark.parametrize("given", [{"cancel_requested_at": START}, {"state": AttemptState.ENDED}])
def test_nobody_enters_a_room_once_the_call_is_not_wanted(voice: Voice, given: dict[str, Any]) -> None:
    attempt = an_attempt(**{"state": AttemptState.CONNECTED, "flow": AGENT_FIRST, "pressed": NOW} | given)

    assert verbs(document(voice, attempt))[-1] == "Hangup"
    assert "Conference" not in document(voice, attempt)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"farewell": Farewell.APOLOGY, "say": PROMISED}, PROMISED),
        ({"farewell": Farewell.APOLOGY}, "We are sorry, nobody is free at this moment. Goodbye."),
        ({"farewell": Farewell.MACHINE}, "Hello, this is Acme. We tried to reach you and will try again."),
        ({"farewell": Farewell.SETTLED}, "Hello, this is Acme. What we called about has been settled."),
        ({"farewell": None}, "Hello, this is Acme. What we called about has been settled."),
        ({"farewell": None, "joined_at": START}, ""),
    ],
)
def test_each_farewell_has_its_words(given: dict[str, Any], words: str) -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED, cancel_requested_at=START, **given)

    assert said(document(Voice.FAREWELL, attempt)).startswith(words)


def test_a_machine_is_not_told_what_it_is_about() -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED, cancel_requested_at=START, farewell=Farewell.MACHINE)

    assert "order" not in document(Voice.FAREWELL, attempt)


def test_who_has_left_the_room_after_a_talk_is_not_spoken_to_again() -> None:
    assert verbs(document(Voice.LEFT, an_attempt(state=AttemptState.CONNECTED, joined_at=START))) == ["Hangup"]


def test_who_waits_is_asked_to_hold() -> None:
    assert verbs(document(Voice.WAITING, an_attempt(state=AttemptState.CONNECTED))) == ["Say", "Pause"]


def test_a_stranger_is_told_nothing() -> None:
    assert verbs(nobody()) == ["Hangup"]


def test_the_same_row_answers_the_same_twice() -> None:
    attempt = an_attempt(state=AttemptState.CONNECTED)

    assert document(Voice.CUSTOMER, attempt) == document(Voice.CUSTOMER, attempt)


@pytest.mark.parametrize("language", [*Language])
@pytest.mark.parametrize("which", [*Phrase])
def test_every_phrase_can_be_said_in_every_language(which: Phrase, language: Language) -> None:
    words = phrase(which, language)

    assert words
    assert "{" not in words


def test_why_we_call_is_the_scripts_words_or_the_rules_title() -> None:
    assert about("checkout", "Checkout left unfinished", Language.ENGLISH) == "the order you began"
    assert about("unheard-of", "Checkout left unfinished", Language.ENGLISH) == "Checkout left unfinished"
    assert about(None, "הקנייה לא הושלמה", Language.HEBREW) == "הקנייה לא הושלמה"


def test_words_of_a_rule_cannot_break_out_of_the_document() -> None:
    text = document(Voice.CUSTOMER, an_attempt(state=AttemptState.CONNECTED, about="</Say><Dial>+1900</Dial>"))

    assert "Dial" not in verbs(text)
    assert "</Say><Dial>" in said(text)
