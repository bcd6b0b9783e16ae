"""What known event types require, and their schemas for machines."""

import json

import jsonschema
import pytest

from orchestrator.intake.catalogue import EVENT_TYPES, check_data
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.refusals import Reason, Refused

NAMES = [
    "checkout.started",
    "checkout.updated",
    "checkout.completed",
    "checkout.abandoned",
    "contract.started",
    "contract.renewed",
    "contract.ended",
    "customer.updated",
    "customer.moved",
    "complaint.filed",
    "survey.answered",
    "message.received",
    "bot.fallback",
    "help.searched",
    "help.viewed",
    "help.repeated",
    "login.failed",
    "identification.repeated",
    "ivr.zero_out",
    "page.error",
    "sale.opened",
    "sale.closed",
    "delivery.failed",
    "delivery.delayed",
    "queue.abandoned",
    "contact.inbound",
    "customer.identified",
]


def fits(event_type: str, data: JsonValue) -> bool:
    try:
        check_data(event_type, data)
    except Refused as refused:
        return refused.reason is not Reason.SCHEMA
    return True


def test_the_catalogue_holds_the_types_of_the_design() -> None:
    assert sorted(EVENT_TYPES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_fits_its_type_and_its_schema(name: str) -> None:
    known = EVENT_TYPES[name]

    check_data(name, dict(known.sample))
    jsonschema.validate(dict(known.sample), known.json_schema())
    assert json.dumps(known.json_schema())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "customer.identified"])
def test_no_field_is_required(name: str) -> None:
    assert fits(name, {})
    assert fits(name, {"anything": [None]})


@pytest.mark.parametrize("data", [[], "x", 5, True, None])
def test_data_of_a_known_type_is_an_object(data: JsonValue) -> None:
    assert not fits("checkout.started", data)


@pytest.mark.parametrize("data", [{}, {"anonymous_id": None}, {"anonymous_id": " "}, {"anonymous_id": 5}])
def test_an_identification_needs_the_other_id(data: JsonValue) -> None:
    with pytest.raises(Refused) as refused:
        check_data("customer.identified", data)

    assert refused.value.field == "data.anonymous_id"


def test_an_identification_with_the_other_id_fits() -> None:
    assert fits("customer.identified", {"anonymous_id": "device-1"})


@pytest.mark.parametrize(
    ("event_type", "field", "good", "bad"),
    [
        ("survey.answered", "csat", [1, 5], [0, 6, 2.5, "3", True, None]),
        ("survey.answered", "empathy", [1, 5], [0, 6]),
        ("survey.answered", "ces", [1, 7], [0, 8]),
        ("survey.answered", "nps", [0, 10], [-1, 11]),
        ("survey.answered", "text", ["", "x"], [5, None]),
        ("message.received", "text", ["x"], [["x"]]),
        ("message.received", "language", ["he"], [5]),
        ("help.searched", "results", [0, 10**9], [-1, 0.5, "0"]),
    ],
)
def test_fields_that_are_present_fit(event_type: str, field: str, good: list[JsonValue], bad: list[JsonValue]) -> None:
    assert [value for value in good if not fits(event_type, {field: value})] == []
    assert [value for value in bad if fits(event_type, {field: value})] == []


@pytest.mark.parametrize("name", ["contract.started", "contract.renewed", "contract.ended"])
def test_a_contract_ends_on_a_date_or_at_a_time_with_offset(name: str) -> None:
    good: list[JsonValue] = ["2026-09-30", "2026-09-30T10:00:00Z", "2026-09-30T10:00:00.5+03:00"]
    bad: list[JsonValue] = ["2026-09-31", "2026-09-30T10:00:00", "30.9.2026", "2026-W40-1", "", 20260930, None]

    assert [value for value in good if not fits(name, {"ends_at": value})] == []
    assert [value for value in bad if fits(name, {"ends_at": value})] == []


def test_types_that_are_not_known_are_not_checked() -> None:
    assert fits("survey.answered.v2", {"csat": 99})
