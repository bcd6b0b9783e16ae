"""Our own CloudEvents 1.0 envelope: it alone decides what is accepted, live and in the back-test."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from orchestrator.intake.catalogue import check_data
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import JsonValue, read
from orchestrator.intake.refusals import Reason, Refused
from orchestrator.intake.timestamps import parse_time

FUTURE_ALLOWANCE = timedelta(minutes=5)
# PostgreSQL refuses index entries over about 2,700 bytes, and source and id stand in one index.
MAX_NAME_BYTES = 1024
_MISSING = {
    "id": Reason.MISSING_ID,
    "source": Reason.MISSING_SOURCE,
    "type": Reason.MISSING_TYPE,
    "subject": Reason.MISSING_SUBJECT,
}


def read_event(raw: bytes, *, arrival: datetime | None = None) -> Event:
    """Read one structured-mode CloudEvent; see `accept`. Raises `Refused`."""
    return accept(read(raw), arrival=arrival)


def accept(envelope: JsonValue, *, arrival: datetime | None = None) -> Event:
    """Turn a CloudEvents JSON object, read by `json_text`, into an event, or raise `Refused`.

    With an `arrival` (aware UTC) a missing time is the arrival, and one over five minutes later is refused. Without one,
    as in the back-test, a missing time is refused and the future is allowed. Extension attributes are not looked at.
    """
    if not isinstance(envelope, dict):
        raise Refused(Reason.MALFORMED, "An event is a JSON object.", fix="Send a CloudEvents 1.0 JSON object.")
    if envelope.get("specversion") != "1.0":
        detail, fix = "Only CloudEvents 1.0 is understood.", 'Set "specversion" to "1.0".'
        raise Refused(Reason.SPECVERSION, detail, field="specversion", fix=fix)
    identity, source = _name(envelope, "id"), _name(envelope, "source")
    kind, subject = _name(envelope, "type"), _name(envelope, "subject")
    time = _time(envelope.get("time"), arrival)
    base64 = envelope.get("data_base64")
    if base64 is not None and (not isinstance(base64, str) or "data" in envelope):
        detail, fix = "data_base64 is a text and excludes data.", "Send either data or data_base64."
        raise Refused(Reason.SCHEMA, detail, field="data_base64", fix=fix)
    data = envelope.get("data", {})
    check_data(kind, data)
    return Event(source, identity, kind, subject, time, data, base64)


def _name(envelope: Mapping[str, JsonValue], field: str) -> str:
    value = envelope.get(field)
    if not isinstance(value, str) or not value or value.isspace():
        raise _unnamed(field, value)
    if len(value) * 4 > MAX_NAME_BYTES and len(value.encode()) > MAX_NAME_BYTES:
        detail, fix = f"{field} is too long.", f"Use at most {MAX_NAME_BYTES} bytes of UTF-8."
        raise Refused(Reason.TOO_LARGE, detail, field=field, fix=fix)
    return value


def _unnamed(field: str, value: JsonValue) -> Refused:
    if value is None or isinstance(value, str):
        fix = f"Give every event a {field}."
        return Refused(_MISSING[field], f"{field} is missing or blank.", field=field, fix=fix)
    return Refused(Reason.SCHEMA, f"{field} is not a text.", field=field, fix=f"Send {field} as a JSON string.")


def _time(value: JsonValue, arrival: datetime | None) -> datetime:
    if value is None or (isinstance(value, str) and not value.strip()):
        if arrival is not None:
            return arrival
        detail, fix = "time is missing.", "Give every event the time at which it happened."
        raise Refused(Reason.MISSING_TIME, detail, field="time", fix=fix)
    time = parse_time(value) if isinstance(value, str) else None
    if time is None:
        detail, fix = "time is not RFC 3339 with an offset.", 'Write it like "2026-01-31T09:30:00Z".'
        raise Refused(Reason.BAD_TIME, detail, field="time", fix=fix)
    if arrival is not None and time - arrival > FUTURE_ALLOWANCE:
        detail, fix = "time is over five minutes in the future.", "Set the sender's clock, or the offset, right."
        raise Refused(Reason.FUTURE_TIME, detail, field="time", fix=fix)
    return time
