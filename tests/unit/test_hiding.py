"""What of a text is a number, and what stays."""

from dataclasses import dataclass

import pytest

from orchestrator.identity.hiding import hidden, hider

HIDE = hider(own="+972541234567", region="IL")


@pytest.mark.parametrize(
    "text",
    ["+972541234567", "+972 54-123-4567", "054-1234567", "972541234567", "1234567", "+1 (415) 555-0123", "02-6251111"],
)
def test_a_number_is_hidden_however_it_is_written(text: str) -> None:
    shown = HIDE(f"call me at {text}, please")

    assert shown.startswith("call me at •••")
    assert shown.endswith(", please")
    assert sum(letter.isdigit() for letter in shown) == 2


@pytest.mark.parametrize("text", ["order 48813", "480.00 ILS", "2026-03-01 at 10:30", "sale A-77812", "", "שלום"])
def test_what_is_no_number_stays(text: str) -> None:
    assert HIDE(text) == text


@dataclass(frozen=True, slots=True)
class Told:
    words: tuple[str, ...]
    data: dict[str, object]


def test_numbers_are_hidden_at_any_depth() -> None:
    told = Told(words=("ring 054-1234567",), data={"form": [{"phone": 972541234567, "cart": 48813}]})

    shown = hidden(told, HIDE)

    assert shown == Told(words=("ring •••67",), data={"form": [{"phone": "•••67", "cart": 48813}]})


def test_without_a_country_what_is_written_internationally_is_hidden_still() -> None:
    assert hider(own=None, region=None)("+44 20 7946 0018 or 7946 0018") == "•••18 or 7946 0018"
