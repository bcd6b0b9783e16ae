"""In how many parts a message travels."""

import pytest

from orchestrator.wording.segments import Segments, segments


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", Segments(0, 0, 160, False)),
        ("a" * 160, Segments(160, 1, 160, False)),
        ("a" * 161, Segments(161, 2, 306, False)),
        ("€" * 80, Segments(160, 1, 160, False)),
        ("ש" * 70, Segments(70, 1, 70, True)),
        ("ש" * 71, Segments(71, 2, 134, True)),
        ("a" * 69 + "ש", Segments(70, 1, 70, True)),
        ("a" * 68 + "🙂", Segments(70, 1, 70, True)),
    ],
)
def test_a_message_is_counted_as_carriers_count(words: str, expected: Segments) -> None:
    assert segments(words) == expected


def test_no_character_is_cut_in_two() -> None:
    # 306 units would fill two parts; the euro sign would stand half in the first, so it goes whole into the second.
    assert segments("a" * 152 + "€" + "a" * 152).count == 3
    assert segments("ש" * 66 + "🙂" + "ש" * 66).count == 3


def test_an_emoji_makes_a_latin_message_wide() -> None:
    assert segments("Thank you").wide is False
    assert segments("Thank you 🙂").wide is True
