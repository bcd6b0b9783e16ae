"""An admin changes a person: what they may do, where they sit, how pages show them, and the end of their sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import Faults, NoSuch
from orchestrator.identity import sessions
from orchestrator.identity.accounts import another_admin_stays, check_desk, check_details, person_with, told
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.people import Role
from orchestrator.identity.tables import PersonRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person as they are to be. `agent_id` is whose desk they sit at: an agent's alone."""

    name: str
    role: Role
    agent_id: UUID | None
    locale: str
    zone: str


async def change_person(session: AsyncSession, person_id: UUID, wanted: Wanted, *, who: Who, now: datetime) -> None:
    """Change a person. Open sessions may do from now on what the new role may. Raises `BadInput`, `NoSuch`."""
    faults = Faults()
    with faults:
        check_details(name=wanted.name, locale=wanted.locale, zone=wanted.zone)
    with faults:
        if wanted.role is not Role.ADMIN:
            await another_admin_stays(session, (await person_with(session, person_id)).login)
    person = await _locked(session, person_id)
    with faults:
        await check_desk(session, wanted.role, wanted.agent_id, but=person.id)
    faults.settle()
    before = told(person)
    person.name, person.locale, person.zone = wanted.name.strip(), wanted.locale, wanted.zone
    person.role, person.agent_id = wanted.role, wanted.agent_id
    session.add(person)
    await session.flush()
    if (after := told(person)) != before:
        await note_change(session, who=who, what="person.changed", subject=person.login, before=before, after=after, now=now)


async def sign_out_person(session: AsyncSession, person_id: UUID, *, who: Who, now: datetime) -> None:
    """End all sessions of a person, who may sign in again. Raises `NoSuch`."""
    person = await _locked(session, person_id)
    ended = await sessions.end_all(session, person.id, now=now)
    before, after = {"sessions": ended}, {"sessions": 0}
    what = "person.sessions_ended"
    await note_change(session, who=who, what=what, subject=person.login, before=before, after=after, now=now)


async def _locked(session: AsyncSession, person_id: UUID) -> PersonRow:
    this = select(PersonRow).where(PersonRow.id == person_id).with_for_update().execution_options(populate_existing=True)
    person = (await session.exec(this)).first()
    if person is None:
        raise NoSuch("there is no such person")
    return person
