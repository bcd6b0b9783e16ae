"""Requests of channels: the three modes of CloudEvents over HTTP, and what is refused as a whole."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_binary_event, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.intake.envelope import accept
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.reading import (
    ContentMode,
    NotJson,
    Submitted,
    TooLarge,
    UnsupportedMediaType,
    content_mode,
    read_submitted,
    text_of_request,
)
from orchestrator.intake.refusals import Reason, Refused

STRUCTURED = [("content-type", "application/cloudevents+json")]
EVENT: dict[str, Any] = {"specversion": "1.0", "id": "e1", "source": "/web", "type": "x", "subject": "ann", "data": {"a": 1}}
BINARY = [
    ("content-type", "application/json"),
    ("ce-specversion", "1.0"),
    ("ce-id", "e1"),
    ("ce-source", "/web"),
    ("ce-type", "x"),
    ("ce-subject", "ann"),
]
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(lambda name: not name.isspace())


def only(submitted: list[Submitted]) -> JsonValue | Refused:
    (one,) = submitted
    return one.envelope


@pytest.mark.parametrize(
    ("headers", "mode"),
    [
        ([("content-type", "application/cloudevents+json; charset=utf-8")], ContentMode.STRUCTURED),
        ([("content-type", "Application/CloudEvents+JSON")], ContentMode.STRUCTURED),
        ([("content-type", "application/cloudevents-batch+json")], ContentMode.BATCHED),
        (BINARY, ContentMode.BINARY),
        ([("ce-id", "e1")], ContentMode.BINARY),
    ],
)
def test_the_media_type_tells_the_mode(headers: list[tuple[str, str]], mode: ContentMode) -> None:
    assert content_mode(headers) is mode


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("content-type", "application/json")],
        [("content-type", "text/plain")],
        [("content-type", "application/cloudevents+xml"), ("ce-id", "e1")],
        [*STRUCTURED, ("content-encoding", "gzip")],
        [*STRUCTURED, *STRUCTURED],
    ],
)
def test_another_media_type_is_refused_with_the_ones_that_are_understood(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(UnsupportedMediaType) as refusal:
        content_mode(headers)

    assert refusal.value.field is not None
    assert refusal.value.fix


@given(
    identity=NAMES,
    source=NAMES,
    subject=NAMES,
    data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), st.integers()),
    time=st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_binary_and_structured_mode_read_the_same_event_that_the_library_wrote(
    identity: str, source: str, subject: str, data: dict[str, int], time: datetime
) -> None:
    attributes = {"id": identity, "source": source, "type": "x", "subject": subject, "time": time, "specversion": "1.0"}
    event = CloudEvent(attributes, {key: value % 2**60 for key, value in data.items()})
    binary, structured = to_binary_event(event), to_structured_event(event)

    from_headers = accept(_envelope(only(read_submitted(ContentMode.BINARY, binary.headers.items(), binary.body))))
    from_body = accept(_envelope(only(read_submitted(ContentMode.STRUCTURED, [], structured.body))))

    assert from_headers == from_body
    assert (from_headers.id, from_headers.source, from_headers.subject) == (identity, source, subject)
    assert from_headers.time == time


def _envelope(value: JsonValue | Refused) -> JsonValue:
    assert not isinstance(value, Refused)
    return value


def test_headers_are_percent_decoded_as_the_library_decodes_them() -> None:
    headers = {**dict(BINARY), "ce-subject": "%D7%93%D7%A0%D7%94%20%22x%22", "ce-time": "2026-03-01T10:00:00Z"}

    ours = only(read_submitted(ContentMode.BINARY, headers.items(), b'{"a": 1}'))
    theirs = from_binary_event(HTTPMessage(headers, b'{"a": 1}'))

    assert isinstance(ours, dict)
    assert ours["subject"] == theirs.get_subject() == 'דנה "x"'
    assert ours["data"] == theirs.get_data()


def test_a_time_that_is_none_stays_for_the_envelope_to_refuse() -> None:
    envelope = only(read_submitted(ContentMode.BINARY, [*BINARY, ("ce-time", "yesterday")], b"{}"))

    with pytest.raises(Refused) as refusal:
        accept(_envelope(envelope), arrival=datetime(2026, 3, 1, tzinfo=UTC))

    assert refusal.value.reason is Reason.BAD_TIME


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        ("application/json", b"[1, 2.0]", {"data": [1, 2]}),
        ("application/vnd.shop+json", b'"x"', {"data": "x"}),
        ("text/plain; charset=utf-8", "שלום".encode(), {"data": "שלום"}),
        ("application/octet-stream", b"\xff\x00", {"data_base64": "/wA="}),
        ("application/json", b"", {}),
    ],
)
def test_binary_data_is_read_by_its_media_type(media_type: str, body: bytes, expected: dict[str, JsonValue]) -> None:
    envelope = only(read_submitted(ContentMode.BINARY, [("content-type", media_type), *BINARY[1:]], body))

    assert isinstance(envelope, dict)
    assert {name: envelope[name] for name in ("data", "data_base64") if name in envelope} == expected


@pytest.mark.parametrize(
    ("headers", "body", "reason", "field"),
    [
        ([*BINARY, ("ce-id", "e2")], b"{}", Reason.DUPLICATE_KEY, "ce-id"),
        ([*BINARY[:-1], ("ce-subject", "a%00b")], b"{}", Reason.BAD_TEXT, "ce-subject"),
        (BINARY, b'{"a": NaN}', Reason.BAD_NUMBER, "data.a"),
        (BINARY, b'{"a": "\\ud800"}', Reason.BAD_TEXT, "data.a"),
        (BINARY, b'{"a": 1, "a": 2}', Reason.DUPLICATE_KEY, "data.a"),
    ],
)
def test_a_fault_of_a_binary_event_names_its_field(
    headers: list[tuple[str, str]], body: bytes, reason: Reason, field: str
) -> None:
    refused = only(read_submitted(ContentMode.BINARY, headers, body))

    assert isinstance(refused, Refused)
    assert (refused.reason, refused.field) == (reason, field)


def test_a_batch_keeps_the_order_and_the_text_of_what_it_refuses() -> None:
    body = b'[{"id": "a"}, {"id": 1, "id": 2} , 3]'

    submitted = read_submitted(ContentMode.BATCHED, [], body)

    assert [one.text for one in submitted] == [b'{"id": "a"}', b'{"id": 1, "id": 2}', b"3"]
    assert submitted[0].envelope == {"id": "a"}
    assert isinstance(submitted[1].envelope, Refused)
    assert submitted[0].named("id") == "a"
    assert submitted[1].named("id") is None


@pytest.mark.parametrize("body", [b"", b"{", b"[{}", b"nonsense", b'{"a": 1} {}', b"\xff{}", b'{"a": "\x00"}'])
@pytest.mark.parametrize("mode", list(ContentMode))
def test_what_is_not_json_is_refused_as_a_whole(mode: ContentMode, body: bytes) -> None:
    if mode is ContentMode.BINARY and not body:
        return

    with pytest.raises(NotJson) as refusal:
        read_submitted(mode, BINARY, body)

    assert refusal.value.field == "body"
    assert refusal.value.fix


def test_a_batch_of_over_a_thousand_events_is_refused_as_a_whole() -> None:
    assert len(read_submitted(ContentMode.BATCHED, [], b"[" + b",".join([b"{}"] * 1000) + b"]")) == 1000
    with pytest.raises(TooLarge):
        read_submitted(ContentMode.BATCHED, [], b"[" + b",".join([b"{}"] * 1001) + b"]")


@pytest.mark.parametrize("mode", [ContentMode.STRUCTURED, ContentMode.BINARY])
def test_a_single_event_over_64_kb_is_refused_as_a_whole(mode: ContentMode) -> None:
    with pytest.raises(TooLarge):
        read_submitted(mode, BINARY, json.dumps({**EVENT, "data": {"text": "x" * 66_000}}).encode())


def test_a_refused_binary_request_leaves_a_text_that_can_be_mended() -> None:
    text = text_of_request(ContentMode.BINARY, BINARY, b'{"a": NaN}')

    mended = json.loads(text.replace(b"NaN", b"1"))

    assert mended == {**EVENT, "datacontenttype": "application/json"}
