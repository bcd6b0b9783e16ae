"""What is an event, live and in the back-test."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.intake.envelope import read_event
from orchestrator.intake.event import Event
from orchestrator.intake.refusals import Reason, Refused

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def envelope(**fields: Any) -> bytes:
    given = {"specversion": "1.0", "id": "e1", "source": "web", "type": "t", "subject": "c1", "time": "2026-03-01T12:00:00Z"}
    return json.dumps({name: value for name, value in (given | fields).items() if value is not ...}).encode()


def refusal(raw: bytes, *, arrival: datetime | None = None) -> tuple[Reason, str | None]:
    with pytest.raises(Refused) as refused:
        read_event(raw, arrival=arrival)
    assert refused.value.fix
    return refused.value.reason, refused.value.field


def test_an_event_is_read() -> None:
    event = read_event(envelope(data={"total": 300.0}))

    assert event == Event(source="web", id="e1", type="t", subject="c1", time=NOON, data={"total": 300})


@pytest.mark.parametrize("version", ["0.3", "1.1", 1.0, None, "", ...])
def test_only_cloudevents_1_0_is_understood(version: object) -> None:
    assert refusal(envelope(specversion=version)) == (Reason.SPECVERSION, "specversion")


@pytest.mark.parametrize("field", ["id", "source", "type", "subject"])
@pytest.mark.parametrize("value", [..., None, "", " ", "\t\n"])
def test_a_missing_or_blank_attribute_is_named(field: str, value: object) -> None:
    assert refusal(envelope(**{field: value})) == (Reason(f"missing_{field}"), field)


@pytest.mark.parametrize("field", ["id", "source", "type", "subject"])
def test_an_attribute_that_is_no_text_does_not_fit(field: str) -> None:
    assert refusal(envelope(**{field: 5})) == (Reason.SCHEMA, field)


def test_names_are_limited_by_their_bytes() -> None:
    assert read_event(envelope(id="é" * 512)).id == "é" * 512
    assert refusal(envelope(id="é" * 513)) == (Reason.TOO_LARGE, "id")


@pytest.mark.parametrize("value", [..., None, "", "  "])
def test_a_missing_time_is_the_arrival_live_and_refused_in_a_file(value: object) -> None:
    assert read_event(envelope(time=value), arrival=NOON).time == NOON
    assert refusal(envelope(time=value)) == (Reason.MISSING_TIME, "time")


@pytest.mark.parametrize(
    "time",
    [
        "yesterday",
        "2026-03-01",
        "2026-03-01T12:00:00",
        "2026-03-01 12:00:00Z",
        "2026-03-01T12:00Z",
        "2026-03-01T24:00:00Z",
        "2026-02-29T12:00:00Z",
        "2026-03-01T12:00:00+24:00",
        "2026-03-01T12:00:00+0200",
        "2026-03-01T12:00:60Z",
        "2026-03-01T12:00:00.Z",
        "２026-03-01T12:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "20260301T120000Z",
        "2026-W09-7T12:00:00Z",
        1772366400,
        ["2026-03-01T12:00:00Z"],
    ],
)
def test_a_time_that_is_not_rfc_3339_with_an_offset_is_bad(time: object) -> None:
    assert refusal(envelope(time=time)) == (Reason.BAD_TIME, "time")


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("2026-03-01T14:00:00+02:00", NOON),
        ("2026-03-01t12:00:00z", NOON),
        ("2026-03-01T12:00:00-00:00", NOON),
        ("2026-03-01T12:00:00.1Z", NOON + timedelta(milliseconds=100)),
        ("2026-03-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-03-01T12:00:00.999999999+00:00", NOON + timedelta(microseconds=999999)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T01:59:60.5+02:00", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_kept_in_utc_with_microseconds(time: str, read: datetime) -> None:
    assert read_event(envelope(time=time)).time == read


def test_live_a_time_may_lie_five_minutes_ahead_and_no_more() -> None:
    arrival = NOON - timedelta(minutes=5)

    assert read_event(envelope(), arrival=arrival).time == NOON
    assert refusal(envelope(), arrival=arrival - timedelta(microseconds=1)) == (Reason.FUTURE_TIME, "time")


def test_in_a_file_times_may_lie_in_any_future() -> None:
    assert read_event(envelope(time="9999-12-31T23:59:59Z")).time.year == 9999


def test_absent_data_is_an_empty_object_and_null_stays_null() -> None:
    assert read_event(envelope()).data == {}
    assert read_event(envelope(data=None)).data is None


@pytest.mark.parametrize("data", [5, "text", [1], True, None])
def test_an_unknown_type_carries_any_json(data: object) -> None:
    assert read_event(envelope(data=data)).data == data


def test_extension_attributes_are_not_looked_at() -> None:
    read_event(envelope(traceparent="00-1", datacontenttype="text/plain", dataschema=None, weird={"a": [1]}))


def test_binary_data_is_kept_and_excludes_data() -> None:
    assert read_event(envelope(data_base64="AAE=")).data_base64 == "AAE="
    assert refusal(envelope(data_base64="AAE=", data={})) == (Reason.SCHEMA, "data_base64")


@pytest.mark.parametrize("raw", [b"[]", b"5", b'"x"', b"null"])
def test_an_event_is_an_object(raw: bytes) -> None:
    assert refusal(raw)[0] is Reason.MALFORMED


def test_a_refusal_tells_no_value_of_the_event() -> None:
    with pytest.raises(Refused) as refused:
        read_event(envelope(time="dana@example.com"))

    assert "dana" not in f"{refused.value} {refused.value.fix}"
