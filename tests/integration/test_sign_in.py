"""Signing in by password: who gets in, who does not, and what they learn by it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from api.app import create_app
from api.pages.account.sign_in import DEVICE
from api.pages.people import COOKIE
from orchestrator.errors import BadInput
from orchestrator.identity import known_devices
from orchestrator.identity.accounts import disable, person_of
from orchestrator.identity.known_devices import Device
from orchestrator.identity.passwords import hashed, matches, nobodys_hash
from orchestrator.identity.people import Role
from orchestrator.identity.sessions import IDLE, viewer_of
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tables import PersonRow, SessionRow
from orchestrator.identity.tries import PER_ADDRESS, PER_LOGIN, PER_PLACE, Refusal, begin_try
from orchestrator.settings import PayloadKey
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, some_settings
from tests.integration.people_floor import PASSWORD, a_person, passwords_standing_in_line, until_a_try_counts

HERE = "192.0.2.7"


async def _stands(database: Database, login: str = "dana@example.com", *, role: Role = Role.SUPERVISOR) -> None:
    async with database.transaction() as session:
        await a_person(session, login=login, role=role, password=PASSWORD)


async def test_who_knows_the_password_gets_a_session_of_their_own(database: Database) -> None:
    await _stands(database)

    found = await sign_in(database, " Dana@Example.com ", PASSWORD, address=HERE)

    assert isinstance(found, SignedIn)
    async with database.transaction() as session:
        viewer = await viewer_of(session, found.secret)
        rows = (await session.exec(select(SessionRow))).all()
    assert viewer is not None
    assert (viewer.login, viewer.role) == ("dana@example.com", Role.SUPERVISOR)
    assert all(found.secret not in str(row.model_dump()) for row in rows)


@pytest.mark.parametrize("login", ["dana@example.com", "nobody@example.com", "not a login\0"])
async def test_a_wrong_password_and_an_unknown_login_are_answered_alike(database: Database, login: str) -> None:
    await _stands(database)

    assert await sign_in(database, login, "a wrong password", address=HERE) is Refusal.WRONG


async def test_one_who_was_disabled_is_out_at_once_and_stays_out(database: Database) -> None:
    await _stands(database)
    found = await sign_in(database, "dana@example.com", PASSWORD, address=HERE)
    assert isinstance(found, SignedIn)

    async with database.transaction() as session:
        ended = await disable(session, "dana@example.com", who="test", now=await database.clock.now(session))

    assert ended == 1
    assert await sign_in(database, "dana@example.com", PASSWORD, address=HERE) is Refusal.WRONG
    async with database.transaction() as session:
        assert await viewer_of(session, found.secret) is None


async def _guess(database: Database, login: str, addresses: Iterable[str]) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for address in addresses:
            assert await begin_try(session, login, address, now=now) is not None


@pytest.mark.parametrize("login", ["dana@example.com", "nobody@example.com"])
async def test_guessing_from_one_address_ends_there_and_keeps_nobody_out_elsewhere(database: Database, login: str) -> None:
    await _stands(database)
    await _guess(database, login, [HERE] * PER_PLACE)

    assert await sign_in(database, login, PASSWORD, address=HERE) is Refusal.TOO_OFTEN
    elsewhere = await sign_in(database, login, PASSWORD, address="198.51.100.1")
    assert isinstance(elsewhere, SignedIn) is (login == "dana@example.com")
    assert elsewhere is not Refusal.TOO_OFTEN


@pytest.mark.parametrize("login", ["dana@example.com", "nobody@example.com"])
async def test_guessing_from_many_addresses_ends_even_for_who_has_the_password(database: Database, login: str) -> None:
    await _stands(database)
    await _guess(database, login, [f"192.0.2.{number}" for number in range(PER_LOGIN)])

    assert await sign_in(database, login, PASSWORD, address="198.51.100.1") is Refusal.TOO_OFTEN


def _device_of(login: str, *, age: timedelta = timedelta(0)) -> Device | None:
    now, keys = datetime.now(UTC), (PayloadKey("a", bytes(32)),)
    return known_devices.read(known_devices.remember(None, login, keys=keys, now=now - age), keys=keys, now=now)


async def test_a_device_that_knows_the_login_is_not_kept_out_by_what_others_try(database: Database) -> None:
    await _stands(database)
    await _guess(database, "dana@example.com", [f"192.0.2.{number}" for number in range(PER_LOGIN)])
    device = _device_of("dana@example.com")

    assert isinstance(await sign_in(database, " Dana@Example.com", PASSWORD, address=HERE, device=device), SignedIn)


@pytest.mark.parametrize(
    "device", [_device_of("noa@example.com"), _device_of("dana@example.com", age=known_devices.LASTS)], ids=["another", "old"]
)
async def test_a_device_that_knows_somebody_else_or_is_old_counts_as_any(database: Database, device: Device | None) -> None:
    await _stands(database)
    await _guess(database, "dana@example.com", [f"192.0.2.{number}" for number in range(PER_LOGIN)])

    assert await sign_in(database, "dana@example.com", PASSWORD, address=HERE, device=device) is Refusal.TOO_OFTEN


async def test_a_known_device_in_other_hands_has_few_tries_too(database: Database) -> None:
    await _stands(database)
    device = _device_of("dana@example.com")
    assert device is not None
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for number in range(PER_PLACE):
            await begin_try(session, "dana@example.com", f"192.0.2.{number}", now=now, device=device.id)

    assert await sign_in(database, "dana@example.com", PASSWORD, address=HERE, device=device) is Refusal.TOO_OFTEN


async def test_a_browser_that_was_signed_in_is_known_from_then_on_by_a_cookie_that_says_nothing(
    database: Database, database_url: str
) -> None:
    await _stands(database)
    app, sent = create_app(some_settings(database_url)), {"login": "dana@example.com", "password": PASSWORD}

    async with app.router.lifespan_context(app), a_client(app) as client, a_client(app) as stranger:
        first = await client.post("/sign-in", data=sent)
        await _guess(database, "dana@example.com", [f"192.0.2.{number}" for number in range(PER_LOGIN)])
        again = await client.post("/sign-in", data=sent)
        refused = await stranger.post("/sign-in", data=sent)

    assert (first.status_code, again.status_code, refused.status_code) == (303, 303, 429)
    (kept,) = [each for each in first.headers.get_list("set-cookie") if each.startswith(f"{DEVICE}=")]
    assert "HttpOnly" in kept
    assert "SameSite=lax" in kept
    assert "dana" not in kept
    assert client.cookies[DEVICE] != client.cookies[COOKIE]


@pytest.mark.parametrize("cookie", ["", "a:", "a:AAAA", "b:AAAA", "a:\u05d0", "nothing"])
def test_a_cookie_that_is_not_ours_is_no_device(cookie: str) -> None:
    assert known_devices.read(cookie, keys=(PayloadKey("a", bytes(32)),), now=datetime.now(UTC)) is None


async def test_a_short_password_is_refused_when_it_is_set(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(BadInput):
            await a_person(session, password="short")


async def test_tries_that_come_at_once_are_counted_one_by_one(database: Database) -> None:
    tries = (sign_in(database, "nobody@example.com", "a wrong password", address=HERE) for _ in range(PER_PLACE + 5))

    tried = await asyncio.gather(*tries)

    assert Counter(tried) == {Refusal.TOO_OFTEN: 5, Refusal.WRONG: PER_PLACE}


async def test_one_address_may_not_try_many_logins_and_others_go_on(database: Database) -> None:
    await _stands(database)
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for number in range(PER_ADDRESS):
            await begin_try(session, f"somebody-{number}", "2001:db8::1", now=now)

    refused = await sign_in(database, "dana@example.com", PASSWORD, address="2001:db8::2")  # of the same /64
    let_in = await sign_in(database, "dana@example.com", PASSWORD, address="2001:db8:0:1::1")

    assert refused is Refusal.TOO_OFTEN
    assert isinstance(let_in, SignedIn)


async def test_an_unknown_login_costs_the_check_of_a_known_one_and_is_never_let_in(database: Database) -> None:
    kind_and_cost = slice(4)  # of the hash's parts, before salt and digest

    assert nobodys_hash().split("$")[kind_and_cost] == (await hashed(PASSWORD)).split("$")[kind_and_cost]
    assert not await matches("the password of nobody", None)
    assert await sign_in(database, "nobody@example.com", "the password of nobody", address=HERE) is Refusal.WRONG


async def test_a_session_ends_by_itself_when_it_lies_unused(database: Database) -> None:
    await _stands(database)
    found = await sign_in(database, "dana@example.com", PASSWORD, address=HERE)
    assert isinstance(found, SignedIn)

    async with database.transaction() as session:
        row = (await session.exec(select(SessionRow))).one()
        row.seen_at -= IDLE
        session.add(row)
    async with database.transaction() as session:
        assert await viewer_of(session, found.secret) is None


def _reset(person: PersonRow, now: datetime) -> None:
    person.password_hash = f"{person.password_hash} of another"


def _shut_out(person: PersonRow, now: datetime) -> None:
    person.disabled_at = now


def _second_factor(person: PersonRow, now: datetime) -> None:
    person.totp_confirmed_at = now


async def _changed_while_the_password_is_checked(database: Database, change: Callable[[PersonRow, datetime], None]) -> object:
    """Sign in with what was right when it was typed."""
    await _stands(database)
    with passwords_standing_in_line():
        trying = asyncio.create_task(sign_in(database, "dana@example.com", PASSWORD, address=HERE))
        await until_a_try_counts(database)
        async with database.transaction() as session:
            person = await person_of(session, "dana@example.com")
            change(person, await database.clock.now(session))
            session.add(person)
    return await trying


@pytest.mark.parametrize("change", [_reset, _shut_out])
async def test_who_is_shut_out_while_the_password_is_checked_gets_no_session(
    database: Database, change: Callable[[PersonRow, datetime], None]
) -> None:
    assert await _changed_while_the_password_is_checked(database, change) is Refusal.WRONG
    async with database.transaction() as session:
        assert (await session.exec(select(SessionRow))).all() == []


async def test_a_second_factor_set_up_while_the_password_is_checked_is_owed(database: Database) -> None:
    found = await _changed_while_the_password_is_checked(database, _second_factor)

    assert isinstance(found, SignedIn)
    assert found.second_factor_owed


async def test_an_ipv4_address_counts_alone_and_the_same_however_it_is_written(database: Database) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        for number in range(PER_ADDRESS):
            await begin_try(session, f"somebody-{number}", "::ffff:192.0.2.1", now=now)

        same = await begin_try(session, "dana@example.com", "192.0.2.1", now=now)
        another = await begin_try(session, "dana@example.com", "::ffff:198.51.100.1", now=now)

    assert same is None
    assert another is not None


@pytest.mark.parametrize("origin", ["http://[", "https://elsewhere.example", "null"])
async def test_a_form_whose_origin_is_not_ours_or_no_address_at_all_is_refused(database_url: str, origin: str) -> None:
    app = create_app(some_settings(database_url))

    async with app.router.lifespan_context(app), a_client(app) as client:
        sent = {"login": "dana@example.com", "password": PASSWORD}
        answer = await client.post("/sign-in", data=sent, headers={"Origin": origin, "Referer": origin})

    assert answer.status_code == 403
