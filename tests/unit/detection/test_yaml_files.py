"""YAML 1.2, strictly."""

from datetime import date

import pytest

from orchestrator.detection.yaml_files import BadYaml, Spot, YamlValue, read_yaml


def value(text: str) -> YamlValue:
    return read_yaml(text.encode(), name="f.yaml").value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("True", "True"),
        ("true", True),
        ("false", False),
        ("18:00", "18:00"),
        ("1:30:00", "1:30:00"),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("~", None),
        ("", None),
        ("'5'", "5"),
        ("2026-05-01", date(2026, 5, 1)),
        ("'2026-05-01'", "2026-05-01"),
        ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"),
        ("<<", "<<"),
    ],
)
def test_plain_words_are_read_by_the_core_schema_with_two_booleans(text: str, read: YamlValue) -> None:
    found = value(f"[{text or '~'}]") if text in ("<<", "") else value(f"a: {text}")

    assert found == ([read] if text in ("<<", "") else {"a": read})


def test_a_key_is_always_a_text() -> None:
    assert value("on: 1\n5: 2\ntrue: 3\n") == {"on": 1, "5": 2, "true": 3}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\na: 2", 2, 1),
        ("a: {b: 1, b: 2}", 1, 11),
        ("a: &x 1\nb: *x", 2, 4),
        ("a: 1\n---\nb: 1", 2, 1),
        ("a: !!python/name:os.system 1", 1, 4),
        ("a: [1,", 1, 7),
        ("? [1]\n: 2", 1, 3),
        ("a: 2026-02-30", 1, 4),
    ],
)
def test_an_error_names_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(BadYaml) as bad:
        value(text)
    assert (bad.value.line, bad.value.column) == (line, column)


def test_every_value_has_its_place() -> None:
    file = read_yaml(b"a:\n  - x: 1\n    yy: 2\n", name="f.yaml")

    assert file.spot(("a", 0, "yy")) == Spot(3, 9)
    assert file.spot(("a", 0, "yy"), of_key=True) == Spot(3, 5)
    assert file.spot(("a", 7, "nowhere")) == Spot(2, 3)
