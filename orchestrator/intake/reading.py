"""From an HTTP request's headers and body to CloudEvents as they were sent: structured, batched and binary mode."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast
from urllib.parse import unquote

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat

from orchestrator.errors import BadInput
from orchestrator.intake.json_text import MAX_EVENT_BYTES, JsonValue, read, read_many
from orchestrator.intake.refusals import Reason, Refused

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_EVENTS = 1000
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
_JSON = re.compile(r"application/(?:[^;]+\+)?json|text/json")


class RequestRefused(BadInput):
    """The whole request is refused: nothing in it was looked at further."""

    code = "request_refused"


class NotJson(RequestRefused):
    code = "malformed"


class TooLarge(RequestRefused):
    code = "too_large"


class UnsupportedMediaType(RequestRefused):
    code = "unsupported_media_type"


class ContentMode(StrEnum):
    STRUCTURED = "structured"
    BATCHED = "batched"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class Submitted:
    """One event of a request: its envelope, or why it could not be read, and its text for the dead-letter list."""

    envelope: JsonValue | Refused
    text: bytes

    def named(self, attribute: str) -> str | None:
        """Return the text of an attribute, where the envelope could be read and holds one."""
        value = self.envelope.get(attribute) if isinstance(self.envelope, dict) else None
        return value if isinstance(value, str) else None


def content_mode(headers: Iterable[tuple[str, str]]) -> ContentMode:
    """Return how the events of a request are written. `headers` are in small letters. Raises `UnsupportedMediaType`."""
    given = list(headers)
    types = [value for name, value in given if name == "content-type"]
    if any(name == "content-encoding" and value.strip().lower() != "identity" for name, value in given):
        raise UnsupportedMediaType("the body is compressed", field="content-encoding", fix="send the body as it is")
    match _media_type(types[0]) if types else "":
        case _ if len(types) > 1:
            raise _unsupported()
        case "application/cloudevents+json":
            return ContentMode.STRUCTURED
        case "application/cloudevents-batch+json":
            return ContentMode.BATCHED
        case media_type if any(name.startswith("ce-") for name, _ in given):
            if media_type.startswith("application/cloudevents"):
                raise _unsupported()
            return ContentMode.BINARY
        case _:
            raise _unsupported()


def read_submitted(mode: ContentMode, headers: Iterable[tuple[str, str]], body: bytes) -> list[Submitted]:
    """Return the events of a body in the order they stand. Raises `NotJson` or `TooLarge` for the whole."""
    match mode:
        case ContentMode.STRUCTURED:
            return [_structured(body)]
        case ContentMode.BATCHED:
            return _batched(body)
        case ContentMode.BINARY:
            return [_binary(list(headers), body)]


def read_text(text: bytes) -> Submitted:
    """Read one event in structured mode, as a line of a file or a dead letter holds it; a fault stands in its place."""
    try:
        return Submitted(read(text), text)
    except Refused as refused:
        return Submitted(refused, text)


def read_letter(text: bytes) -> list[Submitted]:
    """Read what a dead letter holds: one event, or a batch of any length. Raises `NotJson`."""
    if not text.lstrip().startswith(b"["):
        return [read_text(text)]
    return _elements(text)


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _unsupported() -> UnsupportedMediaType:
    fix = f"send {STRUCTURED}, {BATCH}, or the data alone with ce- headers"
    return UnsupportedMediaType("the media type is none of CloudEvents'", field="content-type", fix=fix)


def _structured(body: bytes) -> Submitted:
    submitted = read_text(body)
    if isinstance(submitted.envelope, Refused):
        _raise_for_whole(submitted.envelope)
    return submitted


def _raise_for_whole(refused: Refused) -> None:
    """Raise where the fault is not in a field of an event but in the request."""
    if refused.reason is Reason.TOO_LARGE:
        raise TooLarge(refused.detail, field=refused.field or "body", fix=refused.fix)
    if refused.field is None and refused.reason in (Reason.MALFORMED, Reason.BAD_TEXT):
        raise NotJson(refused.detail, field="body", fix=refused.fix, code=refused.code)


def _batched(body: bytes) -> list[Submitted]:
    submitted = _elements(body)
    if len(submitted) > MAX_EVENTS:
        raise TooLarge(f"the batch holds over {MAX_EVENTS:,} events", field="body", fix="send it in parts")
    return submitted


def _elements(body: bytes) -> list[Submitted]:
    try:
        elements = read_many(body)
    except Refused as refused:
        raise NotJson(refused.detail, field=refused.field or "body", fix=refused.fix, code=refused.code) from None
    return [Submitted(element, text.encode()) for element, text in elements]


def text_of_request(mode: ContentMode | None, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Return what a refused request leaves on the dead-letter list: its body, in binary mode with the headers' attributes."""
    return _rendered(_attributes(dict(headers)), body) if mode is ContentMode.BINARY else body


def _binary(headers: list[tuple[str, str]], body: bytes) -> Submitted:
    envelope = _attributes(dict(headers))
    try:
        _refuse_twins([name for name, _ in headers if name.startswith("ce-")])
        _refuse_nul(envelope)
        _put_data(envelope, body)
    except Refused as refused:
        return Submitted(refused, _rendered(envelope, body))
    return Submitted(envelope, json.dumps(envelope, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _attributes(headers: Mapping[str, str]) -> dict[str, JsonValue]:
    # The library would turn the time into a datetime of its own reading; ours decides which times there are.
    time = headers.get("ce-time")
    carried = {name: value for name, value in headers.items() if name not in ("ce-time", "ce-data", "ce-data_base64")}
    found = cast(dict[str, JsonValue], from_binary(HTTPMessage(carried, b""), JSONFormat(), _as_found))
    if time is not None:
        found["time"] = unquote(time)
    return found


def _as_found(attributes: dict[str, Any], _data: object) -> BaseCloudEvent:
    # Of the library's event we want what it read from the headers, unjudged: our own envelope decides what is accepted.
    return cast(BaseCloudEvent, attributes)


def _refuse_twins(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Refused(Reason.DUPLICATE_KEY, "A header stands twice.", field=name, fix="Send each header once.")


def _refuse_nul(attributes: Mapping[str, JsonValue]) -> None:
    for name, value in attributes.items():
        if "\0" in str(value):
            raise Refused(Reason.BAD_TEXT, "A header holds NUL.", field=f"ce-{name}", fix="Remove NUL characters.")


def _put_data(envelope: dict[str, JsonValue], body: bytes) -> None:
    media_type = _media_type(str(envelope.get("datacontenttype") or "application/json"))
    if len(body) > MAX_EVENT_BYTES:
        raise TooLarge("the event is over 64 KB", field="body", fix=f"send at most {MAX_EVENT_BYTES:,} bytes an event")
    if not body:
        return
    if _JSON.fullmatch(media_type):
        envelope["data"] = _json_data(body)
    elif media_type.startswith("text/"):
        envelope["data"] = _text(body)
    else:
        envelope["data_base64"] = base64.b64encode(body).decode()


def _json_data(body: bytes) -> JsonValue:
    try:
        return read(body)
    except Refused as refused:
        _raise_for_whole(refused)
        field = f"data.{refused.field}" if refused.field else "data"
        raise Refused(refused.reason, refused.detail, field=field, fix=refused.fix or "") from None


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotJson("the text is not UTF-8", field="body", fix="encode it as UTF-8", code="bad_text") from None
    if "\0" in text:
        raise Refused(Reason.BAD_TEXT, "The text holds NUL.", field="data", fix="Remove NUL characters.")
    return text


def _rendered(envelope: Mapping[str, JsonValue], body: bytes) -> bytes:
    """Return the event as a structured text to be mended: the data stands in it as it came, valid or not."""
    head = json.dumps(envelope, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return head[:-1] + (b", " if envelope else b"") + b'"data": ' + (body or b"null") + b"}"
