import pytest

from orchestrator.availability.phones import BadPhone, PhoneFault, normalise

ISRAELI = "+972527654321"


@pytest.mark.parametrize(
    "text",
    [
        "+972527654321",
        "052-765-4321",
        "052‑765‑4321",  # hyphens that do not break
        "\u200f052-765-4321\u200f",  # right-to-left marks
        "\u202b+972 52 765 4321\u202c",
        "٠٥٢٧٦٥٤٣٢١",  # Arabic-Indic digits
        "+972 52 765 4321",  # full width
        "(052) 765 4321",
        "00972527654321",
    ],
)
def test_a_number_has_one_spelling(text: str) -> None:
    assert normalise(text, region="IL") == ISRAELI


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, PhoneFault.MISSING),
        ("", PhoneFault.MISSING),
        (" \u200f ", PhoneFault.MISSING),
        (972527654321, PhoneFault.NOT_TEXT),
        ("*2700", PhoneFault.STAR_CODE),
        ("\u200f*2700", PhoneFault.STAR_CODE),
        ("#31#", PhoneFault.STAR_CODE),
        ("call me", PhoneFault.NOT_A_NUMBER),
        ("1" * 300, PhoneFault.NOT_A_NUMBER),
        ("+99912345678", PhoneFault.NOT_A_NUMBER),
        ("+97252765", PhoneFault.INVALID),
        ("050-1234567", PhoneFault.INVALID),
        ("+1 212 736 5000 ext 5", PhoneFault.EXTENSION),
    ],
)
def test_a_text_that_is_no_number_tells_why(text: object, fault: PhoneFault) -> None:
    assert normalise(text, region="IL") == BadPhone(fault)


def test_a_national_number_needs_a_region() -> None:
    assert normalise("052-765-4321") == BadPhone(PhoneFault.NO_REGION)
    assert normalise("052-765-4321", region="il") == ISRAELI
    assert normalise("052-765-4321", region="ZZ") == BadPhone(PhoneFault.NO_REGION)
