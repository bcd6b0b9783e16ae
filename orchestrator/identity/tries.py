"""How often one may try to sign in, per login and per address, whether or not there is such a person."""

import hashlib
import ipaddress
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, func, update
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.tables import SignInTryRow

WITHIN = timedelta(minutes=15)
PER_LOGIN = 10  # failures within that time
PER_ADDRESS = 50  # a centre's agents come from one address
_KEPT = timedelta(days=1)
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 7244264))")


class Refusal(StrEnum):
    WRONG = "wrong"  # login or password: which of them is not told
    TOO_OFTEN = "too_often"


async def begin_try(session: AsyncSession, login: str, address: str, *, now: datetime) -> int | None:
    """Count a try, failed until `succeeded` says otherwise, and return its id; None when there were too many.

    Tries that come at once take turns here, so that a crowd of them gets no more than one after another would.
    """
    digests = (_digest("login", login), _digest("address", _network(address)))
    for digest in sorted(digests):
        await (await session.connection()).execute(_TURN, {"digest": digest})
    await _forget(session, now)
    login_digest, address_digest = digests
    if await _failures(session, col(SignInTryRow.login_digest) == login_digest, now) >= PER_LOGIN:
        return None
    if await _failures(session, col(SignInTryRow.address_digest) == address_digest, now) >= PER_ADDRESS:
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
