"""The doors of the pages: signing in and out by form, what a role may open, and forms that are not ours."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Response
from sqlmodel import select

from api.app import create_app
from api.pages.account.sign_in import DEVICE
from api.pages.people import COOKIE, ProtectedForm, Viewer, allow
from orchestrator.identity.people import Role
from orchestrator.identity.tables import SessionRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, some_settings
from tests.integration.people_floor import PASSWORD, a_person, signed_in

LOGIN = "dana@example.com"


@pytest_asyncio.fixture
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    """The application with a page of a supervisor's added, as other parts add theirs."""
    made = create_app(some_settings(database_url))

    @made.get("/for-supervisors")
    async def for_supervisors(viewer: Annotated[Viewer, allow(Role.SUPERVISOR)]) -> Response:
        return Response(viewer.login)

    @made.post("/change", dependencies=[ProtectedForm])
    async def change() -> Response:
        return Response("changed")

    async with made.router.lifespan_context(made):
        yield made


async def _sign_in(client: httpx.AsyncClient, database: Database, **changed: str) -> httpx.Response:
    async with database.transaction() as session:
        await a_person(session, login=LOGIN, password=PASSWORD)
    return await client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD, **changed})


async def test_signing_in_leads_to_the_page_one_wanted(client: httpx.AsyncClient, database: Database) -> None:
    sent_away = await client.get("/for-supervisors?day=1")
    answer = await _sign_in(client, database, next="/for-supervisors?day=1")

    assert sent_away.status_code == 303
    assert sent_away.headers["location"] == "/sign-in?next=/for-supervisors%3Fday%3D1"
    assert (answer.status_code, answer.headers["location"]) == (303, "/for-supervisors?day=1")
    assert (await client.get("/for-supervisors?day=1")).text == LOGIN


async def test_the_cookie_is_kept_from_scripts_and_from_other_sites(client: httpx.AsyncClient, database: Database) -> None:
    answer = await _sign_in(client, database)

    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # the public URL of this test is http


async def test_behind_https_the_cookie_travels_nowhere_else(database: Database, database_url: str) -> None:
    app = create_app(some_settings(database_url).changed(public_url="https://ringback.example.com"))
    async with app.router.lifespan_context(app), a_client(app) as client:
        answer = await _sign_in(client, database)

    kept = answer.headers.get_list("set-cookie")
    assert [cookie.partition("=")[0] for cookie in kept] == [f"__Host-{COOKIE}", DEVICE]
    assert [cookie for cookie in kept if not {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))] == []


async def test_behind_https_a_cookie_that_another_host_of_the_domain_could_set_opens_nothing(
    database: Database, database_url: str
) -> None:
    app = create_app(some_settings(database_url).changed(public_url="https://ringback.example.com"))
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="https://ringback") as client:
        await _sign_in(client, database)
        own, secret = await client.get("/me"), client.cookies[f"__Host-{COOKIE}"]
        client.cookies.clear()
        tossed = await client.get("/me", headers={"Cookie": f"{COOKIE}={secret}"})

    assert (own.status_code, tossed.status_code) == (200, 303)


async def test_a_secret_that_was_planted_before_becomes_nobodys_session(client: httpx.AsyncClient, database: Database) -> None:
    client.cookies.set(COOKIE, "planted")

    answer = await _sign_in(client, database)

    assert "planted" not in answer.headers["set-cookie"]
    client.cookies.clear()
    client.cookies.set(COOKIE, "planted")
    assert (await client.get("/me")).status_code == 303


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_signing_in_never_leads_to_another_site(client: httpx.AsyncClient, database: Database, elsewhere: str) -> None:
    assert (await _sign_in(client, database, next=elsewhere)).headers["location"] == "/"


async def test_a_wrong_password_keeps_the_login_and_says_what_to_do(client: httpx.AsyncClient, database: Database) -> None:
    answer = await _sign_in(client, database, password="not this one")

    assert answer.status_code == 401
    assert COOKIE not in answer.cookies
    assert f'value="{LOGIN}"' in answer.text
    assert "not this one" not in answer.text


async def test_a_form_of_another_site_signs_nobody_in(client: httpx.AsyncClient, database: Database) -> None:
    client.headers["Origin"] = "https://evil.example"

    assert (await _sign_in(client, database)).status_code == 403


async def test_signing_out_ends_the_session_on_the_server(client: httpx.AsyncClient, database: Database) -> None:
    viewer = await signed_in(client, database, role=Role.SUPERVISOR)
    secret = client.cookies[COOKIE]

    answer = await client.post("/sign-out", data={"csrf": viewer.csrf})
    client.cookies.set(COOKIE, secret)

    assert answer.headers["location"] == "/sign-in"
    assert (await client.get("/me")).status_code == 303


async def test_signing_out_everywhere_ends_all_sessions_of_that_person_alone(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    await _sign_in(client, database)
    async with a_client(app) as second, a_client(app) as other:
        await second.post("/sign-in", data={"login": LOGIN, "password": PASSWORD})
        await signed_in(other, database, role=Role.ADMIN)
        csrf = (await client.get("/me")).text.split('name="csrf" value="')[1].split('"')[0]

        answer = await client.post("/sign-out/everywhere", data={"csrf": csrf})

        assert answer.status_code == 303
        assert (await second.get("/me")).status_code == 303
        assert (await other.get("/me")).status_code == 200


async def test_a_form_without_the_sessions_own_proof_is_refused(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    viewer = await signed_in(client, database, role=Role.SUPERVISOR)
    async with a_client(app) as other:
        stranger = await signed_in(other, database, role=Role.SUPERVISOR)

    assert (await client.post("/change")).status_code == 403
    assert (await client.post("/change", data={"csrf": stranger.csrf})).status_code == 403
    assert (await client.post("/change", data={"csrf": viewer.csrf})).text == "changed"
    assert (await client.post("/change", headers={"X-CSRF-Token": viewer.csrf})).text == "changed"


@pytest.mark.parametrize(
    ("role", "status"), [(Role.AGENT, 403), (Role.AUDITOR, 403), (Role.SUPERVISOR, 200), (Role.ADMIN, 200)]
)
async def test_a_page_opens_for_its_roles_alone(client: httpx.AsyncClient, database: Database, role: Role, status: int) -> None:
    await signed_in(client, database, role=role)

    assert (await client.get("/for-supervisors")).status_code == status


async def test_a_part_asked_for_without_a_session_sends_the_whole_page_to_the_door(client: httpx.AsyncClient) -> None:
    answer = await client.get("/me", headers={"HX-Request": "true", "HX-Current-URL": "http://ringback/for-supervisors"})

    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=/for-supervisors")


async def test_of_a_session_the_database_holds_the_hash_alone(client: httpx.AsyncClient, database: Database) -> None:
    await signed_in(client, database, role=Role.SUPERVISOR)

    async with database.transaction() as session:
        row = (await session.exec(select(SessionRow))).one()
    assert client.cookies[COOKIE] not in str(row.model_dump())
