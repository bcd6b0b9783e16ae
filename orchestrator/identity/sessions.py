"""Sessions of signed-in people: 256 random bits in a cookie, their hash in the database, an end that comes by itself."""

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, update
from sqlmodel import bindparam, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.people import Role, Viewer
from orchestrator.identity.tables import PersonRow, SessionRow
from orchestrator.identity.tokens import digest

IDLE = timedelta(hours=12)  # unused for so long, a session is over
LIFETIME = timedelta(days=7)
_SEEN_EVERY = timedelta(minutes=5)

# Built once: it is asked at every page.
_LASTING = (
    select(SessionRow, PersonRow, func.clock_timestamp())
    .join(PersonRow, col(PersonRow.id) == col(SessionRow.person_id))
    .where(
        col(SessionRow.ended_at).is_(None),
        col(PersonRow.disabled_at).is_(None),
        col(SessionRow.seen_at) > func.clock_timestamp() - IDLE,
        col(SessionRow.created_at) > func.clock_timestamp() - LIFETIME,
    )
)
_BY_HASH = _LASTING.where(SessionRow.secret_hash == bindparam("secret_hash"))


async def begin(session: AsyncSession, person: PersonRow, *, passed: bool, now: datetime) -> str:
    """Open a session and return the cookie's secret, stored nowhere. `passed` is false where a second factor is owed."""
    secret = secrets.token_urlsafe(32)
    passed_at = now if passed else None
    session.add(SessionRow(person_id=person.id, secret_hash=digest(secret), created_at=now, seen_at=now, passed_at=passed_at))
    await session.flush()
    return secret


async def viewer_of(session: AsyncSession, secret: str, *, by_itself: bool = False) -> Viewer | None:
    """Return who holds a whole session; None for an unknown, ended or expired one, and while the second factor is owed.

    What a page asks `by_itself`, such as its stream, does not show that anybody is there: the session goes on lying unused.
    """
    found = (await session.exec(_BY_HASH, params={"secret_hash": digest(secret)})).first()
    if found is None or found[0].passed_at is None:
        return None
    row, person, now = found
    if not by_itself and now - row.seen_at > _SEEN_EVERY:
        await _seen(session, [row.id], now)
    return Viewer(
        person_id=person.id,
        login=person.login,
        name=person.name,
        role=person.role,
        agent_id=person.agent_id,
        locale=person.locale,
        zone=person.zone,
        csrf=csrf_of(secret),
        session_id=row.id,
    )


async def agents_of(session: AsyncSession, secrets_: Collection[str]) -> dict[str, UUID]:
    """Return the agents who hold whole sessions of these secrets, by secret; who holds none is left out."""
    hashes = {digest(secret): secret for secret in secrets_}
    found = (await session.exec(_LASTING.where(col(SessionRow.secret_hash).in_(hashes)))).all()
    whole = [(row, person) for row, person, _ in found if row.passed_at is not None]
    agents = [(row, person.agent_id) for row, person in whole if person.role is Role.AGENT]
    return {hashes[row.secret_hash]: agent_id for row, agent_id in agents if agent_id is not None}


async def keep(session: AsyncSession, secrets_: Collection[str]) -> None:
    """Count these sessions as used now: who holds them is known to be at work. Their lifetime ends them all the same."""
    due = col(SessionRow.seen_at) < func.clock_timestamp() - _SEEN_EVERY
    held = update(SessionRow).where(col(SessionRow.secret_hash).in_([digest(each) for each in secrets_]), due)
    await (await session.connection()).execute(held.values(seen_at=func.clock_timestamp()))


async def half_session(session: AsyncSession, secret: str) -> tuple[SessionRow, PersonRow] | None:
    """Return the session that still owes its second factor, and whose it is."""
    found = (await session.exec(_BY_HASH, params={"secret_hash": digest(secret)})).first()
    return None if found is None or found[0].passed_at is not None else (found[0], found[1])


async def make_whole(session: AsyncSession, half: SessionRow, *, now: datetime) -> str:
    """Let the session open what its person may: the second factor was shown. Return its new secret.

    The old one opens nothing any more: who knew it may have been waiting for somebody else to show a code.
    """
    secret = secrets.token_urlsafe(32)
    half.passed_at, half.secret_hash = now, digest(secret)
    session.add(half)
    await session.flush()
    return secret


def csrf_of(secret: str) -> str:
    """Return the proof that stands in the session's forms: made from the secret, and not the way back to it."""
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), b"csrf", "sha256").hex()


async def end(session: AsyncSession, secret: str, *, now: datetime) -> None:
    """End the session of this secret; none is fine."""
    await _end(session, col(SessionRow.secret_hash) == digest(secret), now=now)


async def end_all(session: AsyncSession, person_id: UUID, *, now: datetime) -> int:
    """Sign a person out everywhere; return how many sessions that ended.

    A second factor that waits for its first code is forgotten: one of those sessions has seen its secret.
    """
    waiting = (col(PersonRow.id) == person_id, col(PersonRow.totp_confirmed_at).is_(None))
    await (await session.connection()).execute(update(PersonRow).where(*waiting).values(totp_secret=None))
    return await _end(session, col(SessionRow.person_id) == person_id, now=now)


async def end_others(session: AsyncSession, viewer: Viewer, *, now: datetime) -> int:
    """End all sessions of the viewer but the one they look from; return how many those were."""
    others = (col(SessionRow.person_id) == viewer.person_id, col(SessionRow.id) != viewer.session_id)
    return await _end(session, and_(*others), now=now)


async def open_sessions(session: AsyncSession, person_id: UUID) -> int:
    """Return on how many devices a person is signed in."""
    open_still = (
        SessionRow.person_id == person_id,
        col(SessionRow.ended_at).is_(None),
        col(SessionRow.passed_at).is_not(None),
        col(SessionRow.seen_at) > func.clock_timestamp() - IDLE,
        col(SessionRow.created_at) > func.clock_timestamp() - LIFETIME,
    )
    return (await session.exec(select(func.count()).select_from(SessionRow).where(*open_still))).one()


async def _end(session: AsyncSession, which: ColumnElement[bool], *, now: datetime) -> int:
    ended = update(SessionRow).where(which, col(SessionRow.ended_at).is_(None)).values(ended_at=now)
    return (await (await session.connection()).execute(ended)).rowcount


async def _seen(session: AsyncSession, session_ids: Collection[UUID], now: datetime) -> None:
    which = col(SessionRow.id).in_(session_ids)
    await (await session.connection()).execute(update(SessionRow).where(which).values(seen_at=now))
