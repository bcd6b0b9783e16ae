"""Arithmetic on fields that may arrive as int or double."""

import pytest

from orchestrator.detection.lint.findings import Code, Severity
from tests.unit.detection.lint.texts import codes, found, where


@pytest.mark.parametrize(
    "condition",
    [
        "event.data.total * 2 > 3",
        "event.data['total'] % 2 == 0",
        "-event.data.total < 0",
        "1 - event.data.total > 3",
        "int(event.data.total) / event.data.pieces > 3",
        "event.data.items.exists(i, i.price * 2 > 3)",
        "(has(event.data.total) ? event.data.total : 0) + 1 > 3",
        "(event.data.a + event.data.b) * 2 > 3",
    ],
)
def test_calculating_with_a_field_as_it_arrives_is_told_at_the_expression(condition: str) -> None:
    (finding,) = found(where(condition))

    assert (finding.code, finding.severity, finding.line) == (Code.MIXED_ARITHMETIC, Severity.WARNING, 3)
    assert finding.message.startswith("detect.occurrence.on[0].where: ")


@pytest.mark.parametrize(
    "condition",
    [
        "double(event.data.total) * 2.0 > 3.0",
        "int(event.data.total) % 2 == 0",
        "event.data.total > 3 && event.data.total < 4.5",
        "size(event.data.items) + 1 > 3",
        "event.data.items.map(i, i.price).size() + 1 > 3",
        "anger(event.data.text) + 1 > 3",
        "now - timestamp(event.time) < duration('1h')",
    ],
)
def test_what_is_wrapped_or_of_a_known_kind_is_not(condition: str) -> None:
    assert codes(where(condition)) == []


def test_a_field_joined_to_a_text_is_a_warning() -> None:
    (finding,) = found(where("event.data.a + '-' + event.data.b == 'x-y'"))

    assert (finding.code, finding.severity) == (Code.MIXED_ARITHMETIC, Severity.WARNING)
    assert "string(event.data.b)" in finding.fix
