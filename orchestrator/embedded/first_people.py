"""People for the first look at an embedded Ringback: one of each role and two agents with desks, made once.

Their passwords are made at random on this machine and stand in the data folder alone. Nobody is made on a database that
was given: there, `ringback person add` is the only way in.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.embedded.folder import DataFolder
from orchestrator.identity.accounts import add_person
from orchestrator.identity.people import Role
from orchestrator.identity.tables import PersonRow
from orchestrator.queueing.roster import add_agent
from orchestrator.queueing.tables import AgentRow
from orchestrator.storage.database import Database

FILE = "people.json"
_WHO = "first start"
_QUEUES = ("sales", "service")  # those that the shipped rules name


@dataclass(frozen=True, slots=True)
class Desk:
    """What an agent speaks, and a phone the simulator answers: its number is kept for fiction."""

    languages: tuple[str, ...]
    phone: str

    def agent(self, login: str) -> str:
        """Return the agent's name, apart from those that people give theirs."""
        return f"demo.{login}"


@dataclass(frozen=True, slots=True)
class Newcomer:
    login: str
    name: str
    role: Role
    locale: str = "en"
    zone: str = "Asia/Jerusalem"
    desk: Desk | None = None


NEWCOMERS = (
    Newcomer("admin", "Amit Golan", Role.ADMIN),
    Newcomer("supervisor", "Shira Katz", Role.SUPERVISOR),
    Newcomer("auditor", "Uri Peled", Role.AUDITOR),
    Newcomer("noa", "נועה ברק", Role.AGENT, locale="he", desk=Desk(("he", "en"), "+13035550180")),
    Newcomer("dana", "Dana Cole", Role.AGENT, zone="Europe/London", desk=Desk(("en", "he"), "+13035550181")),
)


@dataclass(frozen=True, slots=True)
class Introduced:
    """Somebody as the file of people tells them; the password is the one of the first start."""

    login: str
    name: str
    role: str
    page: str
    password: str


def introduced(folder: DataFolder) -> list[Introduced]:
    """Return the people who were made on this folder, in order; none where none were."""
    return [Introduced(**each) for each in json.loads(folder.read(FILE) or "[]")]


async def introduce(url: str, folder: DataFolder) -> None:
    """Make the people, if the database at `url` has none yet. Whoever is there stays as they are.

    The file is written first: a start that is killed between the two finds its passwords again.
    """
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as session:
            if (await session.exec(select(PersonRow.id).limit(1))).first() is not None:
                return
            passwords = _passwords(folder)
            now = await database.clock.now(session)
            for newcomer in NEWCOMERS:
                await _add(session, newcomer, passwords[newcomer.login], now=now)
    finally:
        await database.close()


def _passwords(folder: DataFolder) -> Mapping[str, str]:
    if not introduced(folder):
        folder.write(FILE, json.dumps(_told(NEWCOMERS), ensure_ascii=False, indent=1) + "\n")
    return {each.login: each.password for each in introduced(folder)}


def _told(newcomers: Sequence[Newcomer]) -> list[dict[str, str]]:
    return [
        {
            "login": each.login,
            "name": each.name,
            "role": each.role.value,
            "page": "/desk" if each.role is Role.AGENT else "/console",
            "password": secrets.token_urlsafe(9),
        }
        for each in newcomers
    ]


async def _add(session: AsyncSession, newcomer: Newcomer, password: str, *, now: datetime) -> None:
    await add_person(
        session,
        newcomer.login,
        name=newcomer.name,
        role=newcomer.role,
        password=password,
        agent_id=None if newcomer.desk is None else await _agent(session, newcomer.login, newcomer.desk, now=now),
        locale=newcomer.locale,
        zone=newcomer.zone,
        who=_WHO,
        now=now,
    )


async def _agent(session: AsyncSession, login: str, desk: Desk, *, now: datetime) -> UUID:
    name = desk.agent(login)
    this = select(AgentRow.id).where(AgentRow.name == name)
    if (known := (await session.exec(this)).first()) is not None:
        return known
    # The token that comes with an agent ends as it begins: these sign in, and program nothing.
    await add_agent(
        session, name, queues=_QUEUES, languages=desk.languages, phone=desk.phone, who=_WHO, expires_at=now, now=now
    )
    return (await session.exec(this)).one()
