"""Logs: one shape for everybody's lines, and nothing in them that belongs to a customer."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from orchestrator import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    handlers, level = logging.root.handlers, logging.root.level
    yield
    logging.root.handlers = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_what_is_bound_at_the_edge_is_in_our_lines_and_in_the_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info")

    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("call refused", code=21211)
        logging.getLogger("uvicorn.error").warning("lost %s", "x")
        logging.getLogger("temporalio.workflow").info("step done", extra={"step": 3})

    ours, uvicorns, workflows = lines(capsys)
    assert (ours["event"], ours["code"], ours["level"], ours["request_id"]) == ("call refused", 21211, "info", "r1")
    assert (uvicorns["event"], uvicorns["level"], uvicorns["request_id"]) == ("lost x", "warning", "r1")
    assert (workflows["event"], workflows["step"], workflows["logger"]) == ("step done", 3, "temporalio.workflow")


def test_twilios_client_may_not_write_whom_it_calls(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="debug")

    logging.getLogger("twilio.http_client").info("POST Request: to 5550100001")
    structlog.get_logger().debug("still heard")

    assert [line["event"] for line in lines(capsys)] == ["still heard"]


@pytest.mark.parametrize("render", [True, False])
def test_numbers_and_addresses_are_masked_wherever_they_stand(capsys: pytest.CaptureFixture[str], render: bool) -> None:
    logs.configure(level="info", json=render)
    secrets = ("+15550100001", "dana@example.com", "hunter2")

    structlog.get_logger().info("said", to=secrets[0], deep={"list": [secrets[1]], "pair": ("x", secrets[0])})
    structlog.get_logger().info("asked", url="/v1?to=%2B15550100001&mail=dana%40example.com")
    logging.getLogger("some.library").error("call to %s failed", secrets[0])
    for logger in (structlog.get_logger(), logging.getLogger("some.library")):
        try:
            raise ValueError(f"{secrets[0]} {secrets[1]} postgresql://ringback:{secrets[2]}@db/ringback")
        except ValueError:
            logger.exception("failed")

    said = capsys.readouterr().err
    assert said.count("ValueError") >= 2
    for secret in (*secrets, "5550100001", "dana"):
        assert secret not in said.replace("secrets", "")


@pytest.mark.parametrize(
    "text", ["2026-11-21T10:00:00+02:00", "018f3c1e-7b7a-7c3e-9d5e-2f6a1b0c9d8e", "+15", "escalation-42", "a@b"]
)
def test_ids_and_times_stay_readable(text: str) -> None:
    assert logs.masked(text) == text


@pytest.mark.parametrize("text", ["+972 50-123-4567", "+1 (555) 010-0001", "‏+972501234567.", "<דנה@example.co.il>"])
def test_other_ways_to_write_a_number_are_masked(text: str) -> None:
    assert logs.MASK in logs.masked(text)
