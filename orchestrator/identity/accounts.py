"""People are added, changed and disabled; each change has its line in the audit."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.zones import zone_names
from orchestrator.errors import BadInput, Faults, NoSuch
from orchestrator.identity import sessions
from orchestrator.identity.changes import note_change
from orchestrator.identity.passwords import hashed
from orchestrator.identity.people import Role, Viewer
from orchestrator.identity.tables import PersonRow
from orchestrator.storage.columns import Json

LOCALES = ("en", "he")
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,127}")


def login_of(text: str) -> str:
    """Return a login as it is stored and compared."""
    return text.strip().lower()


async def add_person(
    session: AsyncSession,
    login: str,
    *,
    name: str,
    role: Role,
    now: datetime,
    who: Viewer | str,
    password: str | None = None,
    agent_id: UUID | None = None,
    locale: str = "en",
    zone: str = "Etc/UTC",
) -> PersonRow:
    """Add a person; one without a password signs in by OpenID Connect. Raises `BadInput`."""
    login = login_of(login)
    faults = Faults()
    with faults:
        await _check_login(session, login)
    with faults:
        check_details(name=name, locale=locale, zone=zone)
    with faults:
        await check_desk(session, role, agent_id, but=None)
    faults.settle()
    password_hash = None if password is None else await hashed(password)
    person = PersonRow(
        login=login,
        name=name.strip(),
        role=role,
        agent_id=agent_id,
        locale=locale,
        zone=zone,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(person)
    await session.flush()
    await note_change(session, who=who, what="person.added", subject=login, before=None, after=told(person), now=now)
    return person


async def _check_login(session: AsyncSession, login: str) -> None:
    if LOGIN.fullmatch(login) is None:
        raise BadInput("not a login", field="login", fix="letters, digits and . _ @ + -, at most 128")
    if (await session.exec(select(PersonRow.id).where(PersonRow.login == login))).first() is not None:
        raise BadInput("there is a person of this login", field="login", fix="choose another")


async def another_admin_stays(session: AsyncSession, login: str) -> None:
    """Hold the admins until the transaction ends. Raises `BadInput` where this is the last who may sign in."""
    admins = select(PersonRow.login).where(PersonRow.role == Role.ADMIN, col(PersonRow.disabled_at).is_(None))
    # In one order, before anybody's own row: two admins who shut each other out take turns, and the second is refused.
    if list((await session.exec(admins.order_by(col(PersonRow.id)).with_for_update())).all()) == [login]:
        raise BadInput("this is the last admin", field="role", fix="make somebody else an admin first")


async def people(session: AsyncSession) -> Sequence[PersonRow]:
    """Return all people by login."""
    return (await session.exec(select(PersonRow).order_by(PersonRow.login))).all()


async def person_of(session: AsyncSession, login: str) -> PersonRow:
    """Return the person of this login, locked. Raises `NoSuch`."""
    query = select(PersonRow).where(PersonRow.login == login_of(login)).with_for_update()
    person = (await session.exec(query)).first()
    if person is None:
        raise NoSuch("there is no such person")
    return person


async def person_with(session: AsyncSession, person_id: UUID) -> PersonRow:
    """Return the person of this id. Raises `NoSuch`."""
    person = await session.get(PersonRow, person_id)
    if person is None:
        raise NoSuch("there is no such person")
    return person


async def disable(session: AsyncSession, login: str, *, who: Viewer | str, now: datetime) -> int:
    """Shut a person out and end all their sessions; return how many those were. Raises `BadInput`, `NoSuch`."""
    await another_admin_stays(session, login_of(login))
    person = await person_of(session, login)
    before = told(person)
    person.disabled_at = person.disabled_at or now
    session.add(person)
    ended = await sessions.end_all(session, person.id, now=now)
    after = told(person)
    await note_change(session, who=who, what="person.disabled", subject=person.login, before=before, after=after, now=now)
    return ended


async def let_back(session: AsyncSession, login: str, *, who: Viewer | str, now: datetime) -> None:
    """Let a disabled person sign in again. Raises `NoSuch`."""
    person = await person_of(session, login)
    before = told(person)
    person.disabled_at = None
    session.add(person)
    after = told(person)
    await note_change(session, who=who, what="person.let_back", subject=person.login, before=before, after=after, now=now)


async def set_password(session: AsyncSession, login: str, password: str, *, who: Viewer | str, now: datetime) -> None:
    """Give a person a new password and end their sessions; what it is stands nowhere. Raises `BadInput`, `NoSuch`."""
    password_hash = await hashed(password)
    person = await person_of(session, login)
    person.password_hash = password_hash
    session.add(person)
    await sessions.end_all(session, person.id, now=now)
    await note_change(session, who=who, what="person.password_set", subject=person.login, before=None, after=None, now=now)


def told(person: PersonRow) -> Json:
    """Return a person as the audit keeps them."""
    return {
        "name": person.name,
        "role": person.role,
        "locale": person.locale,
        "zone": person.zone,
        "agent_id": None if person.agent_id is None else str(person.agent_id),
        "disabled": person.disabled_at is not None,
    }


def check_details(*, name: str, locale: str, zone: str) -> None:
    """Raise `BadInput`, with all that does not fit, where these are not what pages show somebody by."""
    faults = Faults()
    with faults:
        if not 1 <= len(name.strip()) <= 200:
            raise BadInput("a person needs a name", field="name", fix="give 1 to 200 characters")
    with faults:
        if locale not in LOCALES:
            raise BadInput("not a language of the pages", field="locale", fix="use en or he")
    with faults:
        if zone not in zone_names():
            raise BadInput("not a time zone", field="zone", fix="give an IANA name such as Asia/Jerusalem")
    faults.settle()


async def check_desk(session: AsyncSession, role: Role, agent_id: UUID | None, *, but: UUID | None) -> None:
    """Raise `BadInput` unless an agent's person, and no other, has a desk where nobody `but` themselves sits."""
    if (role is Role.AGENT) != (agent_id is not None):
        raise BadInput("an agent's person, and no other, sits at an agent's desk", field="agent", fix="name their agent")
    there = (await session.exec(select(PersonRow.id).where(PersonRow.agent_id == agent_id))).first() if agent_id else None
    if there not in (None, but):
        raise BadInput("another person sits at this agent's desk", field="agent", fix="choose another agent")
