"""People for tests: signed in, with the cookie on the client."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.people import COOKIE
from orchestrator.identity import sessions
from orchestrator.identity.accounts import add_person
from orchestrator.identity.passwords import _AT_ONCE
from orchestrator.identity.people import Role, Viewer
from orchestrator.identity.tables import PersonRow, SignInTryRow
from orchestrator.storage.database import Database
from tests.integration.floor import an_agent

PASSWORD = "correct horse battery"


async def a_person(
    session: AsyncSession,
    *,
    role: Role = Role.SUPERVISOR,
    login: str | None = None,
    name: str = "Somebody",
    agent_id: UUID | None = None,
    locale: str = "en",
    password: str | None = None,
) -> PersonRow:
    """A person; without a password, as making one takes its time. One who is an agent gets a desk where none is named."""
    if role is Role.AGENT and agent_id is None:
        agent_id = (await an_agent(session, queues=())).id
    return await add_person(
        session,
        login or f"somebody-{uuid4().hex[:8]}",
        name=name,
        role=role,
        agent_id=agent_id,
        locale=locale,
        password=password,
        who="test",
        now=datetime.now(UTC),
    )


async def signed_in(
    client: httpx.AsyncClient,
    db: Database | AsyncSession,
    *,
    role: Role,
    agent_id: UUID | None = None,
    locale: str = "en",
) -> Viewer:
    """Make a person and leave the cookie of their session on the client."""
    if isinstance(db, Database):
        async with db.transaction() as session:
            return await signed_in(client, session, role=role, agent_id=agent_id, locale=locale)
    person = await a_person(db, role=role, agent_id=agent_id, locale=locale)
    secret = await sessions.begin(db, person, passed=True, now=datetime.now(UTC))
    viewer = await sessions.viewer_of(db, secret)
    assert viewer is not None
    client.cookies.set(COOKIE, secret)
    return viewer


@contextmanager
def passwords_standing_in_line() -> Iterator[None]:
    """Keep every check and hash of a password waiting, to look at what happens meanwhile."""
    _AT_ONCE.acquire()
    _AT_ONCE.acquire()
    try:
        yield
    finally:
        _AT_ONCE.release(2)


async def until_a_try_counts(database: Database) -> None:
    """Return once a try to sign in is written down, for all to see."""
    async with asyncio.timeout(20):
        while True:
            async with database.transaction() as session:
                if (await session.exec(select(SignInTryRow.id))).first() is not None:
                    return
