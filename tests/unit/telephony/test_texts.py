import pytest

from orchestrator.telephony.texts import wants_out


@pytest.mark.parametrize(
    "body", ["STOP", "stop", " Stop. ", "STOPALL", "Unsubscribe", "9", "הסר", "הסר!", "עצור", "\u200fהסר\u200f"]
)
def test_one_word_is_enough_to_be_left_alone(body: str) -> None:
    assert wants_out(body)


@pytest.mark.parametrize("body", ["", "stop calling so late", "yes", "1", "99", "please do not stop", "תודה", "הסר ספק"])
def test_a_sentence_with_the_word_in_it_is_not_the_word(body: str) -> None:
    assert not wants_out(body)
