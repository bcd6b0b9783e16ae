"""Everybody's own page: name, language, zone and password, changed by nobody else and told to the audit."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import delete, text
from sqlmodel import col, select

from api.pages.account.sign_in import DEVICE
from api.pages.languages import COOKIE as LANGUAGE
from orchestrator.identity.passwords import LONGEST, SHORTEST
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow, SignInTryRow
from orchestrator.identity.tries import PER_LOGIN, PER_PLACE, begin_try
from orchestrator.storage.database import Database
from tests.integration.floor import a_client
from tests.integration.people_floor import PASSWORD, a_person, passwords_standing_in_line, signed_in, until_a_try_counts

LOGIN, NEW = "maya@example.com", "a whole new sentence"
DETAILS = {"name": "Maya Tal", "locale": "he", "zone": "Asia/Jerusalem"}


@pytest_asyncio.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which Maya is signed in by her password."""
    async with database.transaction() as session:
        await a_person(session, login=LOGIN, password=PASSWORD)
    async with a_client(app) as client:
        await _sign_in(client)
        yield client


async def _sign_in(client: httpx.AsyncClient, password: str = PASSWORD) -> int:
    return (await client.post("/sign-in", data={"login": LOGIN, "password": password})).status_code


async def _send(client: httpx.AsyncClient, path: str, data: dict[str, str]) -> httpx.Response:
    csrf = (await client.get("/me")).text.split('name="csrf" value="')[1].split('"')[0]
    return await client.post(path, data=data | {"csrf": csrf})


async def _change(client: httpx.AsyncClient, *, present: str = PASSWORD, new: str = NEW, again: str = NEW) -> httpx.Response:
    return await _send(client, "/me/password", {"present": present, "password": new, "again": again})


async def _changes(database: Database) -> list[ChangeRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all())


async def test_a_new_language_is_the_pages_own_at_once_whatever_the_device_chose_before(client: httpx.AsyncClient) -> None:
    client.cookies.set(LANGUAGE, "en")

    answer = await _send(client, "/me/details", DETAILS)
    client.cookies.delete(LANGUAGE, domain="")
    shown = await client.get(answer.headers["location"])

    assert '<html lang="he" dir="rtl"' in shown.text
    assert answer.cookies[LANGUAGE] == "he"
    assert "Maya Tal" in shown.text
    assert 'value="Asia/Jerusalem"' in shown.text


async def test_ones_own_change_is_in_the_audit_with_before_and_after(client: httpx.AsyncClient, database: Database) -> None:
    await _send(client, "/me/details", DETAILS)
    await _send(client, "/me/details", DETAILS)

    told = [(each.who, each.subject, each.before, each.after) for each in (await _changes(database))[1:]]
    assert len(told) == 1  # what changes nothing is no change
    who, subject, before, after = told[0]
    assert (who, subject) == (LOGIN, LOGIN)
    assert before is not None
    assert after == before | DETAILS


@pytest.mark.parametrize("wrong", [{"name": ""}, {"locale": "xx"}, {"zone": "Mars"}])
async def test_a_detail_that_does_not_fit_is_told_beside_its_field(client: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    answer = await _send(client, "/me/details", DETAILS | wrong)

    assert answer.status_code == 422
    assert f'id="f-{next(iter(wrong))}-fault"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert f'value="{(DETAILS | wrong)["zone"]}"' in answer.text


async def test_a_new_password_opens_and_ends_the_sessions_elsewhere_alone(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    async with a_client(app) as elsewhere, a_client(app) as other:
        await _sign_in(elsewhere)
        await signed_in(other, database, role=Role.ADMIN)

        answer = await _change(client)

        assert answer.headers["location"] == "/me?done=password"
        assert [(await each.get("/me")).status_code for each in (client, elsewhere, other)] == [200, 303, 200]
        assert [await _sign_in(elsewhere, PASSWORD), await _sign_in(elsewhere, NEW)] == [401, 303]
    last = (await _changes(database))[-1]
    assert (last.who, last.what, last.after) == (LOGIN, "person.password_changed", {"other_sessions_ended": 1})


async def test_without_the_present_password_nothing_changes(client: httpx.AsyncClient) -> None:
    answer = await _change(client, present="not this one")

    assert answer.status_code == 401
    assert 'id="f-present-fault"' in answer.text
    assert "not this one" not in answer.text
    assert await _sign_in(client, PASSWORD) == 303


async def test_the_present_password_cannot_be_guessed_for_long(client: httpx.AsyncClient) -> None:
    for _try in range(PER_PLACE):
        await _change(client, present="a wrong password")

    answer = await _change(client)

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert await _sign_in(client, PASSWORD) == 429  # one count for both doors


async def test_while_the_present_password_is_checked_its_try_counts_and_no_transaction_is_open(
    client: httpx.AsyncClient, database: Database
) -> None:
    await _forget_tries(database)
    with passwords_standing_in_line():
        changing = asyncio.create_task(_change(client, present="not this one"))
        await until_a_try_counts(database)
        async with asyncio.timeout(20):
            while await _held_transactions(database):
                pass
    assert (await changing).status_code == 401


async def test_tries_beyond_the_count_cost_no_check_of_a_password(client: httpx.AsyncClient, database: Database) -> None:
    client.cookies.delete(DEVICE)  # a device that is not known shares the count with everybody
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for number in range(PER_LOGIN):
            await begin_try(session, LOGIN, f"192.0.2.{number}", now=now)

    with passwords_standing_in_line():
        async with asyncio.timeout(20):
            assert (await _change(client)).status_code == 429


async def _forget_tries(database: Database) -> None:
    async with database.transaction() as session:
        await (await session.connection()).execute(delete(SignInTryRow))


async def _held_transactions(database: Database) -> int:
    """How many connections to this database lie open in a transaction, but the one that asks."""
    held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    async with database.transaction() as session:
        found: int = (await (await session.connection()).execute(text(held))).scalar_one()
        return found


@pytest.mark.parametrize(("new", "again", "field"), [("short", "short", "password"), (NEW, NEW + "!", "again")])
async def test_a_new_password_that_does_not_fit_is_told_beside_its_field(
    client: httpx.AsyncClient, new: str, again: str, field: str
) -> None:
    answer = await _change(client, new=new, again=again)

    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    assert f"{SHORTEST} to {LONGEST} characters" in answer.text or field == "again"
    assert await _sign_in(client, PASSWORD) == 303


async def test_who_signs_in_by_their_organisation_alone_is_asked_for_no_password(app: FastAPI, database: Database) -> None:
    async with a_client(app) as client:
        await signed_in(client, database, role=Role.SUPERVISOR)

        shown = await client.get("/me")
        refused = await _change(client)

    assert 'name="present"' not in shown.text
    assert "your organisation" in shown.text
    assert refused.status_code == 401


async def test_the_key_of_a_second_factor_is_shown_as_a_picture_without_style_or_script(client: httpx.AsyncClient) -> None:
    answer = await client.get("/me/second-factor")

    picture = answer.text.split("<svg")[1].split("</svg>")[0]
    assert "style" not in picture
    assert picture.count("<path") == 2  # the light and the dark
    assert answer.headers["Cache-Control"] == "no-store"


async def test_signing_out_everywhere_ends_all_sessions_and_is_in_the_audit(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    async with a_client(app) as elsewhere:
        await _sign_in(elsewhere)
        await _send(client, "/sign-out/everywhere", {})
        assert [(await each.get("/me")).status_code for each in (client, elsewhere)] == [303, 303]

    last = (await _changes(database))[-1]
    assert (last.who, last.what, last.before, last.after) == (LOGIN, "person.sessions_ended", {"sessions": 2}, {"sessions": 0})
