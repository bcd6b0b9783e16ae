"""A database as full as a busy centre's after six weeks, and people of every role who are signed in there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.people import COOKIE
from benchmarks.place import Place
from orchestrator.detection.rule_files import read_rule_files
from orchestrator.identity.accounts import add_person
from orchestrator.identity.people import Role
from orchestrator.identity.sessions import begin, csrf_of
from orchestrator.identity.tables import PersonRow
from orchestrator.queueing.tables import AgentRow
from orchestrator.rule_life.publishing import publish
from orchestrator.rule_life.shipped import SHIPPED
from orchestrator.storage.database import Database

_ROWS = Path(__file__).with_name("full_floor.sql")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in: `cookie` opens their pages, `csrf` stands in their forms."""

    cookie: str
    csrf: str


@dataclass(frozen=True, slots=True)
class FullFloor:
    """An api process on the full database; of the agents, who come by name, the first 400 have a task in hand."""

    url: str
    database: Database
    admin: Visitor
    auditor: Visitor
    agents: Sequence[Visitor]
    agent_id: UUID
    person_id: UUID


async def full_floor(place: Place) -> FullFloor:
    """Return the floor with everybody signed in anew; the first who asks waits until it is filled."""
    api = await place.api_alone("full")
    database = place.database(api.database, pool_size=2)
    if await _is_empty(database):
        await fill(database, api.database)
    async with database.transaction() as session:
        now = await database.clock.now(session)
        agents = (await session.exec(select(AgentRow.id).order_by(AgentRow.name))).all()
        admin, auditor = [await _visitor(session, role, now=now) for role in (Role.ADMIN, Role.AUDITOR)]
        visiting = [await _visitor(session, Role.AGENT, now=now, agent_id=agent) for agent in agents]
        person = (await session.exec(select(PersonRow.id).where(PersonRow.agent_id == agents[0]))).one()
    return FullFloor(api.url, database, admin, auditor, visiting, agents[0], person)


async def _is_empty(database: Database) -> bool:
    async with database.transaction() as session:
        return (await session.exec(select(AgentRow.id).limit(1))).first() is None


async def fill(database: Database, url: str) -> None:
    """Write 1,000,000 events, 100,000 tasks and all that belongs to them into a fresh database: about a minute."""
    async with database.transaction() as session:
        await publish(session, read_rule_files(SHIPPED), author="bench", who="bench", now=await database.clock.now(session))
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in _ROWS.read_text(encoding="utf-8").split(";\n\n"):
            await connection.execute(statement.encode())


async def _visitor(session: AsyncSession, role: Role, *, now: datetime, agent_id: UUID | None = None) -> Visitor:
    login = f"{role}-{agent_id or 'bench'}"
    person = (await session.exec(select(PersonRow).where(PersonRow.login == login))).first()
    if person is None:
        person = await add_person(session, login, name="Bench", role=role, agent_id=agent_id, who="bench", now=now)
    secret = await begin(session, person, passed=True, now=now)
    return Visitor(f"{COOKIE}={secret}", csrf_of(secret))
