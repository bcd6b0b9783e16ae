"""Bearer tokens: 256 random bits, shown once, stored hashed; with a scope, an expiry and an end."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlmodel import bindparam, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import OrchestratorError
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.tables import Scope, TokenRow
from orchestrator.storage.columns import Json

PREFIX = "rbk_"  # lets secret scanners know one of ours

# Built once: it is asked at every request.
_BY_HASH = select(TokenRow, func.clock_timestamp()).where(TokenRow.token_hash == bindparam("token_hash"))


class Unauthenticated(OrchestratorError):
    """No token, an unknown one, or one that has ended. Which of them is told to those who hold it, for it is theirs."""

    code = "unauthenticated"

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.fix = "send `Authorization: Bearer <token>` with a token that `ringback agent` or `ringback token` printed"
        if code is not None:
            self.code = code  # type: ignore[misc]  # one instance may carry a finer reason than its class


class Forbidden(OrchestratorError):
    """The token is good, and not for this."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking. `agent_id` is set for the scope `agent` and for no other."""

    token_id: UUID
    name: str
    scope: Scope
    agent_id: UUID | None

    @property
    def author(self) -> str:
        """The name under which changes are recorded."""
        return self.name

    @property
    def who(self) -> str:
        """How the audit names what this token changed."""
        return f"token:{self.name}"


def digest(secret: str) -> str:
    # 256 random bits need no salt and no slow hash: nobody can try them all.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


async def issue(
    session: AsyncSession,
    *,
    name: str,
    scope: Scope,
    who: Who,
    now: datetime,
    agent_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> str:
    """Write a new token and return its secret, which is stored nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    session.add(
        TokenRow(name=name, token_hash=digest(secret), scope=scope, agent_id=agent_id, created_at=now, expires_at=expires_at)
    )
    await session.flush()
    ends = None if expires_at is None else expires_at.isoformat()
    after: Json = {"scope": scope.value, "expires_at": ends}
    await note_change(session, who=who, what="token.issued", subject=name, before=None, after=after, now=now)
    return secret


async def authenticate(session: AsyncSession, secret: str) -> Principal:
    """Return who holds `secret`. Raises `Unauthenticated` for an unknown, expired or revoked one (the database's clock)."""
    found = (await session.exec(_BY_HASH, params={"token_hash": digest(secret)})).first()
    if found is None:
        raise Unauthenticated("the token is unknown")
    token, now = found
    if token.revoked_at is not None:
        raise Unauthenticated("the token was revoked", code="token_revoked")
    if token.expires_at is not None and token.expires_at <= now:
        raise Unauthenticated("the token has expired", code="token_expired")
    return Principal(token_id=token.id, name=token.name, scope=token.scope, agent_id=token.agent_id)


async def revoke(session: AsyncSession, *, name: str, who: Who, now: datetime) -> int:
    """End every token of this name at once; return how many there were."""
    return await _revoke(session, col(TokenRow.name) == name, name=name, who=who, now=now)


async def revoke_of_agent(session: AsyncSession, agent_id: UUID, *, name: str, who: Who, now: datetime) -> int:
    """End every token of this agent, and no other's, whatever it is called; return how many there were."""
    return await _revoke(session, col(TokenRow.agent_id) == agent_id, name=name, who=who, now=now)


async def _revoke(session: AsyncSession, which: ColumnElement[bool], *, name: str, who: Who, now: datetime) -> int:
    ended = update(TokenRow).where(which, col(TokenRow.revoked_at).is_(None)).values(revoked_at=now)
    connection = await session.connection()
    number = (await connection.execute(ended)).rowcount
    before: Json = {"in_force": number}
    await note_change(session, who=who, what="token.revoked", subject=name, before=before, after={"in_force": 0}, now=now)
    return number
