"""Signing in by login and password: who fails learns nothing about who exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity import second_factor, sessions, tries
from orchestrator.identity.accounts import LOGIN, login_of
from orchestrator.identity.known_devices import Device, counted_as
from orchestrator.identity.passwords import matches
from orchestrator.identity.tables import PersonRow
from orchestrator.identity.tries import Refusal
from orchestrator.settings import PayloadKey
from orchestrator.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`secret` belongs into the cookie. `second_factor_owed`: the session opens nothing until a code is shown."""

    login: str
    secret: str
    second_factor_owed: bool


async def sign_in(
    database: Database, login: str, password: str, *, address: str, device: Device | None = None
) -> SignedIn | Refusal:
    """Open a session for who knows the password. No transaction is held while the password is checked."""
    login = login_of(login)
    async with database.transaction() as session:
        now = await database.clock.now(session)
        try_id = await tries.begin_try(session, login, address, now=now, device=counted_as(device, login))
        person = await _active(session, login)
    if try_id is None:
        return Refusal.TOO_OFTEN
    known = None if person is None else person.password_hash
    if not await matches(password, known) or person is None:
        return Refusal.WRONG
    async with database.transaction() as session:
        fresh = await _unchanged(session, person)
        if fresh is None:
            return Refusal.WRONG
        await tries.succeeded(session, try_id)
        return await open_session(session, fresh, now=await database.clock.now(session))


async def pass_second_factor(
    database: Database, secret: str, code: str, *, address: str, keys: Sequence[PayloadKey], device: Device | None = None
) -> SignedIn | Refusal:
    """Make the half session whole. A session that owes nothing, or is none, is `WRONG`."""
    async with database.transaction() as session:
        now = await database.clock.now(session)
        found = await sessions.half_session(session, secret)
        if found is None:
            return Refusal.WRONG
        half, person = found
        known = counted_as(device, person.login)
        refusal = await second_factor.shown(session, person.id, code, address=address, device=known, keys=keys, now=now)
        if refusal is not None:
            return refusal
        whole = await sessions.make_whole(session, half, now=now)
        return SignedIn(person.login, whole, second_factor_owed=False)


async def open_session(session: AsyncSession, person: PersonRow, *, now: datetime) -> SignedIn:
    """Open a session for a person who has proved who they are; it owes the second factor where one is set up."""
    owed = person.totp_confirmed_at is not None
    secret = await sessions.begin(session, person, passed=not owed, now=now)
    return SignedIn(person.login, secret, second_factor_owed=owed)


async def _unchanged(session: AsyncSession, read: PersonRow) -> PersonRow | None:
    """Return the person as they are now, locked; None where they were shut out, or the password changed, since they were read.

    Who resets a password or shuts somebody out ends the sessions there are: one opened after that must not rest on before.
    """
    fresh = (await session.exec(select(PersonRow).where(PersonRow.id == read.id).with_for_update())).one()
    return fresh if fresh.disabled_at is None and fresh.password_hash == read.password_hash else None


async def _active(session: AsyncSession, login: str) -> PersonRow | None:
    if LOGIN.fullmatch(login) is None:
        return None
    query = select(PersonRow).where(PersonRow.login == login)
    person = (await session.exec(query)).first()
    return person if person is not None and person.disabled_at is None else None
