"""What is JSON to us, and what is refused although other readers take it."""

import json

import pytest

from orchestrator.intake.json_text import read, read_many
from orchestrator.intake.refusals import Reason, Refused


def refusal(raw: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read(raw)
    return refused.value


@pytest.mark.parametrize(
    "raw", [b"", b"  ", b"{", b"{} {}", b"{'a': 1}", b'{"a": 01}', b'{"a": "\n"}', b"\xef\xbb\xbf{}", b"nul"]
)
def test_what_is_not_json_is_malformed(raw: bytes) -> None:
    assert refusal(raw).reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"a": 1, "a": 2}', "a"),
        (b'{"data": {"k": [1, {"x": 1, "x": 1}]}}', "data.k.1.x"),
        (b'{"a": 1, "\\u0061": 2}', "a"),
    ],
)
def test_a_key_that_stands_twice_is_refused_wherever_it_is(raw: bytes, field: str) -> None:
    refused = refusal(raw)

    assert (refused.reason, refused.field) == (Reason.DUPLICATE_KEY, field)


def test_a_text_that_is_broken_after_a_double_key_is_malformed() -> None:
    assert refusal(b'{"a": {"b": 1, "b": 2}').reason is Reason.MALFORMED


@pytest.mark.parametrize(
    "number",
    [
        "9223372036854775808",
        "-9223372036854775809",
        "1e19",
        "1e400",
        "-1e400",
        "9223372036854775808.0",
        "-9223372036854775809.0",
        "NaN",
        "Infinity",
        "-Infinity",
        "9" * 5000,
    ],
)
def test_a_number_outside_64_bits_is_refused_however_it_is_written(number: str) -> None:
    refused = refusal(f'{{"data": {{"x": [{number}]}}}}'.encode())

    assert (refused.reason, refused.field) == (Reason.BAD_NUMBER, "data.x.0")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807.0", 2**63 - 1),
        ("-9223372036854775808.0", -(2**63)),
        ("9007199254740993.0", 9007199254740993),
        ("300.0", 300),
        ("3e2", 300),
        ("-0.0", 0),
        ("300", 300),
    ],
)
def test_a_number_with_an_integral_value_is_an_int_however_it_is_written(text: str, value: int) -> None:
    found = read(text.encode())

    assert found == value
    assert type(found) is int


def test_any_other_number_is_a_double() -> None:
    assert read(b"[0.1, 1e-400, 2.5e0]") == [0.1, 0.0, 2.5]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (json.dumps({"data": {"text": "a\0b"}}).encode(), "data.text"),
        (json.dumps({"data": ["\ud800"]}).encode(), "data.0"),
        (json.dumps({"data": "\udc00\ud800"}).encode(), "data"),
        (json.dumps({"data": {"\ud800": 1}}).encode(), "data"),
        (b'{"a": "\0"}', None),
        (b'{"a": "\xff"}', None),
        (b'{"a": "\xed\xa0\x80"}', None),
    ],
)
def test_text_that_is_no_text_is_refused(raw: bytes, field: str | None) -> None:
    refused = refusal(raw)

    assert (refused.reason, refused.field) == (Reason.BAD_TEXT, field)


def test_escaped_characters_beyond_the_basic_plane_are_text() -> None:
    assert read(json.dumps("😀 \\u0000").encode()) == "😀 \\u0000"


def test_64_kilobytes_are_taken_and_one_byte_more_is_too_large() -> None:
    fits = b'"' + b"x" * (64 * 1024 - 2) + b'"'

    assert len(str(read(fits))) == 64 * 1024 - 2
    assert refusal(fits + b" ").reason is Reason.TOO_LARGE


def test_nesting_is_taken_to_256_levels() -> None:
    read(b"[" * 256 + b"]" * 256)

    assert refusal(b"[" * 257 + b"]" * 257).reason is Reason.MALFORMED
    assert refusal(b"[" * 60_000).reason is Reason.MALFORMED


def test_brackets_in_texts_are_not_levels() -> None:
    assert read(json.dumps(["[" * 500, '"[']).encode()) == ["[" * 500, '"[']


def test_a_batch_keeps_what_is_good_and_tells_what_is_not() -> None:
    deep = "[" * 2000 + "]" * 2000
    found = read_many(f' [ {{"a": 1}} , {{"a": 1, "a": 2}},{{"b": 1e400}}, {deep}, {{"c": "\\ud800"}}, 3 ] '.encode())

    told = [element.reason.value if isinstance(element, Refused) else element for element, _ in found]
    assert told == [{"a": 1}, "duplicate_key", "bad_number", "malformed", "bad_text", 3]


def test_an_element_of_a_batch_over_64_kilobytes_is_too_large() -> None:
    large = read_many(json.dumps([{"a": "é" * 40_000}, {}], ensure_ascii=False).encode())[0][0]

    assert isinstance(large, Refused)
    assert large.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("raw", [b"{}", b"[1", b"[1,]", b"[1 2]", b"[,]", b"[] x", b'[{"a": }]', b"", b"[NaN]"])
def test_a_batch_that_is_no_json_array_is_refused_whole(raw: bytes) -> None:
    with pytest.raises(Refused):
        read_many(raw)


def test_an_empty_batch_holds_nothing() -> None:
    assert read_many(b" [ ] ") == []


def test_a_refusal_of_a_key_that_is_no_text_can_itself_be_written() -> None:
    refused = refusal(json.dumps({"\ud800": {"\ud801\0": "\0"}}).encode())

    assert str(refused.field).encode()
