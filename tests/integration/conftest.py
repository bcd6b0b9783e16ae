"""The carrier simulator, once per run; an API, and an application that its carrier calls, of each test's own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from orchestrator.storage.database import Database
from tests.integration.escalation_world import HandClock, World
from tests.integration.floor import a_client, some_settings
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


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """Escalations on a database of the test's own, at a time that is set by hand."""
    clock = HandClock()
    database = Database(database_url, pool_size=5, clock=clock)
    yield World(database, clock)
    await database.close()


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    """The API as it is served, at work."""
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which nobody is signed in."""
    async with a_client(app) as client:
        yield client
