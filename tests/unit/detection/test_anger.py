"""Anger as people write it, in both languages."""

import pytest

from orchestrator.detection.anger import matched, normalise, score


@pytest.mark.parametrize(
    "text",
    [
        "thank you!!!",
        "Where is my order?",
        "GREAT service, thanks",
        "I want to pursue a refund",
        "תודה רבה על העזרה",
        "מתי מגיע המשלוח?",
        "",
        "אפשר להזמין עוד אחד?",
        "a scampi dish",
    ],
)
def test_calm_texts_score_nothing(text: str) -> None:
    assert score(text) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("This is the third time I call and NOBODY helps me!!!", ("third time", "nobody helps")),
        ("You are thieves, shame on you", ("thieves", "shame on you")),
        ("My LAWYER will hear of this", ("my lawyer",)),
        ("נמאס לי", ("נמאס",)),
        ("שירות מזעזע, אני אגיש תלונה", ("מזעזע", "אגיש תלונה")),
        ("בושה וחרפה", ("בושה", "וחרפה")),
        ("אני הולך לעו״ד שלי", ('לעו"ד',)),
        ("נִמְאָס לי מכם", ("נמאס",)),
        ("\u200fזו\u200e פעם \u202bשלישית\u202c!", ("פעם שלישית",)),
        ("אף אחד לא עונה לי", ("אף אחד לא עונה",)),
    ],
)
def test_the_words_that_made_it_are_found(text: str, words: tuple[str, ...]) -> None:
    assert matched(text) == words
    assert score(text) > 0


def test_whoever_names_a_lawyer_or_a_claim_has_weight_enough_alone() -> None:
    assert score("I will talk to my lawyer") >= 3
    assert score("אתבע אתכם") >= 3


def test_a_phrase_begins_at_a_word_in_hebrew_behind_its_prefixes_only() -> None:
    assert matched("ושהבושה") == ("ושהבושה",)
    assert matched("קבושה") == ()


def test_loud_writing_adds_to_angry_words_and_means_nothing_alone() -> None:
    assert score("This is useless!!!") == score("This is useless.") + 1
    assert score("HELLO THERE!!!") == 0


def test_a_phrase_said_twice_weighs_once() -> None:
    assert score("useless, useless, useless") == score("useless")


def test_text_is_compared_without_points_marks_and_fancy_quotes() -> None:
    assert normalise("נָמָאס\u200f  עו״ד ‘X’") == "נמאס עו\"ד 'x'"


def test_a_very_long_text_takes_linear_time_and_its_beginning_counts() -> None:
    assert score("still " * 20_000) == 0
    assert score("x" * 30_000 + " scam") == 0
