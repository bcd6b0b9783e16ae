"""The second factor, through the pages: set up, asked for at sign-in, and recovered from."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pyotp
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlmodel import col, select

from api.app import create_app
from api.pages.account.sign_in import DEVICE
from api.pages.people import COOKIE
from orchestrator.identity.accounts import set_password
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow, PersonRow, RecoveryCodeRow
from orchestrator.identity.tries import PER_PLACE, begin_try
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, some_settings
from tests.integration.people_floor import PASSWORD, a_person, signed_in

LOGIN = "dana@example.com"


@pytest_asyncio.fixture
async def app(database_url: str, database: Database) -> AsyncIterator[FastAPI]:
    made = create_app(some_settings(database_url))
    async with database.transaction() as session:
        await a_person(session, login=LOGIN, password=PASSWORD)
    async with made.router.lifespan_context(made):
        yield made


async def _sign_in(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/sign-in", data={"login": LOGIN, "password": PASSWORD, "next": "/me"})


async def _send(client: httpx.AsyncClient, path: str, code: str, *, present: str = PASSWORD) -> httpx.Response:
    csrf = re.findall(r'name="csrf" value="(\w+)"', (await client.get("/me")).text)
    return await client.post(path, data={"csrf": csrf[0], "code": code, "present": present})


async def _set_up(client: httpx.AsyncClient) -> tuple[pyotp.TOTP, list[str]]:
    """Sign in and turn the second factor on; return the authenticator and the recovery codes."""
    await _sign_in(client)
    authenticator = _shown(await client.get("/me/second-factor"))
    answer = await _send(client, "/me/second-factor", authenticator.at(datetime.now(UTC)))
    return authenticator, re.findall(r"<li><code>([a-z0-9-]+)</code>", answer.text)


def _shown(page: httpx.Response) -> pyotp.TOTP:
    return pyotp.TOTP(re.findall(r'class="key" dir="ltr">([A-Z2-7 ]+)<', page.text)[0].replace(" ", ""))


def _code(authenticator: pyotp.TOTP) -> str:
    """Return the code of the next step: each is taken once, and this one's is the set-up's. It fits when this ends too."""
    return authenticator.at(datetime.now(UTC) + timedelta(seconds=30))


async def test_with_a_second_factor_the_password_alone_opens_nothing(client: httpx.AsyncClient, app: FastAPI) -> None:
    authenticator, _ = await _set_up(client)

    async with a_client(app) as again:
        owed = await _sign_in(again)
        before = await again.get("/me")
        wrong = await again.post("/sign-in/code", data={"code": "12345", "next": "/me"})
        passed = await again.post("/sign-in/code", data={"code": _code(authenticator), "next": "/me"})

        assert owed.headers["location"] == "/sign-in/code?next=/me"
        assert before.status_code == 303
        assert wrong.status_code == 401
        assert passed.headers["location"] == "/me"
        assert (await again.get("/me")).status_code == 200


async def test_a_code_is_taken_once(client: httpx.AsyncClient, app: FastAPI) -> None:
    authenticator, _ = await _set_up(client)
    code = _code(authenticator)

    statuses = []
    for _try in range(2):
        async with a_client(app) as again:
            await _sign_in(again)
            statuses.append((await again.post("/sign-in/code", data={"code": code})).status_code)

    assert statuses == [303, 401]


async def test_a_recovery_code_opens_once_and_is_stored_hashed(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    _, codes = await _set_up(client)

    statuses = []
    for _try in range(2):
        async with a_client(app) as again:
            await _sign_in(again)
            statuses.append((await again.post("/sign-in/code", data={"code": codes[0].upper()})).status_code)

    assert len(codes) == 10
    assert statuses == [303, 401]
    async with database.transaction() as session:
        rows = (await session.exec(select(RecoveryCodeRow))).all()
        used = (await session.exec(select(ChangeRow).where(ChangeRow.what == "person.recovery_code_used"))).all()
    assert codes[0] not in str([row.model_dump() for row in rows])
    assert "9 recovery codes are left" in (await client.get("/me")).text
    assert [(line.who, line.subject, line.after) for line in used] == [(LOGIN, LOGIN, {"codes_left": 9})]


async def test_codes_cannot_be_guessed_for_long(client: httpx.AsyncClient, app: FastAPI) -> None:
    authenticator, _ = await _set_up(client)

    async with a_client(app) as again:
        await _sign_in(again)
        for _try in range(PER_PLACE):
            await again.post("/sign-in/code", data={"code": "12345"})

        assert (await again.post("/sign-in/code", data={"code": _code(authenticator)})).status_code == 429
    # Whoever guessed there knows the password; on the device that was signed in before, its owner is not kept out.
    assert (await _send(client, "/me/second-factor/removal", _code(authenticator))).status_code == 303


async def test_codes_are_not_guessed_by_going_from_address_to_address(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    authenticator, _ = await _set_up(client)
    async with database.transaction() as session:
        person, now = (await session.exec(select(PersonRow.id))).one(), await database.clock.now(session)
        for number in range(PER_PLACE):
            await begin_try(session, f"code of {person}", f"192.0.2.{number}", now=now, most=PER_PLACE)

    async with a_client(app) as again:
        await _sign_in(again)
        assert (await again.post("/sign-in/code", data={"code": _code(authenticator)})).status_code == 429


async def test_a_password_alone_makes_no_device_known(client: httpx.AsyncClient, app: FastAPI) -> None:
    authenticator, _ = await _set_up(client)

    async with a_client(app) as again:
        await _sign_in(again)
        before = DEVICE in again.cookies
        await again.post("/sign-in/code", data={"code": _code(authenticator)})
        assert (before, DEVICE in again.cookies) == (False, True)


async def test_a_session_that_becomes_whole_has_a_new_secret(client: httpx.AsyncClient, app: FastAPI) -> None:
    authenticator, _ = await _set_up(client)

    async with a_client(app) as again, a_client(app) as waiting:
        await _sign_in(again)
        waiting.cookies.set(COOKIE, again.cookies[COOKIE])
        await again.post("/sign-in/code", data={"code": _code(authenticator)})

        assert (await again.get("/me")).status_code == 200
        assert (await waiting.get("/me")).status_code == 303


async def test_the_secret_rests_encrypted(client: httpx.AsyncClient, database: Database) -> None:
    authenticator, _ = await _set_up(client)

    async with database.transaction() as session:
        stored = (await session.exec(select(PersonRow.totp_secret))).one()
    assert stored is not None
    assert stored.startswith("a:")
    assert authenticator.secret not in stored


async def test_who_shows_a_code_may_remove_it_and_the_audit_says_so(client: httpx.AsyncClient, database: Database) -> None:
    authenticator, _ = await _set_up(client)

    refused = await _send(client, "/me/second-factor/removal", "12345")
    gone = await _send(client, "/me/second-factor/removal", _code(authenticator))

    assert (refused.status_code, gone.status_code) == (401, 303)
    assert (await _sign_in(client)).headers["location"] == "/me"
    async with database.transaction() as session:
        changes = (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all()
    told = [(change.what, change.who, change.before, change.after) for change in changes[1:]]
    assert told == [
        ("person.second_factor_added", LOGIN, {"second_factor": False}, {"second_factor": True}),
        ("person.second_factor_removed", LOGIN, {"second_factor": True}, {"second_factor": False}),
    ]


async def test_new_recovery_codes_end_the_old_ones(client: httpx.AsyncClient, app: FastAPI) -> None:
    authenticator, old = await _set_up(client)

    answer = await _send(client, "/me/second-factor/codes", _code(authenticator))

    new = re.findall(r"<li><code>([a-z0-9-]+)</code>", answer.text)
    assert len(new) == 10
    async with a_client(app) as again:
        await _sign_in(again)
        assert (await again.post("/sign-in/code", data={"code": old[0]})).status_code == 401
        assert (await again.post("/sign-in/code", data={"code": new[0]})).status_code == 303


async def test_the_key_is_another_at_each_visit_and_stays_after_a_wrong_code(client: httpx.AsyncClient) -> None:
    await _sign_in(client)

    first, second = [_shown(await client.get("/me/second-factor")) for _visit in range(2)]
    old = await _send(client, "/me/second-factor", _code(first))
    good = await _send(client, "/me/second-factor", _code(second))

    assert first.secret != second.secret
    assert (old.status_code, _shown(old).secret) == (401, second.secret)
    assert good.status_code == 200
    assert "<li><code>" in good.text


async def _reset(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await set_password(session, LOGIN, PASSWORD, who="test", now=await database.clock.now(session))


async def _everywhere(client: httpx.AsyncClient, _: Database) -> None:
    assert (await _send(client, "/sign-out/everywhere", "")).status_code == 303


async def _own(client: httpx.AsyncClient, _: Database) -> None:
    csrf = re.findall(r'name="csrf" value="(\w+)"', (await client.get("/me")).text)[0]
    typed = {"csrf": csrf, "present": PASSWORD, "password": PASSWORD, "again": PASSWORD}
    assert (await client.post("/me/password", data=typed)).status_code == 303


@pytest.mark.parametrize("anew", [_reset, _everywhere, _own])
async def test_a_key_that_was_shown_before_counts_no_more_after_a_new_start(
    client: httpx.AsyncClient, database: Database, anew: Callable[[httpx.AsyncClient, Database], Awaitable[None]]
) -> None:
    await _sign_in(client)
    seen = _shown(await client.get("/me/second-factor"))

    await anew(client, database)
    await _sign_in(client)

    assert (await _send(client, "/me/second-factor", _code(seen))).status_code == 401


async def test_turning_it_on_ends_the_sessions_that_were_opened_without_it(client: httpx.AsyncClient, app: FastAPI) -> None:
    async with a_client(app) as elsewhere:
        await _sign_in(elsewhere)
        await _set_up(client)

        assert [(await each.get("/me")).status_code for each in (client, elsewhere)] == [200, 303]


@pytest.mark.parametrize("present", ["", "not this one"])
async def test_a_browser_left_open_turns_no_second_factor_on(client: httpx.AsyncClient, app: FastAPI, present: str) -> None:
    await _sign_in(client)
    code = _code(_shown(await client.get("/me/second-factor")))

    refused = await _send(client, "/me/second-factor", code, present=present)

    assert refused.status_code == 401
    assert 'id="f-present-fault"' in refused.text
    assert f'value="{code}"' in refused.text
    assert "not this one" not in refused.text
    async with a_client(app) as again:
        assert (await _sign_in(again)).headers["location"] == "/me"  # its owner is asked for nothing new
    assert (await _send(client, "/me/second-factor", code)).status_code == 200  # the same key, still


async def test_who_has_no_password_here_is_asked_for_none(client: httpx.AsyncClient, database: Database) -> None:
    viewer = await signed_in(client, database, role=Role.SUPERVISOR)
    shown = await client.get("/me/second-factor")

    answer = await client.post("/me/second-factor", data={"csrf": viewer.csrf, "code": _code(_shown(shown))})

    assert 'id="f-present"' not in shown.text
    assert answer.status_code == 200
