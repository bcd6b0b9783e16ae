"""The carrier simulator, once per run, and an application of each test's own."""

from collections.abc import Iterator

import pytest

from tests.integration.simulated_carrier import SPEED, Application, Carrier, a_carrier, an_application


@pytest.fixture(scope="session")
def running_carrier() -> Iterator[Carrier]:
    """One simulator process for the run."""
    with a_carrier() as carrier:
        yield carrier


@pytest.fixture
def carrier(running_carrier: Carrier) -> Carrier:
    """The simulator without calls, messages, scripts and faults."""
    running_carrier.control.post("/_sim/reset").raise_for_status()
    running_carrier.configure(speed=SPEED, calls_per_second=None, numbers=None, sms_url=None, voice_url=None)
    return running_carrier


@pytest.fixture
def application() -> Iterator[Application]:
    """A receiver of webhooks; after the test it says whether every one was signed."""
    with an_application() as application:
        yield application
    assert application.unsigned == []
