"""Signing in by login and password: who fails learns nothing about who exists."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity import sessions, tries
from orchestrator.identity.accounts import LOGIN, login_of
from orchestrator.identity.passwords import matches
from orchestrator.identity.tables import PersonRow
from orchestrator.storage.database import Database


class Refusal(StrEnum):
    WRONG = "wrong"  # login or password: which of them is not told
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`secret` belongs into the cookie. `second_factor_owed`: the session opens nothing until a code is shown."""

    secret: str
    second_factor_owed: bool


async def sign_in(database: Database, login: str, password: str, *, address: str) -> SignedIn | Refusal:
    """Open a session for who knows the password. No transaction is held while the password is checked."""
    login = login_of(login)
    async with database.transaction() as session:
        now = await database.clock.now(session)
        try_id = await tries.begin_try(session, login, address, now=now)
        person = await _active(session, login)
    if try_id is None:
        return Refusal.TOO_OFTEN
    if not await matches(password, person and person.password_hash) or person is None:
        return Refusal.WRONG
    async with database.transaction() as session:
        return await _open(session, person, try_id=try_id, now=await database.clock.now(session))


async def _open(session: AsyncSession, person: PersonRow, *, try_id: int, now: datetime) -> SignedIn:
    await tries.succeeded(session, try_id)
    owed = person.totp_confirmed_at is not None
    return SignedIn(await sessions.begin(session, person, passed=not owed, now=now), second_factor_owed=owed)


async def _active(session: AsyncSession, login: str) -> PersonRow | None:
    if LOGIN.fullmatch(login) is None:
        return None
    query = select(PersonRow).where(PersonRow.login == login)
    person = (await session.exec(query)).first()
    return person if person is not None and person.disabled_at is None else None
