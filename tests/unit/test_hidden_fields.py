"""A field that is hidden is hidden wherever it stands, and its value wherever it is written."""

import pytest

from orchestrator.identity.hidden_fields import Veil

KNOWN = {"income": 45000, "email": "noa@example.com", "tier": "A", "cart": {"total": 480.5, "id": "c-9"}, "name": "Noa Levi"}
VEIL = Veil.over([KNOWN], ("income", "email", "cart.total", "tier", "name"))


def test_a_named_field_is_hidden_at_any_depth_and_in_any_case() -> None:
    data = {"Email": "x@y.com", "form": [{"income": 9, "step": 2}], "cart": {"total": 1, "id": "c-9"}, "total": 7}

    shown = VEIL.data(data)

    assert shown == {
        "Email": "hidden",
        "form": [{"income": "hidden", "step": 2}],
        "cart": {"total": "hidden", "id": "c-9"},
        "total": 7,
    }


def test_a_name_hides_all_that_is_below_it_and_keys_written_with_dots() -> None:
    veil = Veil.over((), ("cart", "pay.iban"))

    assert veil.data({"cart": {"total": 480}, "pay.iban": "IL62"}) == {"cart": "hidden", "pay.iban": "hidden"}


def test_what_nobody_told_is_not_called_hidden() -> None:
    assert VEIL.data({"email": None}) == {"email": None}


@pytest.mark.parametrize(
    "text",
    [
        "I earn 45000",
        "I earn 45,000 NIS",
        "45 000ILS",
        "write to NOA@example.com.",
        "it was 480.5",
        "של Noa  Levi",
        "לNoa Levi",
    ],
)
def test_a_hidden_value_is_hidden_however_it_is_written(text: str) -> None:
    shown = VEIL.text(text)

    assert "hidden" in shown
    assert not any(part in shown.lower() for part in ("45", "noa", "480"))


@pytest.mark.parametrize("text", ["order 145000", "450001", "A good day", "snoa levine", "480.55", "", "שלום"])
def test_what_is_another_value_stays(text: str) -> None:
    assert VEIL.text(text) == text


def test_a_hidden_value_under_another_name_is_hidden_too() -> None:
    assert VEIL.data({"salary": 45000, "paid": True, "contact": "noa@example.com"}) == {
        "salary": "hidden",
        "paid": True,
        "contact": "hidden",
    }


def test_words_taken_from_a_hidden_text_are_hidden() -> None:
    veil = Veil.over([{"text": "This is a Disgrace, I want out"}], ("text",), word="מוסתר")

    assert [veil.part(word) for word in ("disgrace", "refund")] == ["מוסתר", "refund"]


def test_without_names_nothing_is_hidden() -> None:
    veil = Veil.over([KNOWN], ())

    assert veil.data(KNOWN) == KNOWN
    assert veil.text("45000") == "45000"
