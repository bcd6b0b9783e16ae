"""Every refusal is a problem document; nobody gets in without a token; a copy of a POST is done once."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlmodel import col, func, select, update

from api.app import create_app
from api.routes.registry import ROUTERS
from orchestrator.identity.tables import IdempotencyRow, Scope, TokenRow
from orchestrator.identity.tokens import revoke
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, bearer, some_settings

UNKNOWN = "00000000-0000-4000-8000-000000000000"
# Everything else needs a bearer token; the carrier's webhooks prove themselves by their signature (tested there), and a
# browser asks without credentials whether it may send any.
OPEN = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"), ("OPTIONS", "/codec/decode")}
SIGNED = re.compile(r"/telephony/")
CHANNELS = {"/v1/events"}  # a channel's key instead of a person's token
AGENTS_ONLY = (
    "/v1/agents/me",
    "/accept",
    "/reject",
    "/call",
    "/hang-up",
    "/help",
    "/more-time",
    "/link",
    "/never-call",
    "/complete",
    "/reschedule",
    "/heartbeat",
)
ENDLESS = {"/v1/stream"}  # asked in tests of its own
FOR_BOTH = {
    "/v1/tasks",
    "/v1/tasks/{task_id}",
    "/v1/queues",
    "/v1/queues/{name}",
    "/v1/calendars",
    "/v1/calendars/{name}",
    "/v1/calling-hours",
    "/v1/limits",
    "/v1/switches",
}


def guarded() -> list[tuple[str, str]]:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    paths = [(method, route.path) for route in routes for method in sorted(route.methods or ())]
    return [(method, path) for method, path in paths if (method, path) not in OPEN and not SIGNED.match(path)]


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", UNKNOWN, path)


async def test_no_route_answers_without_a_token_that_holds(client: httpx.AsyncClient, database: Database) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as session:
        expired = await a_token(session, scope=Scope.ADMIN, expires_at=now - timedelta(seconds=1))
        revoked = await a_token(session, scope=Scope.ADMIN)
        name = (await session.exec(select(TokenRow.name).where(col(TokenRow.expires_at).is_(None)))).one()
        await revoke(session, name=name, who="test", now=now)
    headers = [None, {"Authorization": "Basic eDp5"}, bearer("rbk_" + "x" * 43), bearer(expired), bearer(revoked)]

    for method, path in guarded():
        answers = [await client.request(method, filled(path), headers=each) for each in headers]

        assert [answer.status_code for answer in answers] == [401] * 5, (method, path)
        assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
        assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


async def test_no_route_answers_to_the_wrong_scope(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = bearer(await a_token(session, agent=await an_agent(session)))
        supervisor = bearer(await a_token(session))
    body = {"fence": 1, "reason": "r", "at": "2030-01-01T00:00:00Z", "disposition": "solved"}

    for method, path in guarded():
        if path in CHANNELS | ENDLESS:
            continue
        for_agents = any(part in path for part in AGENTS_ONLY)
        headers = supervisor if for_agents else agent
        wrong = await client.request(method, filled(path), headers=headers, json=body)

        allowed = (200, 404) if method == "GET" and path in FOR_BOTH else (403,)
        assert wrong.status_code in allowed, (method, path, wrong.text)


async def test_a_person_is_no_channel(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        token = bearer(await a_token(session, scope=Scope.ADMIN))

    for path in CHANNELS:
        assert (await client.post(path, headers=token, json={})).status_code == 401


async def test_a_problem_names_every_field_and_repeats_no_value(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        token = bearer(await a_token(session, agent=await an_agent(session)))

    answer = await client.post(
        f"/v1/tasks/{UNKNOWN}/complete", headers=token, json={"fence": "secret-value", "wrong": 1, "disposition": "a\0b"}
    )

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "bad_input")
    assert {fault["field"] for fault in problem["errors"]} == {"fence", "wrong", "disposition"}
    assert all(fault["fix"] for fault in problem["errors"])
    assert "secret-value" not in answer.text
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("body", [b"{", b'{"fence": 1', b"\xff"])
async def test_a_malformed_body_is_said_to_be_one(client: httpx.AsyncClient, database: Database, body: bytes) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        token = bearer(await a_token(session, agent=await an_agent(session)))

    answer = await client.post(
        f"/v1/tasks/{UNKNOWN}/accept", headers={**token, "Content-Type": "application/json"}, content=body
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unknown_path_a_wrong_method_and_too_large_a_body_are_problems_too(client: httpx.AsyncClient) -> None:
    answers = [
        await client.get("/v1/nothing"),
        await client.delete("/healthz"),
        await client.put("/v1/queues/sales", content=b"x" * 6_100_000),
    ]

    assert [answer.status_code for answer in answers] == [404, 405, 413]
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_while_the_database_is_away_the_answer_is_503_with_a_time_to_try_again() -> None:
    app = create_app(some_settings("postgresql://nobody@127.0.0.1:1/none"))
    async with app.router.lifespan_context(app), a_client(app) as client:
        answer = await client.get("/v1/agents/me", headers=bearer("rbk_x"))
        ready = await client.get("/readyz")
        alive = await client.get("/healthz")

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == "1"
    assert (ready.status_code, alive.status_code) == (503, 200)


async def test_a_callers_request_id_is_kept_if_it_is_one(client: httpx.AsyncClient) -> None:
    kept = await client.get("/healthz", headers={"X-Request-ID": "abc-123"})
    other = await client.get("/healthz", headers={"X-Request-ID": "a b\tc"})

    assert kept.headers["x-request-id"] == "abc-123"
    assert re.fullmatch(r"[0-9a-f]{32}", other.headers["x-request-id"])


async def test_metrics_hold_routes_and_no_ids(client: httpx.AsyncClient) -> None:
    await client.get(f"/v1/tasks/{UNKNOWN}")

    figures = (await client.get("/metrics")).text

    assert 'route="/v1/tasks/{task_id}"' in figures
    assert UNKNOWN not in figures


async def test_a_copy_under_one_idempotency_key_gets_the_first_answer(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        token = bearer(await a_token(session, agent=agent))
        await a_task(session)
    headers = {**token, "Idempotency-Key": "k1"}

    first = await client.post("/v1/agents/me/next", headers=headers)
    async with database.transaction() as session:
        await session.exec(update(TaskRow).values(state=TaskState.WITHDRAWN))
    second = await client.post("/v1/agents/me/next", headers=headers)
    fresh = await client.post("/v1/agents/me/next", headers={**token, "Idempotency-Key": "k2"})

    assert first.json()["task"]["fence"] == 1
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert fresh.json()["task"] is None


async def test_parallel_copies_under_one_key_are_done_once(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        headers = {**bearer(await a_token(session)), "Idempotency-Key": "k"}

    body = {"scope": "everything", "reason": "test"}
    answers = await asyncio.gather(*(client.post("/v1/switches", headers=headers, json=body) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_used_for_another_request_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        headers = {**bearer(await a_token(session)), "Idempotency-Key": "k"}

    await client.post("/v1/switches", headers=headers, json={"reason": "one"})
    other = await client.post("/v1/switches", headers=headers, json={"reason": "two"})

    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_refused_request_leaves_its_key_free(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        headers = {**bearer(await a_token(session)), "Idempotency-Key": "k"}

    refused = await client.post("/v1/switches", headers=headers, json={"scope": "queue", "reason": "no target"})

    async with database.transaction() as session:
        assert (await session.exec(select(func.count()).select_from(IdempotencyRow))).one() == 0
    assert (refused.status_code, refused.json()["field"]) == (422, "target")


async def test_old_answers_are_forgotten(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        headers = bearer(await a_token(session))
    await client.post("/v1/switches", headers={**headers, "Idempotency-Key": "old"}, json={"reason": "one"})
    async with database.transaction() as session:
        await session.exec(update(IdempotencyRow).values(at=datetime.now(UTC) - timedelta(days=2)))

    again = await client.post("/v1/switches", headers={**headers, "Idempotency-Key": "old"}, json={"reason": "two"})

    assert again.status_code == 201


async def test_the_documentation_describes_every_route(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()["paths"]

    assert {path for _, path in guarded()} <= set(described)
    assert "Idempotency-Key".lower() in str(described["/v1/tasks/{task_id}/complete"]["post"]["parameters"]).lower()
