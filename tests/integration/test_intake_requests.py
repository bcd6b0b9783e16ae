"""`POST /v1/events` as channels use it: three modes, a verdict for each event, and refusals that name field and fix."""

import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from fastapi import FastAPI
from sqlmodel import select

from api.app import create_app
from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.intake.accept import Intake
from orchestrator.intake.channels import ChannelKeys, revoke_channel
from orchestrator.intake.tables import DeadLetterRow, EventRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_token, bearer, some_settings
from tests.integration.intake_world import BATCH, COMPLAINT, STRUCTURED, a_channel_key, ago, an_event, publish_rules


@pytest.fixture
async def key(database: Database) -> str:
    return await a_channel_key(database)


@pytest.fixture
async def client(app: FastAPI, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A channel with a key of its own."""
    async with a_client(app) as client:
        client.headers["authorization"] = f"Bearer {key}"
        yield client


@pytest.fixture
async def supervisor(database: Database) -> dict[str, str]:
    async with database.transaction() as session:
        return bearer(await a_token(session))


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


async def post(client: httpx.AsyncClient, event: object, headers: dict[str, str] = STRUCTURED) -> httpx.Response:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return await client.post("/v1/events", content=body, headers=headers)


async def post_batch(client: httpx.AsyncClient, events: object) -> httpx.Response:
    return await post(client, events, BATCH)


async def stored(database: Database) -> list[EventRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(EventRow))).all())


async def letters(database: Database) -> list[DeadLetterRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(DeadLetterRow))).all())


async def test_one_event_in_structured_mode(client: httpx.AsyncClient, database: Database) -> None:
    answer = await post(client, an_event(id="e1", at=ago(seconds=1)))

    assert answer.status_code == 202
    verdict = {"index": 0, "id": "e1", "source": "/test", "verdict": "accepted", "error": None}
    assert answer.json() == {"events": [verdict]}
    assert [(event.source, event.id) for event in await stored(database)] == [("/test", "e1")]


async def test_structured_and_binary_mode_carry_the_same_event(client: httpx.AsyncClient, database: Database) -> None:
    attributes = {
        "id": "e1",
        "source": "/test",
        "type": "x",
        "subject": 'דנה "d"',
        "time": ago(seconds=1),
        "specversion": "1.0",
    }
    event = CloudEvent(attributes, {"total": 1.5})
    structured, binary = to_structured_event(event), to_binary_event(event)

    first = await client.post("/v1/events", content=structured.body, headers=structured.headers)
    second = await client.post(
        "/v1/events", content=binary.body, headers={"content-type": "application/json", **binary.headers}
    )

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json()["events"][0]["verdict"] == "duplicate"
    (kept,) = await stored(database)
    assert (kept.subject, kept.data, kept.conflicting_copies) == ('דנה "d"', {"total": 1.5}, 0)


async def test_a_batch_is_answered_event_by_event_in_its_order(client: httpx.AsyncClient) -> None:
    good, late = an_event(id="e1"), an_event(id="e2", at=ago(days=3))
    bad = {**an_event(id="e3"), "subject": " "}
    wrong = an_event("survey.answered", id="e4", csat=9)

    answer = await post_batch(client, [good, bad, good, wrong, late])

    assert answer.status_code == 202
    events = answer.json()["events"]
    assert [event["verdict"] for event in events] == ["accepted", "refused", "duplicate", "refused", "accepted"]
    assert [event["index"] for event in events] == [0, 1, 2, 3, 4]
    assert (events[1]["error"]["code"], events[1]["error"]["field"]) == ("missing_subject", "subject")
    assert (events[3]["error"]["code"], events[3]["error"]["field"]) == ("schema", "data.csat")
    assert all(events[index]["error"]["fix"] for index in (1, 3))


async def test_a_batch_of_nothing_but_duplicates_is_accepted(client: httpx.AsyncClient) -> None:
    events = [an_event(id=f"e{number}", at=ago(seconds=9)) for number in range(3)]
    await post_batch(client, events)

    answer = await post_batch(client, events)

    assert answer.status_code == 202
    assert {event["verdict"] for event in answer.json()["events"]} == {"duplicate"}


LONE = b'{"specversion": "1.0", "id": "e1", "source": "/s", "type": "x", "subject": "ann", "data": {"a": %s}}'


@pytest.mark.parametrize(
    ("event", "code", "field"),
    [
        ({**an_event(), "specversion": "0.3"}, "specversion", "specversion"),
        ({**an_event(), "id": ""}, "missing_id", "id"),
        ({**an_event(), "source": None}, "missing_source", "source"),
        ({key: value for key, value in an_event().items() if key != "type"}, "missing_type", "type"),
        ({**an_event(), "subject": "\t"}, "missing_subject", "subject"),
        ({**an_event(), "time": "2026-01-01"}, "bad_time", "time"),
        (an_event(at=datetime(9999, 1, 1, tzinfo=UTC)), "future_time", "time"),
        (LONE % b"NaN", "bad_number", "data.a"),
        (LONE % b"1e400", "bad_number", "data.a"),
        (LONE % b"9223372036854775808", "bad_number", "data.a"),
        (LONE % b'"\\ud800"', "bad_text", "data.a"),
        (LONE % b'"\\u0000"', "bad_text", "data.a"),
        (LONE % b'{"b": 1, "b": 1}', "duplicate_key", "data.a.b"),
        (an_event("customer.identified"), "schema", "data.anonymous_id"),
        (b"[1]", "malformed", None),
    ],
)
async def test_an_event_that_does_not_fit_is_refused_with_its_field_and_the_fix(
    client: httpx.AsyncClient, database: Database, event: Any, code: str, field: str | None
) -> None:
    answer = await post(client, event)

    assert answer.status_code == 422
    (verdict,) = answer.json()["events"]
    assert verdict["verdict"] == "refused"
    assert verdict["error"]["code"] == code
    assert verdict["error"].get("field") == field
    assert verdict["error"]["fix"]
    assert await stored(database) == []
    assert [letter.reason for letter in await letters(database)] == [code]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", STRUCTURED, 400, "malformed"),
        (b"\xff", STRUCTURED, 400, "bad_text"),
        (b'{"a": 1}', BATCH, 400, "malformed"),
        (b"{}", {"content-type": "application/json"}, 415, "unsupported_media_type"),
        (b"{}", {"content-type": "application/xml"}, 415, "unsupported_media_type"),
        (b"[" + b",".join([b"{}"] * 1001) + b"]", BATCH, 413, "too_large"),
        (b" " * 5_000_000, STRUCTURED, 413, "too_large"),
        (b" " * 70_000 + b"{}", STRUCTURED, 413, "too_large"),
    ],
    ids=["not-json", "not-utf8", "no-array", "plain-json", "xml", "1001-events", "5-MB", "70-KB-event"],
)
async def test_a_request_that_is_refused_as_a_whole_is_kept(
    client: httpx.AsyncClient, database: Database, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await post(client, body, headers)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["field"]
    assert problem["fix"]
    (letter,) = await letters(database)
    assert letter.reason == code
    assert letter.body == body[: 4 * 1024 * 1024] or status == 413


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer nonsense", "Basic abc", "Bearer \xff"])
async def test_without_a_key_nothing_is_taken_and_nothing_kept(
    app: FastAPI, database: Database, authorization: str | None
) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in STRUCTURED.items()]
    if authorization is not None:
        headers.append((b"authorization", authorization.encode("latin-1")))
    async with a_client(app) as stranger:
        answer = await stranger.post("/v1/events", content=b"{", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert await letters(database) == []


async def test_a_revoked_key_ends(client: httpx.AsyncClient, app: FastAPI, database: Database) -> None:
    app.state.channel_keys = ChannelKeys(database, remember=timedelta(0))
    assert (await post(client, an_event())).status_code == 202
    async with database.transaction() as session:
        await revoke_channel(session, "web", who="test", now=ago(seconds=0))

    assert (await post(client, an_event())).status_code == 401


async def test_a_channel_reports_only_the_types_it_may(app: FastAPI, database: Database) -> None:
    key = await a_channel_key(database, "shop", types=["checkout.*", "cart"])
    async with a_client(app) as shop:
        shop.headers["authorization"] = f"Bearer {key}"
        none = await post_batch(shop, [an_event("complaint.filed"), an_event("cartx")])
        some = await post_batch(shop, [an_event("complaint.filed"), an_event("checkout.started.again"), an_event("cart")])

    assert none.status_code == 403
    assert none.json()["code"] == "type_not_allowed"
    assert some.status_code == 202
    assert [event["verdict"] for event in some.json()["events"]] == ["refused", "accepted", "accepted"]
    assert [letter.reason for letter in await letters(database)] == ["type_not_allowed"] * 3


async def test_while_the_database_is_away_a_channel_is_told_to_try_again(free_port: int) -> None:
    app = create_app(some_settings(f"postgresql://nobody:x@127.0.0.1:{free_port}/none"))
    app.state.channel_keys = ChannelKeys(database := Database(f"postgresql://nobody:x@127.0.0.1:{free_port}/none"))
    app.state.intake = Intake(database, RuleLibrary(), Policy())
    async with a_client(app) as client:
        answer = await client.post("/v1/events", content=b"{}", headers={**STRUCTURED, "authorization": "Bearer some-key"})
    await database.close()

    assert answer.status_code == 503
    assert (answer.json()["code"], answer.headers["retry-after"]) == ("database_unavailable", "1")


async def test_an_empty_batch_holds_no_event_to_accept(client: httpx.AsyncClient) -> None:
    answer = await post_batch(client, [])

    assert (answer.status_code, answer.json()) == (422, {"events": []})


async def test_a_thousand_events_are_one_request(client: httpx.AsyncClient, database: Database) -> None:
    answer = await post_batch(client, [an_event(subject=f"s{number % 70}", id=f"e{number}") for number in range(1000)])

    assert answer.status_code == 202
    assert len(await stored(database)) == 1000


async def test_a_refused_event_is_mended_and_replayed_once(
    client: httpx.AsyncClient, database: Database, supervisor: dict[str, str]
) -> None:
    await publish_rules(database, COMPLAINT)
    bad = {**an_event(id="e1"), "subject": ""}
    await post(client, bad)
    listed = (await client.get("/v1/dead-letters", headers=supervisor)).json()["items"]
    path = f"/v1/dead-letters/{listed[0]['id']}/replay"

    again = await client.post(path, json={}, headers=supervisor)
    mended = await client.post(path, json={"event": {**bad, "subject": "ann"}}, headers=supervisor)
    twice = await client.post(path, json={"event": {**bad, "subject": "ann"}}, headers=supervisor)

    assert json.loads(listed[0]["body"]) == bad
    assert (listed[0]["reason"], listed[0]["field"]) == ("missing_subject", "subject")
    assert (again.status_code, again.json()["code"]) == (422, "missing_subject")
    assert (mended.status_code, mended.json()["events"][0]["verdict"]) == (200, "accepted")
    assert twice.status_code == 404
    assert (await client.get("/v1/dead-letters", headers=supervisor)).json()["items"] == []


async def test_a_batch_that_was_too_long_is_replayed_whole(
    client: httpx.AsyncClient, database: Database, supervisor: dict[str, str]
) -> None:
    await post_batch(client, [an_event(id=f"e{number}") for number in range(1001)])
    (letter,) = await letters(database)

    answer = await client.post(f"/v1/dead-letters/{letter.id}/replay", json={}, headers=supervisor)

    assert answer.status_code == 200
    assert len(await stored(database)) == 1001


async def test_dead_letters_are_listed_page_by_page(client: httpx.AsyncClient, supervisor: dict[str, str]) -> None:
    await post_batch(client, [{"id": f"e{number}"} for number in range(5)])

    bodies, cursor = [], None
    while True:
        query: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/dead-letters", params=query, headers=supervisor)).json()
        bodies += [json.loads(item["body"])["id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert sorted(bodies) == [f"e{number}" for number in range(5)]


async def test_a_customers_story_is_told_page_by_page(
    client: httpx.AsyncClient, database: Database, supervisor: dict[str, str]
) -> None:
    await publish_rules(database, COMPLAINT)
    events = [an_event("complaint.filed", id=f"e{number}", at=ago(seconds=9 - number)) for number in range(3)]
    await post_batch(client, [an_event("customer.updated", at=ago(minutes=1), data={"language": "he"}), *events])
    found = (await client.post("/v1/customers/lookup", json={"subject": "ann"}, headers=supervisor)).json()

    entries: list[dict[str, Any]] = []
    cursor = None
    while True:
        query: dict[str, Any] = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        story = (await client.get(f"/v1/customers/{found['id']}", params=query, headers=supervisor)).json()
        entries += story["timeline"]["items"]
        cursor = story["timeline"]["next"]
        if cursor is None:
            break

    assert found["escalation_id"] == story["escalation_id"] is not None
    assert (story["subjects"], story["attributes"]) == (["ann"], {"language": "he"})
    kinds = [entry["kind"] for entry in entries]
    assert sorted(kinds) == ["escalation"] + ["event"] * 4 + ["moment"] * 3
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert len({entry["id"] for entry in entries}) == len(entries)


async def test_an_unknown_subject_is_not_repeated_in_the_answer(client: httpx.AsyncClient, supervisor: dict[str, str]) -> None:
    answer = await client.post("/v1/customers/lookup", json={"subject": "nobody@example.com"}, headers=supervisor)

    assert answer.status_code == 404
    assert "nobody" not in answer.text


async def test_rules_are_shown_and_stopped_over_http(
    client: httpx.AsyncClient, database: Database, supervisor: dict[str, str]
) -> None:
    await publish_rules(database, COMPLAINT)

    listed = (await client.get("/v1/rules", headers=supervisor)).json()
    paused = await client.post("/v1/rules/complaint/pause", headers=supervisor)
    again = await client.post("/v1/rules/complaint/pause", headers=supervisor)
    resumed = (await client.post("/v1/rules/complaint/resume", headers=supervisor)).json()
    retired = (await client.post("/v1/rules/complaint/retire", headers=supervisor)).json()
    shown = (await client.get("/v1/rules/complaint", headers=supervisor)).json()

    assert [(rule["name"], rule["state"], rule["version"]) for rule in listed] == [("complaint", "published", 1)]
    assert (paused.json()["state"], again.status_code) == ("paused", 422)
    assert (resumed["state"], retired["state"]) == ("published", "retired")
    assert shown["versions"][0]["document"] == COMPLAINT
    assert (await client.get("/v1/rules/nothing", headers=supervisor)).status_code == 404
