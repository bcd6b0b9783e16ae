"""What endpoints are given: their session, who is asking, and the parts the application was built from."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.transactions import IDEMPOTENCY, SIGN_OF_LIFE, Session, transaction
from orchestrator.detection.library import RuleLibrary
from orchestrator.identity.idempotency import Answer, begin, digest_of
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import Forbidden, Principal, Unauthenticated, authenticate
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

__all__ = [
    "Admin",
    "CurrentAgent",
    "DatabaseDep",
    "Now",
    "Replayed",
    "RulesDep",
    "Session",
    "SettingsDep",
    "Staff",
    "Supervisor",
    "bearer_token",
    "idempotent",
    "require",
    "transaction",
]

_BEARER = HTTPBearer(auto_error=False, description="A token printed by `ringback agent add` or `ringback token add`.")
_MAY_ACT_AS = {  # who may do what: an admin may do all that a supervisor may, and neither is an agent
    Scope.AGENT: frozenset({Scope.AGENT}),
    Scope.SUPERVISOR: frozenset({Scope.SUPERVISOR}),
    Scope.ADMIN: frozenset({Scope.ADMIN, Scope.SUPERVISOR}),
}


def database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


def settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


def rules(request: Request) -> RuleLibrary:
    found: RuleLibrary = request.app.state.rules
    return found


DatabaseDep = Annotated[Database, Depends(database)]
SettingsDep = Annotated[Settings, Depends(settings)]
RulesDep = Annotated[RuleLibrary, Depends(rules)]


async def now(session: Session, database: DatabaseDep) -> datetime:
    return await database.clock.now(session)


Now = Annotated[datetime, Depends(now)]  # for reads only: a decision reads the clock after its locks


async def bearer_token(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
    """Return the token that came with the request. Raises `Unauthenticated` where there is none."""
    if credentials is None or credentials.scheme.lower() != "bearer":
        raise Unauthenticated("a bearer token is needed")
    return credentials.credentials


async def principal(session: Session, secret: Annotated[str, Depends(bearer_token)]) -> Principal:
    """Return who is asking. Raises `Unauthenticated`."""
    return await authenticate(session, secret)


Authenticated = Annotated[Principal, Depends(principal)]


def require(*scopes: Scope) -> Callable[[Principal], Awaitable[Principal]]:
    """Return a dependency that lets in whoever may act in one of `scopes`. Raises `Forbidden` for others."""

    async def allowed(who: Authenticated) -> Principal:
        if _MAY_ACT_AS[who.scope].isdisjoint(scopes):
            raise Forbidden(f"this needs a token of scope {' or '.join(scopes)}")
        return who

    return allowed


async def current_agent(request: Request, who: Annotated[Principal, Depends(require(Scope.AGENT))]) -> UUID:
    """Return the id of the agent who is asking; that they ask is a sign of life."""
    if who.agent_id is None:
        raise Forbidden("the token belongs to no agent")
    setattr(request.state, SIGN_OF_LIFE, who.agent_id)
    return who.agent_id


CurrentAgent = Annotated[UUID, Depends(current_agent)]
Supervisor = Annotated[Principal, Depends(require(Scope.SUPERVISOR))]
Admin = Annotated[Principal, Depends(require(Scope.ADMIN))]
Staff = Annotated[Principal, Depends(require(Scope.AGENT, Scope.SUPERVISOR))]


class Replayed(Exception):
    """A copy of an earlier request: its answer is sent again and nothing is done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


_KEY_HELP = "The same key with the same request is done once within a day; the copy gets the first answer again."


async def idempotent(
    request: Request,
    session: Session,
    who: Authenticated,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255, description=_KEY_HELP)] = None,
) -> None:
    """Take the request's `Idempotency-Key`, where it has one. For routes of the class `Transactional`."""
    if idempotency_key is None:
        return
    digest = digest_of(request.method, str(request.url.path), await request.body())
    taken = (str(who.token_id), idempotency_key)
    answer = await begin(session, principal=taken[0], key=taken[1], digest=digest)
    if answer is not None:
        raise Replayed(answer)
    setattr(request.state, IDEMPOTENCY, taken)
