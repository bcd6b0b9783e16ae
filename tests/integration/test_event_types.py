"""The catalogue over HTTP: each type's schema and sample agree with what intake takes."""

import json
from collections.abc import AsyncIterator

import httpx
import jsonschema
import pytest

from api.app import create_app
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.intake.envelope import read_event
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_token, bearer, some_settings


@pytest.fixture
async def client(database_url: str, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with database.transaction() as session:
        secret = await a_token(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        client.headers.update(bearer(secret))
        yield client


async def test_every_type_is_listed_with_a_sample_that_intake_takes(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/event-types")).json()

    assert [each["name"] for each in listed] == list(EVENT_TYPES)
    for each in listed:
        jsonschema.validate(each["sample"]["data"], each["json_schema"])
        assert read_event(json.dumps(each["sample"]).encode()).type == each["name"]


async def test_one_type_is_found_by_its_name_and_another_is_not(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/v1/event-types/survey.answered")).json()

    assert shown["json_schema"]["properties"]["csat"]["maximum"] == 5
    assert (await client.get("/v1/event-types/checkout.strated")).status_code == 404
