"""Signing in by OpenID Connect, against a real provider's process."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import select

from api.app import create_app
from api.pages.account.discovery import Discovery, ProviderAway
from orchestrator.identity.accounts import disable
from orchestrator.identity.people import Role
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tables import ChangeRow, PersonRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, some_settings
from tests.integration.people_floor import PASSWORD, a_person, signed_in

LOGIN = "dana@example.com"


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The address of a provider's process, once per run."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "-p", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_open(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("the provider did not start")


@pytest_asyncio.fixture
async def app(database_url: str, issuer: str) -> AsyncIterator[FastAPI]:
    known = {"openid_issuer": issuer, "openid_client_id": "ringback", "openid_client_secret": SecretStr("secret")}
    made = create_app(some_settings(database_url).changed(public_url="http://ringback", **known))
    async with made.router.lifespan_context(made):
        yield made


@pytest_asyncio.fixture
async def person(database: Database) -> None:
    async with database.transaction() as session:
        await a_person(session, login=LOGIN)


async def _account(issuer: str, subject: str, **claims: object) -> None:
    async with httpx.AsyncClient() as provider:
        (await provider.put(f"{issuer}/users/{subject}", json=claims)).raise_for_status()


async def _return_address(client: httpx.AsyncClient, subject: str) -> str:
    """Go to the provider, sign in there as `subject`, and return the address it sends the browser back to."""
    away = await client.get("/sign-in/openid?next=/me")
    async with httpx.AsyncClient() as provider:
        back = await provider.post(away.headers["location"], data={"sub": subject})
    return back.headers["location"]


async def _sign_in(client: httpx.AsyncClient, subject: str) -> httpx.Response:
    return await client.get(await _return_address(client, subject))


@pytest.mark.usefixtures("person")
async def test_an_account_with_a_persons_verified_mail_signs_that_person_in(
    client: httpx.AsyncClient, issuer: str, database: Database
) -> None:
    await _account(issuer, "dana-1", email="Dana@example.com", email_verified=True)

    answer = await _sign_in(client, "dana-1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert LOGIN in (await client.get("/me")).text
    async with database.transaction() as session:
        bound = (await session.exec(select(PersonRow))).one()
        changes = (await session.exec(select(ChangeRow.what))).all()
    assert (bound.issuer, bound.subject) == (issuer, "dana-1")
    assert changes == ["person.added", "person.account_bound"]


@pytest.mark.usefixtures("person")
async def test_a_bound_account_stays_its_persons_when_the_mail_changes(client: httpx.AsyncClient, issuer: str) -> None:
    await _account(issuer, "dana-2", email=LOGIN, email_verified=True)
    await _sign_in(client, "dana-2")
    await _account(issuer, "dana-2", email="dana.levi@example.com", email_verified=False)

    assert (await _sign_in(client, "dana-2")).status_code == 303


@pytest.mark.usefixtures("person")
async def test_no_second_account_becomes_the_same_person(client: httpx.AsyncClient, issuer: str) -> None:
    await _account(issuer, "dana-3", email=LOGIN, email_verified=True)
    await _account(issuer, "mallory", email=LOGIN, email_verified=True)
    await _sign_in(client, "dana-3")

    assert (await _sign_in(client, "mallory")).status_code == 401


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("claims", [{"email": LOGIN}, {"email": LOGIN, "email_verified": False}, {}])
async def test_mail_that_the_provider_does_not_vouch_for_opens_nothing(
    client: httpx.AsyncClient, issuer: str, claims: dict[str, object]
) -> None:
    await _account(issuer, "mallory-2", **claims)

    answer = await _sign_in(client, "mallory-2")

    assert answer.status_code == 401
    assert (await client.get("/me")).status_code == 303


async def test_somebody_we_do_not_know_is_not_let_in(client: httpx.AsyncClient, issuer: str) -> None:
    await _account(issuer, "stranger", email="stranger@example.com", email_verified=True)

    assert (await _sign_in(client, "stranger")).status_code == 401


@pytest.mark.usefixtures("person")
async def test_one_who_was_disabled_is_not_let_in(client: httpx.AsyncClient, issuer: str, database: Database) -> None:
    await _account(issuer, "dana-4", email=LOGIN, email_verified=True)
    await _sign_in(client, "dana-4")

    async with database.transaction() as session:
        await disable(session, LOGIN, who="test", now=await database.clock.now(session))

    assert (await _sign_in(client, "dana-4")).status_code == 401


@pytest.mark.usefixtures("person")
async def test_an_answer_that_this_browser_did_not_ask_for_is_refused(
    client: httpx.AsyncClient, app: FastAPI, issuer: str
) -> None:
    await _account(issuer, "dana-5", email=LOGIN, email_verified=True)
    address = await _return_address(client, "dana-5")

    async with a_client(app) as other:
        assert (await other.get(address)).status_code == 401
        await other.get("/sign-in/openid")
        assert (await other.get(address)).status_code == 401
    assert (await client.get(address)).status_code == 303
    assert (await client.get(address)).status_code == 401  # and once only


async def test_the_provider_is_asked_for_a_code_bound_to_this_sign_in(client: httpx.AsyncClient, issuer: str) -> None:
    away = await client.get("/sign-in/openid?next=//evil.example")

    assert away.headers["location"].startswith(f"{issuer}/")
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    assert asked["redirect_uri"] == ["http://ringback/sign-in/openid/return"]
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)


async def test_a_provider_that_is_away_is_said_on_the_page(database_url: str) -> None:
    known = {"openid_issuer": "http://127.0.0.1:9", "openid_client_id": "ringback"}
    app = create_app(some_settings(database_url).changed(**known))

    async with app.router.lifespan_context(app), a_client(app) as client:
        answer = await client.get("/sign-in/openid")

    assert answer.status_code == 503
    assert "does not answer" in answer.text


class _AProvider:
    """Says the least that a discovery document says, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        own = "http://{}:{}".format(*writer.get_extra_info("sockname"))
        said = {"issuer": own, "authorization_endpoint": own, "token_endpoint": own, "jwks_uri": own}
        body = json.dumps(said).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()


async def test_the_provider_is_asked_what_it_is_once_for_all_who_sign_in(database_url: str) -> None:
    provider = _AProvider()
    async with await asyncio.start_server(provider, "127.0.0.1", 0) as server:
        known = {"openid_issuer": "http://{}:{}".format(*server.sockets[0].getsockname()), "openid_client_id": "ringback"}
        app = create_app(some_settings(database_url).changed(**known))

        async with app.router.lifespan_context(app), a_client(app) as client:
            answers = await asyncio.gather(*(client.get("/sign-in/openid") for _ in range(5)))
            answers.append(await client.get("/sign-in/openid"))

    assert {answer.status_code for answer in answers} == {303}
    assert provider.asked == 1


async def test_a_provider_that_comes_back_is_asked_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()
    discovery = Discovery(f"http://{host}:{port}")
    with pytest.raises(ProviderAway):
        await discovery.document()

    async with await asyncio.start_server(_AProvider(), host, port):
        assert (await discovery.document())["issuer"] == f"http://{host}:{port}"


async def test_who_has_a_password_goes_over_to_the_organisations_account(
    app: FastAPI, client: httpx.AsyncClient, issuer: str, database: Database
) -> None:
    async with database.transaction() as session:
        person = await a_person(session, login=LOGIN, password=PASSWORD)
    await client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD})
    assert (await client.get("/me")).status_code == 200

    async with a_client(app) as admins:
        admin = await signed_in(admins, database, role=Role.ADMIN)
        address = f"/console/settings/people/{person.id}"
        asked = await admins.post(f"{address}/openid", data={"csrf": admin.csrf})
        before = (await client.get("/me")).status_code
        done = await admins.post(f"{address}/openid", data={"csrf": admin.csrf, "confirmed": "yes"})
        offered_again = f"{address}/openid" in (await admins.get(address)).text

    assert ("Yes, take the password away" in asked.text, before) == (True, 200)
    assert (done.status_code, offered_again) == (303, False)
    assert (await client.get("/me")).status_code == 303
    assert (await client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD})).status_code == 401
    await _account(issuer, "dana-7", email=LOGIN, email_verified=True)
    assert (await _sign_in(client, "dana-7")).status_code == 303
    async with database.transaction() as session:
        line = (await session.exec(select(ChangeRow).where(ChangeRow.what == "person.password_removed"))).one()
    assert (line.who, line.subject) == (admin.login, LOGIN)
    assert (line.before, line.after) == ({"password": True, "sessions": 1}, {"password": False, "sessions": 0})


async def test_nobody_loses_their_password_where_there_is_no_provider(database_url: str, database: Database) -> None:
    app = create_app(some_settings(database_url))
    async with database.transaction() as session:
        person = await a_person(session, login=LOGIN, password=PASSWORD)

    async with app.router.lifespan_context(app), a_client(app) as client:
        admin = await signed_in(client, database, role=Role.ADMIN)
        address = f"/console/settings/people/{person.id}"
        shown = await client.get(address)
        sent = await client.post(f"{address}/openid", data={"csrf": admin.csrf, "confirmed": "yes"})

    assert (f"{address}/openid" in shown.text, sent.status_code) == (False, 409)
    assert isinstance(await sign_in(database, LOGIN, PASSWORD, address="192.0.2.1"), SignedIn)


async def test_without_a_provider_there_is_no_such_door(database_url: str) -> None:
    app = create_app(some_settings(database_url))

    async with app.router.lifespan_context(app), a_client(app) as client:
        assert (await client.get("/sign-in/openid")).status_code == 404
        assert "openid" not in (await client.get("/sign-in")).text


async def test_an_account_of_the_same_mail_opens_nobody_who_has_a_password(
    client: httpx.AsyncClient, issuer: str, database: Database
) -> None:
    async with database.transaction() as session:
        await a_person(session, login=LOGIN, role=Role.ADMIN, password=PASSWORD)
    await _account(issuer, "dana-6", email=LOGIN, email_verified=True)

    assert (await _sign_in(client, "dana-6")).status_code == 401
    async with database.transaction() as session:
        assert (await session.exec(select(PersonRow.subject))).one() is None
