"""Who is let in to availability's routes of `/v1`: what each answers to every kind of token, and to keys of channels."""

import re

import httpx
import pytest
from fastapi.routing import APIRoute

from api.routes.registry import ROUTERS
from orchestrator.identity.tables import Scope
from orchestrator.intake.channels import add_channel
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_token, an_agent, bearer
from tests.integration.test_api_problems import filled

# What is availability's; each route that fits must stand in the table below.
OURS = re.compile(
    r"/v1/(availability|calendars|calling-hours|limits|registries|shifts|switches)(/|$)"
    r"|/v1/customers/\{customer_id\}/(consent|do-not-call)|/forecast$"
)
SUPERVISING = frozenset({"supervisor", "admin"})
STAFF = SUPERVISING | {"agent"}
DOORS = {
    ("GET", "/v1/availability"): SUPERVISING,
    ("GET", "/v1/calendars"): STAFF,
    ("GET", "/v1/calendars/{name}"): STAFF,
    ("PUT", "/v1/calendars/{name}"): SUPERVISING,
    ("DELETE", "/v1/calendars/{name}"): SUPERVISING,
    ("GET", "/v1/calendars/{name}/versions"): SUPERVISING,
    ("GET", "/v1/calendars/{name}/versions/{version}"): SUPERVISING,
    ("GET", "/v1/calendars/{name}/difference"): SUPERVISING,
    ("GET", "/v1/calendars/{name}/ics"): SUPERVISING,
    ("POST", "/v1/calendars/{name}/ics"): SUPERVISING,
    ("POST", "/v1/calendars/{name}/closures"): SUPERVISING,
    ("DELETE", "/v1/calendars/{name}/closures/{closure_id}"): SUPERVISING,
    ("GET", "/v1/calling-hours"): SUPERVISING,
    ("GET", "/v1/customers/{customer_id}/consent"): SUPERVISING,
    ("POST", "/v1/customers/{customer_id}/consent"): SUPERVISING,
    ("GET", "/v1/customers/{customer_id}/do-not-call"): SUPERVISING,
    ("POST", "/v1/customers/{customer_id}/do-not-call"): SUPERVISING,
    ("GET", "/v1/limits"): STAFF,
    ("PUT", "/v1/limits"): SUPERVISING,
    ("GET", "/v1/limits/spent"): SUPERVISING,
    ("GET", "/v1/queues/{name}/forecast"): SUPERVISING,
    ("GET", "/v1/registries"): SUPERVISING,
    ("GET", "/v1/shifts"): SUPERVISING,
    ("GET", "/v1/shifts/{agent}"): SUPERVISING,
    ("PUT", "/v1/shifts/{agent}"): SUPERVISING,
    ("DELETE", "/v1/shifts/{agent}"): SUPERVISING,
    ("GET", "/v1/switches"): STAFF,
    ("POST", "/v1/switches"): SUPERVISING,
    ("DELETE", "/v1/switches/{switch_id}"): SUPERVISING,
}


@pytest.fixture
async def keys(database: Database) -> dict[str, dict[str, str]]:
    """The headers of everybody who has any: three kinds of people, a channel of ours and a partner's."""
    async with database.transaction() as session:
        queue = await a_queue(session)
        tokens = {
            "agent": await a_token(session, agent=await an_agent(session, queues=[queue])),
            "supervisor": await a_token(session),
            "admin": await a_token(session, scope=Scope.ADMIN),
        }
        now = await database.clock.now(session)
        for name, kind in (("channel", "web"), ("partner", "partner")):
            tokens[name] = await add_channel(session, name, kind=kind, types=[], who="test", now=now)
    return {name: bearer(token) for name, token in tokens.items()}


def test_every_route_of_availability_says_who_is_let_in() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute) and OURS.search(route.path)]

    assert {(method, route.path) for route in routes for method in route.methods or ()} == DOORS.keys()


async def test_each_route_lets_in_whom_it_should_and_nobody_else(
    client: httpx.AsyncClient, keys: dict[str, dict[str, str]]
) -> None:
    for (method, path), let_in in DOORS.items():
        for who, headers in keys.items():
            answer = await client.request(method, filled(path), headers=headers, json={})
            refused = 403 if who == "agent" else 401

            is_in = answer.status_code not in (401, 403)
            assert is_in == (who in let_in), (method, path, who, answer.text)
            assert is_in or answer.status_code == refused, (method, path, who, answer.text)
