"""What somebody with bad intent may try on pages: other roles' doors, forms of another session, and text that breaks things."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote_from_bytes
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.pages.people import COOKIE
from api.pages.registry import PAGES
from orchestrator.availability.tables import CalendarRow
from orchestrator.identity.people import Role, Viewer
from orchestrator.intake.channels import add_channel
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, an_agent, bearer
from tests.integration.intake_world import a_channel_key
from tests.integration.people_floor import a_person, signed_in

EVERYBODY = frozenset(Role)
WATCHING = EVERYBODY - {Role.AGENT}
STEERING = frozenset({Role.SUPERVISOR, Role.ADMIN})
# The first that fits says whose a page is; written here by hand, and not read from the routes.
DOORS: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("", "/desk", frozenset({Role.AGENT})),
    ("", "/console/settings/people", frozenset({Role.ADMIN})),
    ("POST", "/console/settings/channels", frozenset({Role.ADMIN})),
    ("GET", "/console/settings/channels/", frozenset({Role.ADMIN})),
    ("GET", "/console/settings/channels", WATCHING),
    ("GET", "/console/settings/scripts", WATCHING),
    ("GET", "/console/settings/templates", WATCHING),
    ("", "/console/settings", STEERING),
    ("", "/console/switch", STEERING),
    ("POST", "/console/customers/", STEERING),
    ("GET", "/console/availability/calendars/{calendar}/hours", STEERING),
    ("GET", "/console/availability/calendars/{calendar}/retirement", STEERING),
    ("", "/console/customers", WATCHING),
    ("GET", "/console/events/types", WATCHING),
    ("", "/console/events", STEERING),
    ("", "/console/availability/staffing/", STEERING),
    ("POST", "/console", STEERING),
    ("GET", "/console", WATCHING),
    ("", "/", EVERYBODY),
)
OPEN = ("/assets", "/choices", "/docs", "/sign-in")
ENDLESS = ("/desk/stream", "/console/stream")
NAMED = {
    "queue": "sales",
    "calendar": "weekdays",
    "channel": "web",
    "script": "checkout",
    "template": "finish-link",
    "table": "days",
    "action": "call",
}


def _pages() -> Iterator[tuple[str, APIRoute]]:
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    for route in routes:
        if not route.path.startswith(OPEN):
            yield from ((method, route) for method in sorted(route.methods or ()) if method in ("GET", "POST"))


def _whose(method: str, path: str) -> frozenset[Role]:
    return next(roles for of, prefix, roles in DOORS if of in ("", method) and path.startswith(prefix))


def _address(path: str, ids: dict[str, UUID]) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: NAMED.get(name[1]) or str(ids.get(name[1], uuid4())), path)


@asynccontextmanager
async def _one(app: FastAPI, database: Database, role: Role) -> AsyncIterator[tuple[httpx.AsyncClient, Viewer]]:
    async with a_client(app) as client:
        yield client, await signed_in(client, database, role=role)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_gets_through_its_own_doors_and_through_no_other(app: FastAPI, database: Database, role: Role) -> None:
    wrong: list[str] = []
    async with _one(app, database, role) as (client, viewer):
        for method, route in _pages():
            if route.path in (*ENDLESS, "/sign-out", "/sign-out/everywhere"):
                continue
            answer = await client.request(method, _address(route.path, {}), data={"csrf": viewer.csrf})
            if (answer.status_code == 403) is (role in _whose(method, route.path)):
                wrong.append(f"{method} {route.path} {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize(("role", "path"), [(Role.AGENT, "/console/stream"), (Role.SUPERVISOR, "/desk/stream")])
async def test_a_role_does_not_hear_the_stream_of_another(app: FastAPI, database: Database, role: Role, path: str) -> None:
    async with _one(app, database, role) as (client, _):
        assert (await client.get(path)).status_code in (401, 403)


async def test_nobody_and_a_channels_key_open_no_page(app: FastAPI, database: Database) -> None:
    key = await a_channel_key(database)
    opened: list[str] = []
    async with a_client(app) as nobody:
        for method, route in _pages():
            for headers in ({}, bearer(key), {"Cookie": f"{COOKIE}={key}"}):
                answer = await nobody.request(method, _address(route.path, {}), headers=headers)
                if (
                    answer.status_code not in (303, 401)
                    or answer.headers.get("location", "/sign-in").startswith("/sign-in") is False
                ):
                    opened.append(f"{method} {route.path} {answer.status_code}")

    assert opened == []


async def test_the_proof_of_another_session_or_none_sends_no_form(app: FastAPI, database: Database) -> None:
    sent: list[str] = []
    for role in Role:
        async with _one(app, database, role) as (client, _), _one(app, database, role) as (_, other):
            for method, route in _pages():
                if method == "POST" and role in _whose(method, route.path):
                    for proof in ({}, {"csrf": other.csrf}, {"csrf": ""}):
                        answer = await client.post(_address(route.path, {}), data=proof)
                        if answer.status_code not in (403, 422):
                            sent.append(f"{route.path} {answer.status_code}")

    assert sent == []


HOSTILE = (
    "\0",
    "a\0b",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"),
    "<script>alert(1)</script>",
    "'; DROP TABLE people; --",
    "\u202etxt.exe\u2066",
    "../../etc/passwd",
    "//evil.example\r\nSet-Cookie: a=b",
    "9" * 400,
    "-1",
    "x" * 20_000,
    "{{ 7*7 }} %s {0}",
)


def _encoded(fields: dict[str, str]) -> bytes:
    pairs = [f"{name}={quote_from_bytes(value.encode('utf-8', 'surrogateescape'))}" for name, value in fields.items()]
    return "&".join(pairs).encode()


async def _a_floor(database: Database) -> dict[str, UUID]:
    async with database.transaction() as session:
        await a_queue(session)
        document = 'calendar: weekdays\nzone: UTC\nweekly: {mon: ["09:00-17:00"]}\n'
        session.add(CalendarRow(name="weekdays", document=document, changed_at=datetime.now(UTC)))
        agent, task, person = await an_agent(session), await a_task(session), await a_person(session)
        await add_channel(session, "web", kind="web", types=[], who="test", now=datetime.now(UTC))
    return {"agent_id": agent.id, "task_id": task.id, "person_id": person.id}


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_no_text_in_a_form_an_address_or_a_query_breaks_a_page(app: FastAPI, database: Database, hostile: str) -> None:
    ids, broken = await _a_floor(database), []
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for role in (Role.ADMIN, Role.AGENT):
        async with _one(app, database, role) as (client, viewer):
            for method, route in _pages():
                if role not in _whose(method, route.path) or route.path.startswith((*ENDLESS, "/sign-out")):
                    continue
                fields = dict.fromkeys((each.alias for each in route.dependant.body_params), hostile)
                query = _encoded(dict.fromkeys((each.alias for each in route.dependant.query_params), hostile[:5000]))
                address = f"{_address(route.path, ids)}?{query.decode()}"
                body = _encoded({**fields, "csrf": viewer.csrf}) if method == "POST" else None
                answer = await client.request(method, address, content=body, headers=headers if body else {})
                if answer.status_code >= 500 or "set-cookie: a=b" in str(answer.headers).lower():
                    broken.append(f"{method} {route.path} {answer.status_code}")
                for name in route.dependant.path_params:
                    strange = route.path.replace("{" + name.alias + "}", quote_from_bytes(_path(hostile)))
                    there = await client.request(method, _address(strange, ids), content=body, headers=headers if body else {})
                    if there.status_code >= 500:
                        broken.append(f"{method} {strange[:80]} {there.status_code}")

    assert broken == []


def _path(hostile: str) -> bytes:
    return hostile.encode("utf-8", "surrogateescape").replace(b"/", b"_")[:2000]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_no_text_at_the_doors_breaks_them_or_leads_elsewhere(app: FastAPI, database: Database, hostile: str) -> None:
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    doors = [route for route in routes if route.path.startswith(("/choices", "/sign-in"))]
    broken: list[str] = []
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with a_client(app) as nobody:
        for route in doors:
            fields = dict.fromkeys((each.alias for each in route.dependant.body_params), hostile)
            known = {"language": "he", "theme": "dark"}  # of which only these are taken
            query = _encoded(dict.fromkeys((each.alias for each in route.dependant.query_params), hostile[:5000]))
            for method in sorted(route.methods or ()):
                body = _encoded({**fields, **known}) if method == "POST" else None
                answer = await nobody.request(method, f"{route.path}?{query.decode()}", content=body, headers=headers)
                elsewhere = re.match(r"(\w+:|//|/\\)", answer.headers.get("location", "/"))
                if answer.status_code >= 500 or elsewhere or "set-cookie: a=b" in str(answer.headers).lower():
                    broken.append(f"{method} {route.path} {answer.status_code}")

    assert len(doors) >= 6
    assert broken == []


async def test_a_file_in_the_place_of_a_field_is_refused(app: FastAPI, database: Database) -> None:
    ids, broken = await _a_floor(database), []
    for role in (Role.ADMIN, Role.AGENT):
        async with _one(app, database, role) as (client, viewer):
            for method, route in _pages():
                if method != "POST" or role not in _whose(method, route.path) or route.path.startswith("/sign-out"):
                    continue
                files = {each.alias: ("../x.html", b"<script>\0</script>", "text/html") for each in route.dependant.body_params}
                answer = await client.post(_address(route.path, ids), files=files, headers={"X-CSRF-Token": viewer.csrf})
                if answer.status_code >= 500:
                    broken.append(f"{route.path} {answer.status_code}")

    assert broken == []


async def test_no_personal_page_is_kept_by_a_browser_or_on_the_way(app: FastAPI, database: Database) -> None:
    ids, kept = await _a_floor(database), []
    for role in (Role.ADMIN, Role.AGENT):
        async with _one(app, database, role) as (client, _):
            for method, route in _pages():
                if method == "GET" and role in _whose(method, route.path) and route.path not in ENDLESS:
                    answer = await client.get(_address(route.path, ids))
                    if answer.content and "no-store" not in answer.headers.get("cache-control", ""):
                        kept.append(f"{route.path} {answer.status_code}")

    assert kept == []
