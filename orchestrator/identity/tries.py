"""How often one may try to sign in, by login and by address, whether or not there is such a person.

A device in which the login has signed in before has a count of its own: nobody elsewhere can use it up.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.tables import SignInTryRow

WITHIN = timedelta(minutes=15)
# Failures within that time:
PER_PLACE = 10  # at one login from one address, or from one device that knows it
PER_LOGIN = 40  # at one login from everywhere: guessing from many addresses ends here
PER_ADDRESS = 50  # a centre's agents come from one address
_KEPT = timedelta(days=1)
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 7244264))")


class Refusal(StrEnum):
    WRONG = "wrong"  # login or password: which of them is not told
    TOO_OFTEN = "too_often"


async def begin_try(
    session: AsyncSession, login: str, address: str, *, now: datetime, device: str | None = None, most: int = PER_LOGIN
) -> int | None:
    """Count a try, failed until `succeeded` says otherwise, and return its id; None when there were too many.

    `device` is the id of one that knows the login; `most` is for a login from everywhere. Tries that come at once take turns
    here, so that a crowd of them gets no more than one after another would.
    """
    if device is None:
        login_digest, address_digest = _digest("login", login), _digest("address", _network(address))
    else:
        login_digest = address_digest = _digest("device", f"{device} {login}")
    for digest in sorted({login_digest, address_digest}):
        await (await session.connection()).execute(_TURN, {"digest": digest})
    await _forget(session, now)
    at_login, from_there = col(SignInTryRow.login_digest) == login_digest, col(SignInTryRow.address_digest) == address_digest
    for which, limit in ((at_login & from_there, PER_PLACE), (from_there, PER_ADDRESS), (at_login, most)):
        if await _failures(session, which, now) >= limit:
            return None
    tried = SignInTryRow(login_digest=login_digest, address_digest=address_digest, at=now)
    session.add(tried)
    await session.flush()
    return tried.id


async def succeeded(session: AsyncSession, try_id: int) -> None:
    """Take the try out of the count: it was good."""
    good = update(SignInTryRow).where(col(SignInTryRow.id) == try_id).values(succeeded=True)
    await (await session.connection()).execute(good)


async def _failures(session: AsyncSession, which: ColumnElement[bool], now: datetime) -> int:
    failed = (which, col(SignInTryRow.at) > now - WITHIN, col(SignInTryRow.succeeded).is_(False))
    return (await session.exec(select(func.count()).select_from(SignInTryRow).where(*failed))).one()


async def _forget(session: AsyncSession, now: datetime) -> None:
    await (await session.connection()).execute(delete(SignInTryRow).where(col(SignInTryRow.at) < now - _KEPT))


def _digest(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind} {value}".encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    """Return what one household or office comes from: an IPv4 address, however it is written, the /64 of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.IPv6Network((int(known), 64), strict=False))
    return str(known)
